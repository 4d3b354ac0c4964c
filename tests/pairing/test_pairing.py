"""Who meets whom, and what they have in common."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from dramaturg.errors import UserError
from dramaturg.pairing import by_categories, by_similarity, given, shared, similarity
from dramaturg.records import Fact, Persona
from dramaturg.store import notes
from tests.persona.helpers import Ear, WordEmbedder


def person(*texts: str) -> Persona:
    return Persona(facts=tuple(Fact(text=text) for text in texts))


def labels_of(*people: Persona) -> dict[str, str]:
    """The category of a fact is its last word."""
    return {f.id: f.text.split()[-1] for p in people for f in p.facts}


ANN = person("A dog", "B dog", "C job", "D home")
BOB = person("E dog", "F dog", "G sea")
CAT = person("H job", "I home", "J dog")
DAN = person("K sea")


def test_pairs_of_facts_are_counted_not_categories() -> None:
    labels = labels_of(ANN, BOB, CAT, DAN)

    assert similarity(ANN, BOB, labels) == similarity(BOB, ANN, labels) == 4
    assert similarity(ANN, CAT, labels) == 2 + 1 + 1
    assert similarity(BOB, CAT, labels) == 2
    assert similarity(ANN, DAN, labels) == 0
    assert similarity(ANN, BOB, {}) == 0
    assert len(shared(ANN, BOB, labels)) == 4


def test_only_those_above_the_bar_meet_and_the_scene_shows_why() -> None:
    people = [ANN, BOB, CAT, DAN]
    labels = labels_of(*people)

    pairs = by_categories(people, labels, count=2, seed=1)

    assert {frozenset(p.scene.cast) for p in pairs} == {
        frozenset([ANN.id, BOB.id]),
        frozenset([ANN.id, CAT.id]),
    }
    scene = next(p.scene for p in pairs if CAT.id in p.scene.cast)
    assert scene.fields["similarity"] == 4
    assert scene.fields["shared_categories"][0] == "dog"
    assert sorted(scene.fields["shared_categories"]) == ["dog", "home", "job"]
    assert {"category", "first", "second"} == set(scene.fields["shared"][0])
    assert scene.fields["above"] == 2
    assert "relaxed" not in scene.fields
    assert [p.first.id for p in pairs] == [p.scene.cast[0] for p in pairs]


def test_too_few_pairs_are_an_error_or_a_lower_bar_that_is_told() -> None:
    people = [ANN, BOB, CAT, DAN]
    labels = labels_of(*people)
    with pytest.raises(UserError, match="only 2 of 4 pairs have more than 2"):
        by_categories(people, labels, count=4, seed=1)

    ear = Ear()
    with notes.listening(ear):
        pairs = by_categories(people, labels, count=4, relax=True, seed=1)

    assert [p.scene.fields["above"] for p in pairs] == [2, 2, 1, 0]
    assert [p.scene.fields.get("relaxed", False) for p in pairs] == [False, False, True, True]
    assert set(pairs[3].scene.cast) == {BOB.id, DAN.id}
    assert ear.reasons("pair") == ["relaxed"]


def test_when_all_possible_pairs_are_made_the_rest_is_noted() -> None:
    ear = Ear()
    with notes.listening(ear):
        pairs = by_categories(
            [ANN, BOB, DAN], labels_of(ANN, BOB, DAN), count=9, relax=True, seed=1
        )

    assert len({frozenset(p.scene.cast) for p in pairs}) == len(pairs) == 3
    assert ear.reasons("pair") == ["relaxed", "too few people"]


def test_nobody_meets_themselves_or_one_person_twice() -> None:
    people = [person(f"{n} dog", f"{n}{n} dog") for n in range(8)]

    pairs = by_categories([*people, people[0]], labels_of(*people), count=28, seed=1)

    assert len({frozenset(p.scene.cast) for p in pairs}) == 28
    assert all(len(set(p.scene.cast)) == 2 for p in pairs)
    with pytest.raises(UserError, match="only 28 of 29 pairs"):
        by_categories(people, labels_of(*people), count=29, seed=1)


def test_all_facts_in_one_category_spread_the_partners_evenly() -> None:
    people = [person(f"{n} dog", f"{n}{n} dog") for n in range(10)]

    pairs = by_categories(people, labels_of(*people), count=15, partners=3, seed=1)

    assert Counter(i for p in pairs for i in p.scene.cast) == {p.id: 3 for p in people}


def test_the_same_seed_gives_the_same_pairs() -> None:
    people = [person(f"{n} dog", f"{n}{n} dog") for n in range(20)]
    labels = labels_of(*people)

    runs = [[p.id for p in by_categories(people, labels, count=30, seed=s)] for s in (1, 1, 2)]

    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("people", [[], [ANN], [ANN, ANN]])
def test_fewer_than_two_people_cannot_be_paired(people: list[Persona]) -> None:
    with pytest.raises(UserError, match="cannot be paired"):
        by_categories(people, {}, count=1, relax=True, seed=1)


def test_thousands_of_people_are_paired_in_seconds() -> None:
    people = [person(*(f"{n}-{i} c{(n * 7 + i * i) % 90}" for i in range(5))) for n in range(4_000)]
    begun = time.perf_counter()

    pairs = by_categories(people, labels_of(*people), count=4_000, seed=1)

    assert len(pairs) == 4_000
    assert time.perf_counter() - begun < 20


async def test_the_most_similar_people_meet() -> None:
    people = [person("I love red apples."), person("I love green apples."), person("We fish."),
              person("We fish daily.")]  # fmt: skip

    pairs = await by_similarity(people, WordEmbedder(), count=2, partners=1, seed=1)

    assert {frozenset(p.scene.cast) for p in pairs} == {
        frozenset([people[0].id, people[1].id]),
        frozenset([people[2].id, people[3].id]),
    }
    apples = next(p for p in pairs if people[0].id in p.scene.cast)
    assert apples.scene.fields["similarity"] == 0.75
    assert apples.scene.fields["shared"][0]["cosine"] == 0.75


async def test_similarity_says_when_there_are_too_few_people() -> None:
    ear = Ear()
    with notes.listening(ear):
        pairs = await by_similarity([ANN, BOB], WordEmbedder(), count=5, seed=1)

    assert len(pairs) == 1
    assert ear.reasons("pair") == ["too few people"]


def test_named_pairs_are_taken_as_they_are() -> None:
    ear = Ear()
    with notes.listening(ear):
        pairs = given(
            [(ANN, BOB), (CAT, CAT), (ANN, BOB), (BOB, ANN)], labels_of(ANN, BOB),
            fields={"setting": "on a train"},
        )  # fmt: skip

    assert [p.scene.cast for p in pairs] == [(ANN.id, BOB.id), (BOB.id, ANN.id)]
    assert pairs[0].scene.fields["setting"] == "on a train"
    assert pairs[0].scene.fields["shared_categories"] == ["dog"]
    assert ear.reasons("pair") == ["same person", "duplicate"]
    with pytest.raises(UserError, match="no pair of two different people"):
        given([(ANN, ANN)])


async def test_a_given_pair_without_labels_shows_nothing() -> None:
    (pair,) = given([(ANN, DAN)])
    assert pair.scene.fields == {}
