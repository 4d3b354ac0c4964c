"""Splits never share a person, and say so when they cannot be filled."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.dataset import apart_by_persona, leaks, people_apart
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Fact, Persona, Speaker, Turn


def between(*people: tuple[str, ...], n: int = 0) -> Conversation:
    speakers = tuple(
        Speaker(name=f"User {i + 1}", persona=facts,
                persona_id=Persona(facts=tuple(Fact(text=f) for f in facts)).id)
        for i, facts in enumerate(people)
    )  # fmt: skip
    turns = (Turn(speaker=0, text=f"Hi {n}"),)
    return Conversation(scene_id="s", speakers=speakers, turns=turns)


def person(n: int, facts: int = 5) -> tuple[str, ...]:
    return tuple(f"Fact {i} of person number {n}" for i in range(facts))


@settings(max_examples=120, deadline=None)
@given(
    people=st.lists(
        st.lists(st.sampled_from([f"I like thing{c}" for c in "abcdefghijkl"]), min_size=1,
                 max_size=5, unique=True).map(tuple),
        min_size=2, max_size=14,
    ),
    talks=st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), min_size=1, max_size=25),
    seed=st.integers(0, 5),
)  # fmt: skip
def test_no_two_splits_share_a_person(
    people: list[tuple[str, ...]], talks: list[tuple[int, int]], seed: int
) -> None:
    made = [
        between(people[a % len(people)], people[b % len(people)], n=n)
        for n, (a, b) in enumerate(talks)
    ]
    splits = apart_by_persona(made, seed=seed)
    assert leaks(made, splits.by_id) == []
    assert splits.by_id.keys() == {c.id for c in made}
    assert apart_by_persona(reversed(made), seed=seed) == splits
    empty = {"train", "validation", "test"} - set(splits.by_id.values())
    assert bool(empty) == any("no conversation is left" in note for note in splits.notes)


def test_the_checker_sees_a_person_in_two_splits() -> None:
    one = between(person(1), person(2))
    other = between(person(3), (*person(1)[:3], "I ski.", "I knit."))
    assert leaks([one, other], {one.id: "train", other.id: "test"}) == [
        f"{one.id} in train and {other.id} in test share a person"
    ]


def test_single_pairs_fill_the_shares() -> None:
    made = [between(person(2 * n), person(2 * n + 1), n=n) for n in range(40)]
    splits = apart_by_persona(made)
    assert Counter(splits.by_id.values()) == {"train": 32, "validation": 4, "test": 4}
    assert splits.notes == []
    assert {c.split for c in splits.apply(made)} == {"train", "validation", "test"}
    assert apart_by_persona(made, seed=1).by_id != splits.by_id


def test_a_person_with_most_facts_of_another_stays_with_them() -> None:
    near = (*person(0)[:3], "I ski.", "I knit.")
    far = (*person(0)[:2], "I row.", "I sew.", "I jog.")
    made = [between(person(0), person(1)), between(near, person(2)), between(far, person(3))]
    halves = {"train": 0.5, "test": 0.5}
    by_id = apart_by_persona(made, halves).by_id
    assert by_id[made[0].id] == by_id[made[1].id] != by_id[made[2].id]


def test_a_fact_said_in_other_words_order_counts_as_the_same() -> None:
    again = tuple(fact.upper() + "!" for fact in person(0))
    made = [between(person(0), person(1)), between(again, person(2)), between(person(3), person(4))]
    by_id = apart_by_persona(made, {"train": 0.5, "test": 0.5}).by_id
    assert by_id[made[0].id] == by_id[made[1].id] != by_id[made[2].id]


def test_one_person_in_every_conversation_leaves_splits_empty_and_says_so() -> None:
    made = [between(person(0), person(n + 1), n=n) for n in range(10)]
    splits = apart_by_persona(made)
    assert set(splits.by_id.values()) == {"train"}
    assert splits.notes == [
        "no conversation is left for validation and test: 10 conversations form 1 group(s) that "
        "share persons, and a group is never divided"
    ]


def test_people_divided_before_pairing_give_splits_that_share_nobody() -> None:
    people = [Persona(facts=tuple(Fact(text=f) for f in person(n))) for n in range(30)]
    split_by_person = people_apart(people)
    assert Counter(split_by_person.values()) == {"train": 24, "validation": 3, "test": 3}
    twin = Persona(facts=(*people[0].facts[:4], Fact(text="I ski.")))
    divided = people_apart([*people, twin])
    assert divided[twin.id] == divided[people[0].id]


def test_shares_that_are_no_shares_are_refused() -> None:
    with pytest.raises(UserError, match="summing to 1"):
        apart_by_persona([], {"train": 0.5})
    assert apart_by_persona([]).notes == ["there are no conversations to divide"]
