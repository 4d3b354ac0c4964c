"""Pairs by chance."""

from __future__ import annotations

from collections import Counter

import pytest

from dramaturg.errors import UserError
from dramaturg.pairing.by_chance import by_chance
from dramaturg.records import Persona

PEOPLE = [Persona(name=f"P{n}", facts=()) for n in range(9)]


def test_nobody_meets_themselves_or_the_same_partner_twice_and_all_take_part() -> None:
    pairs = by_chance(PEOPLE, count=18, seed=3)
    assert len(pairs) == 18
    met = [frozenset(p.id for p in pair.people) for pair in pairs]
    assert len(set(met)) == 18
    assert all(len(two) == 2 for two in met)
    assert set(Counter(id for two in met for id in two)) == {p.id for p in PEOPLE}
    assert by_chance(PEOPLE, count=18, seed=3) == pairs != by_chance(PEOPLE, count=18, seed=4)


def test_there_are_no_more_pairs_than_the_limits_allow() -> None:
    assert len(by_chance(PEOPLE, count=1_000, seed=1)) == 36
    few = by_chance(PEOPLE, count=1_000, partners=2, seed=1)
    assert max(Counter(p.id for pair in few for p in pair.people).values()) == 2
    with pytest.raises(UserError):
        by_chance(PEOPLE[:1], count=1, seed=1)
