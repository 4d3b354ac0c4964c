"""Pairs by relation, and everyone of a group with everyone else."""

from __future__ import annotations

from dramaturg import pairing
from dramaturg.records import Fact, Persona, Relation

PEOPLE = [Persona(facts=(Fact(text=f"A person of trade {n}"),)) for n in range(5)]


def tie(person: int, to: int, relation: str = "rival") -> Relation:
    return Relation(person=PEOPLE[person].id, to=PEOPLE[to].id, relation=relation, depth=1)


def test_a_pair_is_told_who_the_second_is_to_the_first() -> None:
    (pair,) = pairing.by_relation(PEOPLE, [tie(1, 0, "long-term patient")], count=3, seed=1)
    assert pair.people == (PEOPLE[0], PEOPLE[1])
    assert pair.scene.fields == {"relationship": "User 2 is User 1's long-term patient"}


def test_two_people_are_one_pair_and_strangers_none() -> None:
    ties = [tie(1, 0), tie(0, 1, "cousin"), tie(2, 1), tie(3, 3), tie(4, 2)]
    pairs = pairing.by_relation(PEOPLE[:4], ties, count=9, seed=1)
    met = [{p.sentences[0][-1] for p in pair.people} for pair in pairs]
    assert sorted(map(sorted, met)) == [["0", "1"], ["1", "2"]]
    assert pairing.by_relation(PEOPLE, ties, count=0, seed=1) == []


def test_fewer_than_all_are_drawn_by_the_seed() -> None:
    ties = [tie(a, b) for a in range(5) for b in range(a)]
    drawn = [
        tuple(p.id for p in pairing.by_relation(PEOPLE, ties, count=3, seed=s)) for s in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 3


def test_every_pair_keeps_the_order_and_a_person_named_twice_counts_once() -> None:
    pairs = pairing.every_pair([*PEOPLE[:3], PEOPLE[0]], fields={"topic": "t"})
    assert [(p.first, p.second) for p in pairs] == [
        (PEOPLE[0], PEOPLE[1]), (PEOPLE[0], PEOPLE[2]), (PEOPLE[1], PEOPLE[2]),
    ]  # fmt: skip
    assert pairs[0].scene.fields == {"topic": "t"}
    assert pairing.every_pair(PEOPLE[:1]) == []
