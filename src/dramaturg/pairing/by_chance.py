"""Anybody may meet anybody: pairs by chance, nobody twice with the same partner."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dramaturg.pairing.people import at_least_two, different
from dramaturg.pairing.rounds import Matches
from dramaturg.records import Pair, Persona, Scene


def by_chance(
    people: Sequence[Persona], *, count: int, partners: int | None = None, seed: int
) -> list[Pair]:
    """At most `count` pairs, fewer where there are no more.

    Everybody takes turns in choosing, so that no one is left out before others meet again.

    Args:
        partners: The most partners a person gets; None = any number.

    Raises:
        UserError: If there are fewer than two people, or a number is out of range.
    """
    cast = different(people)
    at_least_two(cast, count, partners)
    found = Matches(len(cast), count, partners)
    everybody = range(len(cast))
    found.fill(lambda _: everybody, random.Random(seed))
    return [
        Pair(
            first=cast[one],
            second=cast[other],
            scene=Scene(cast=(cast[one].id, cast[other].id)),
        )
        for one, other in found.pairs
    ]
