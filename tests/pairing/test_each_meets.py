"""Ten others each, never oneself, and only inside a group."""

from __future__ import annotations

from collections import Counter

import pytest

from dramaturg.errors import UserError
from dramaturg.pairing import each_meets
from dramaturg.records import Fact, Persona

PEOPLE = [Persona(name=f"P{i}", facts=(Fact(text=f"I am {i}."),)) for i in range(24)]


def test_everyone_has_so_many_different_others() -> None:
    pairs = each_meets(PEOPLE, each=10, count=240, seed=1)
    assert len(pairs) == 240
    assert set(Counter(pair.first.id for pair in pairs).values()) == {10}
    assert len({(p.first.id, p.second.id) for p in pairs}) == 240
    assert all(p.first.id != p.second.id for p in pairs)
    assert len({p.id for p in pairs}) == 240


def test_groups_do_not_meet_and_share_the_pairs() -> None:
    sides = {p.id: "train" if i < 16 else "test" for i, p in enumerate(PEOPLE)}
    pairs = each_meets(PEOPLE, each=3, count=36, within=sides, seed=1)
    assert all(sides[p.first.id] == sides[p.second.id] for p in pairs)
    assert Counter(sides[p.first.id] for p in pairs) == {"train": 24, "test": 12}


def test_the_same_seed_the_same_pairs_and_another_seed_others() -> None:
    once, again, other = (each_meets(PEOPLE, each=2, count=9, seed=s) for s in (1, 1, 2))
    assert once == again
    assert once != other
    assert len(once) == 9


def test_too_few_people_make_fewer_pairs_and_none_is_an_error() -> None:
    assert len(each_meets(PEOPLE[:3], each=10, count=50, seed=1)) == 6
    with pytest.raises(UserError, match="1 person cannot be paired"):
        each_meets(PEOPLE[:1], each=1, count=1, seed=1)
    alone = {p.id: p.id for p in PEOPLE}
    with pytest.raises(UserError, match="no two people can meet"):
        each_meets(PEOPLE, each=1, count=1, within=alone, seed=1)
