"""The Big Five in our own words: what somebody high or low in a trait is like.

No wording of a shipped inventory stands in them, so that a back-test asks in other words than the
prompt used.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib import resources
from typing import Literal

import msgspec

from dramaturg.errors import UserError
from dramaturg.records import Persona, content_id
from dramaturg.scorers.trait_ratings import BIG_FIVE

__all__ = ["BIG_FIVE", "Level", "Pole", "poles"]

Level = Literal["high", "low"]


class Pole(msgspec.Struct, frozen=True, kw_only=True):
    """One end of a trait."""

    trait: str
    level: Level

    @property
    def noun(self) -> str:
        """The trait's name in a sentence."""
        return _words()[self.trait]["noun"]

    @property
    def words(self) -> str:
        """What such a person is like: goes on from "You are"."""
        return _words()[self.trait][self.level]

    @property
    def name(self) -> str:
        """E.g. "openness high"."""
        return f"{self.trait} {self.level}"

    @property
    def sign(self) -> int:
        """1 for high, -1 for low."""
        return 1 if self.level == "high" else -1

    def of(self, person: Persona) -> Persona:
        """The same person as another one: with this trait, and what they were known for."""
        views = {**person.views, "traits": {self.trait: self.sign}}
        own = content_id("p", [person.id, self.trait, self.sign])
        return msgspec.structs.replace(person, views=views, id=own)

    @property
    def opposite(self) -> Pole:
        """The other end."""
        return Pole(trait=self.trait, level="low" if self.level == "high" else "high")


def poles(traits: str) -> tuple[Pole, ...]:
    """Both ends of the traits of a list by comma, high first.

    Raises:
        UserError: If a name is none of the Big Five, or is there twice.

    >>> [pole.level for pole in poles("extraversion")]
    ['high', 'low']
    """
    names = [name.strip().lower() for name in traits.split(",") if name.strip()]
    if unknown := [name for name in names if name not in BIG_FIVE]:
        raise UserError(
            f"there is no trait {unknown[0]!r}", why=f"the traits are {', '.join(BIG_FIVE)}"
        )
    if not names or len(set(names)) < len(names):
        raise UserError("name at least one trait, and none twice", fix=f"e.g. {BIG_FIVE[0]}")
    levels: tuple[Level, Level] = ("high", "low")
    return tuple(Pole(trait=name, level=level) for name in names for level in levels)


@functools.cache
def _words() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("dramaturg.profile").joinpath("data/big_five.json").read_text("utf-8")
    found: Mapping[str, Mapping[str, str]] = json.loads(text)
    return found
