"""What a proof is: a function whose parameters are the parts under proof, ours as defaults.

So the same planted case is put to our part by `dramaturg prove`, and to wrong ones by the tests:
a proof that lets a wrong one pass proves nothing.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pkgutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dramaturg.recipes.recipe import find_recipe


class Disproved(AssertionError):
    """A planted case did not come out as it must; the words say what came instead."""


@dataclass(frozen=True)
class Proof:
    """A planted case of a recipe.

    Attributes:
        recipe: The recipe's name.
        says: What it shows, in a sentence.
        check: Runs the case with the parts that it is given (ours by default); returns the figure
            to print, raises Disproved.
    """

    recipe: str
    says: str
    check: Callable[..., Any]

    @property
    def name(self) -> str:
        """The function's name."""
        return self.check.__name__

    def run(self, **parts: Any) -> str:
        """The figure. Raises Disproved, and whatever a broken part raises."""
        found = self.check(**parts)
        return str(asyncio.run(found) if inspect.iscoroutine(found) else found)


@dataclass(frozen=True)
class Outcome:
    """How one proof came out: `figure` where it holds, else `why` it does not."""

    proof: Proof
    held: bool
    figure: str = ""
    why: str = ""
    seconds: float = 0.0


_proofs: list[Proof] = []


def proof(recipe: str, says: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function among the proofs of a recipe."""

    def enter(check: Callable[..., Any]) -> Callable[..., Any]:
        _proofs.append(Proof(recipe, says, check))
        return check

    return enter


def hold(condition: object, what: str) -> None:
    """Raises Disproved with these words unless the condition is true."""
    if not condition:
        raise Disproved(what)


def all_proofs(recipe: str | None = None) -> list[Proof]:
    """The proofs of one recipe, or of all, in the order in which they are written.

    Raises:
        UserError: If there is no recipe of this name.
    """
    import dramaturg.proofs as room

    if recipe is not None:
        recipe = find_recipe(recipe).name
    for module in pkgutil.iter_modules(room.__path__):
        importlib.import_module(f"dramaturg.proofs.{module.name}")
    return [one for one in _proofs if recipe in (None, one.recipe)]


def prove(proofs: Sequence[Proof]) -> list[Outcome]:
    """Run proofs one after the other with our own parts; none stops the others."""
    outcomes = []
    for one in proofs:
        begun = time.perf_counter()
        try:
            figure, why = one.run(), ""
        except Disproved as error:
            figure, why = "", str(error) or type(error).__name__
        except Exception as error:  # a part that breaks is no proof, and stops no other
            said = str(error)
            figure, why = "", f"{type(error).__name__}: {said}" if said else type(error).__name__
        seconds = round(time.perf_counter() - begun, 3)
        outcomes.append(Outcome(one, not why, figure, why, seconds))
    return outcomes
