"""People out of a grid: every combination of attributes that its rules allow can be drawn."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from dramaturg.errors import UserError
from dramaturg.records import Persona, derive_seed

_MOST_COMBINATIONS = 20_000_000  # of the attributes that rules speak of


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A combination that is left out: where all of `when` hold, `only` and `never` say what may be.

    Attributes:
        when: Values by attribute; it applies where each attribute has one of its values.
        only: Attributes that then have one of these values and no other.
        never: Attributes that then have none of these values.
    """

    when: dict[str, tuple[str, ...]]
    only: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    never: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    def allows(self, values: Mapping[str, str]) -> bool:
        """Whether a person may be so, as far as this rule goes."""
        if not all(values[name] in some for name, some in self.when.items()):
            return True
        return all(values[name] in some for name, some in self.only.items()) and not any(
            values[name] in some for name, some in self.never.items()
        )


class Grid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Attributes with their values, and what of their combinations is left out.

    Attributes:
        attributes: The values of each attribute.
        weights: How often each value of an attribute is drawn, where not equally often; the
            numbers need not sum to 1.
        rules: See `Rule`; a value that no attribute has is refused, since a rule with a
            misspelt value would silently never apply.
        aloud: By attribute and value the words that would state it, beside the value itself.
        about: For readers.
    """

    attributes: dict[str, tuple[str, ...]]
    weights: dict[str, tuple[float, ...]] = msgspec.field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    aloud: dict[str, dict[str, tuple[str, ...]]] = msgspec.field(default_factory=dict)
    about: str = ""

    def __post_init__(self) -> None:
        if not self.attributes or not all(self.attributes.values()):
            raise ValueError("each attribute needs a value")
        for name, values in self.attributes.items():
            if len(set(values)) != len(values):
                raise ValueError(f"attribute {name!r} has a value twice")
        for rule in self.rules:
            for part in (rule.when, rule.only, rule.never):
                self._known({name: tuple(some) for name, some in part.items()})
        self._known({name: tuple(some) for name, some in self.aloud.items()})
        for name, weights in self.weights.items():
            self._known({name: ()})
            if len(weights) != len(self.attributes[name]):
                raise ValueError(f"{name!r} has {len(self.attributes[name])} values, not weights")
            if min(weights) < 0 or sum(weights) <= 0:
                raise ValueError(f"the weights of {name!r} must be 0 or more, and one above 0")

    def _known(self, part: Mapping[str, Sequence[str]]) -> None:
        for name, values in part.items():
            if name not in self.attributes:
                raise ValueError(f"there is no attribute {name!r}")
            for value in values:
                if value not in self.attributes[name]:
                    raise ValueError(f"attribute {name!r} has no value {value!r}")

    def allows(self, values: Mapping[str, str]) -> bool:
        """Whether no rule leaves this combination out."""
        return all(rule.allows(values) for rule in self.rules)

    def words_for(self, name: str, value: str) -> tuple[str, ...]:
        """Words and phrases that would state an attribute aloud.

        The value itself where only this attribute has it; a value that others have too ("high")
        states nothing alone, but does beside the attribute's name ("high income").
        """
        shared = sum(value in some for some in self.attributes.values()) > 1
        own = (f"{value} {name}", f"{value} in {name}") if shared else (value,)
        return (*own, *self.aloud.get(name, {}).get(value, ()))

    def ruled(self) -> list[str]:
        """The attributes that some rule speaks of, in order."""
        named = {
            n for rule in self.rules for part in (rule.when, rule.only, rule.never) for n in part
        }
        return [name for name in self.attributes if name in named]

    def count(self) -> int:
        """How many combinations the rules allow."""
        free = math.prod(len(v) for n, v in self.attributes.items() if n not in self.ruled())
        return free * sum(1 for _ in self.allowed())

    def allowed(self) -> Iterator[dict[str, str]]:
        """The allowed combinations of the attributes that rules speak of, in order."""
        names = self.ruled()
        for values in itertools.product(*(self.attributes[name] for name in names)):
            one = dict(zip(names, values, strict=True))
            if self.allows(one):
                yield one


def load_grid(path: Path | None = None) -> Grid:
    """The grid of a JSON file, or the twelve everyday attributes that ship with the package.

    Raises:
        UserError: If the file cannot be read, or a rule speaks of what the grid does not have.
    """
    try:
        if path is None:
            folder = resources.files("dramaturg.persona").joinpath("grids")
            text = folder.joinpath("everyday.json").read_bytes()
        else:
            text = path.read_bytes()
        grid = msgspec.json.decode(text, type=Grid)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(
            f"cannot read the grid {path}",
            why=str(error),
            fix="copy persona/grids/everyday.json of the package and change it",
        ) from error
    ruled = math.prod(len(grid.attributes[name]) for name in grid.ruled())
    if ruled > _MOST_COMBINATIONS:
        raise UserError(
            f"the rules of {path} span {ruled:,} combinations",
            why=f"all of them are looked at, and {_MOST_COMBINATIONS:,} is the most",
            fix="let rules speak of fewer attributes",
        )
    if not any(True for _ in grid.allowed()):
        raise UserError("the rules of the grid leave no combination", fix="relax one")
    return grid


def from_grid(grid: Grid, count: int, *, seed: int) -> list[Persona]:
    """Different people of a grid, every allowed combination as likely as another but for weights.

    Attributes that rules bind are drawn together from their allowed combinations, the others by
    themselves, each by its weights. Person `i` depends on the seed and `i` alone while no
    combination comes twice. Where most of a small grid is asked for, weights cannot hold: everybody
    comes once.

    Returns:
        People without facts: `views["attributes"]` holds the value of each attribute. Fewer than
        `count` where the grid has no more.
    """
    allowed = list(grid.allowed())
    shares = [math.prod(_weight(grid, n, v) for n, v in one.items()) for one in allowed]
    sums = list(itertools.accumulate(shares))
    bound = set(grid.ruled())
    wanted = min(count, grid.count())
    people: dict[tuple[str, ...], Persona] = {}
    tries = 0
    while len(people) < wanted and tries < 50 * wanted + 1_000:
        draw = random.Random(derive_seed(seed, "grid", tries))
        tries += 1
        values = dict(draw.choices(allowed, cum_weights=sums)[0])
        for name, some in grid.attributes.items():
            if name not in bound:
                values[name] = draw.choices(some, weights=grid.weights.get(name))[0]
        ordered = {name: values[name] for name in grid.attributes}
        key = tuple(ordered.values())
        people.setdefault(key, Persona(facts=(), views={"attributes": ordered}, source="grid"))
    return list(people.values())


def _weight(grid: Grid, name: str, value: str) -> float:
    weights = grid.weights.get(name)
    return 1.0 if weights is None else weights[grid.attributes[name].index(value)]
