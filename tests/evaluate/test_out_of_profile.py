"""Questions outside a profile are made of talks, and what is found for them is counted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.evaluate import (
    extended_figures,
    most_overlap,
    out_of_profile,
    overlap_search,
    word_f1,
)
from dramaturg.records import Conversation, ExtendedProfile, OutOfProfile, Speaker, Turn

FACTS = ("I row.", "I keep bees.", "I am tall.")


def talk(*texts: str, facts: tuple[str, ...] = FACTS) -> Conversation:
    return Conversation(
        scene_id=texts[0],
        speakers=(Speaker(name="A"), Speaker(name="B", persona=facts, persona_id="p")),
        turns=tuple(Turn(speaker=n % 2, text=text) for n, text in enumerate(texts)),
    )


async def by_word(replies: Sequence[str], held: Sequence[Sequence[str]]) -> list[int | None]:
    return [
        next((n for n, fact in enumerate(facts) if reply in fact), None)
        for reply, facts in zip(replies, held, strict=True)
    ]


async def test_only_answers_of_people_with_two_facts_become_items_and_each_once() -> None:
    talks = [talk("Hm?", "bees"), talk("Hm?", "bees"), talk("Oh?", "row", facts=("I row.",))]
    items = await out_of_profile(talks, by_word, most=10, seed=1)
    assert [(item.query, item.deleted, item.whole) for item in items] == [
        ("Hm?", "I keep bees.", ("I row.", "I am tall.", "I keep bees."))
    ]
    assert (items[0].source, items[0].person) == (talks[0].id, "p")


async def test_a_part_is_drawn_by_the_seed_and_kept_in_order() -> None:
    talks = [talk(f"{n}?", "bees") for n in range(50)]
    some = await out_of_profile(talks, by_word, most=10, seed=1)
    assert len(some) == 10
    assert [int(item.query[:-1]) for item in some] == sorted(int(i.query[:-1]) for i in some)
    assert some == await out_of_profile(talks, by_word, most=10, seed=1)
    assert some != await out_of_profile(talks, by_word, most=10, seed=2)


def test_words_shared_are_counted_as_often_as_they_stand() -> None:
    assert word_f1("a b", "b b c") == pytest.approx(2 * 1 / 5)
    assert word_f1("", "b") == word_f1("x", "y") == 0.0
    assert most_overlap("do you row ?", ["I sing.", "I row.", "do you ?"]) == "do you ?"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text("abc ", min_size=1, max_size=8), min_size=1, max_size=6), st.text("abcd "))
def test_the_index_gives_what_looking_at_every_fact_gives(pool: list[str], query: str) -> None:
    found, wanted = overlap_search(pool)(query), most_overlap(query, pool)
    assert word_f1(found, query) == pytest.approx(word_f1(wanted, query))


def test_figures_tell_retriever_control_and_replies_apart() -> None:
    def row(n: int, found: str, *, wins: tuple[str, ...]) -> ExtendedProfile:
        item = OutOfProfile(query=f"q{n} ?", held=("I am tall.",), deleted="I row.", reply="i row")
        return ExtendedProfile(
            item=item, found=(found,), overlap="I am tall.", overlap_clashes=n == 0,
            deleted="no", extended="hm", whole="i row", uses=("whole",), denies=("deleted",),
            wins=wins,
        )  # fmt: skip

    rows = [
        row(0, "I row.", wins=("extended over deleted", "whole over extended")),
        row(1, "I sing.", wins=("deleted over extended",)),
    ]
    said = {one.name: (one.value, one.n) for one in extended_figures(rows, same=str.lower)}
    assert said["found_hit_at_1"] == (0.5, 2)
    assert said["overlap_duplicates"] == (1.0, 2)
    assert said["overlap_contradictions"] == (0.5, 2)
    assert "found_contradictions" not in said, "nobody was asked again"
    assert said["reply_shows_the_fact_whole"] == (1.0, 2)
    assert said["reply_denies_a_held_fact_extended"] == (0.0, 2)
    assert said["extended_over_deleted"] == said["deleted_over_extended"] == (0.5, 2)
    assert extended_figures([]) == []
