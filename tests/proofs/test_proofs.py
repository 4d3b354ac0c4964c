"""Every proof holds for our parts, and none of the wrong ones that stand beside it gets through."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from dramaturg.errors import UserError
from dramaturg.proofs import Disproved, Proof, all_proofs, hold, prove
from dramaturg.recipes.recipe import all_recipes

PROOFS = all_proofs()


def wrong_parts(one: Proof) -> list[dict[str, Any]]:
    """The wrong implementations that are kept for a proof."""
    module = importlib.import_module(f"tests.proofs.wrong.{one.recipe.replace('-', '_')}")
    table: dict[str, list[dict[str, Any]]] = module.WRONG
    return table.get(one.name, [])


def every_wrong_part() -> Iterator[Any]:
    for one in PROOFS:
        for number, parts in enumerate(wrong_parts(one)):
            names = "-".join(getattr(p, "__name__", type(p).__name__) for p in parts.values())
            yield pytest.param(one, parts, id=f"{one.recipe}:{one.name}:{number}:{names}")


@pytest.mark.parametrize("one", PROOFS, ids=lambda p: f"{p.recipe}:{p.name}")
def test_a_proof_holds_and_gives_its_figure(one: Proof) -> None:
    assert one.run().strip()


@pytest.mark.parametrize("one", PROOFS, ids=lambda p: f"{p.recipe}:{p.name}")
def test_a_proof_has_a_wrong_part_to_catch(one: Proof) -> None:
    assert wrong_parts(one), f"tests/proofs/wrong keeps nothing wrong for {one.name}"


@pytest.mark.parametrize(("one", "parts"), list(every_wrong_part()))
def test_a_wrong_part_is_caught(one: Proof, parts: dict[str, Any]) -> None:
    with pytest.raises(Disproved):
        one.run(**parts)


def test_no_wrong_part_is_kept_for_a_proof_that_does_not_exist() -> None:
    for recipe in {one.recipe for one in PROOFS}:
        module = importlib.import_module(f"tests.proofs.wrong.{recipe.replace('-', '_')}")
        assert set(module.WRONG) == {one.name for one in PROOFS if one.recipe == recipe}


def test_every_recipe_has_proofs() -> None:
    assert set(all_recipes()) == {one.recipe for one in PROOFS}


def test_a_failing_proof_does_not_stop_the_others() -> None:
    def fails() -> str:
        hold(2 + 2 == 5, "2 + 2 is 4")
        return "5"

    def crashes() -> str:
        raise KeyError("gone")

    def breaks() -> str:
        raise AttributeError("no such part")

    async def holds() -> str:
        return "4 of 4"

    said = prove([Proof("r", "s", check) for check in (fails, crashes, breaks, holds)])
    assert [(one.held, one.figure, one.why) for one in said] == [
        (False, "", "2 + 2 is 4"),
        (False, "", "KeyError: 'gone'"),
        (False, "", "AttributeError: no such part"),
        (True, "4 of 4", ""),
    ]


def test_an_unknown_recipe_gets_the_nearest_one() -> None:
    with pytest.raises(UserError, match="did you mean 'synthetic-persona-chat'"):
        all_proofs("synthetic-persona-cat")
