"""Near-duplicates among descriptions; the planted cases stand in the proofs of persona-hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg import persona
from dramaturg.errors import UserError
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.records import Drop, Fact, Persona
from dramaturg.store import notes
from tests.recipes.heard import Heard

WORDS = st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=14)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=25), st.sampled_from([0.5, 0.8, 0.9, 1.0]))
def test_it_finds_what_comparing_every_pair_finds(lines: list[list[str]], at: float) -> None:
    bags = [frozenset(words) for words in lines]
    kept: list[int] = []
    wanted = {}
    for index, bag in enumerate(bags):
        best = max(((persona.jaccard(bag, bags[k]), -k) for k in kept), default=(0.0, 0))
        if best[0] >= at - 1e-9:
            wanted[index] = (-best[1], best[0])
        else:
            kept.append(index)
    assert persona.near_duplicates([" ".join(words) for words in lines], at) == wanted


def test_the_order_of_equal_input_decides_who_stays_and_nothing_else() -> None:
    texts = ["A nurse in Ghent", "A nurse, in Ghent", "...", "!!", "..."]
    assert persona.near_duplicates(texts) == {1: (0, 1.0), 4: (2, 1.0)}
    assert persona.near_duplicates([]) == {}


@pytest.mark.parametrize("at", [0, 1.1, -1])
def test_a_share_out_of_range_is_refused(at: float) -> None:
    with pytest.raises(UserError, match="out of range"):
        persona.near_duplicates(["a"], at)


async def test_people_go_by_words_first_then_by_meaning_and_each_says_to_whom() -> None:
    class ByLength:
        ref = "planted"

        async def embed(self, texts: Sequence[str]) -> Any:
            rows = [[1.0, 0.0] if "cook" in t or "chef" in t else [0.0, 1.0] for t in texts]
            return np.array(rows, dtype=np.float32)

    told = ["A cook in Ghent", "a cook, in Ghent", "A chef of the Flemish north", "A pilot"]
    people = [Persona(facts=(Fact(text=text),)) for text in told]
    heard = Heard()
    with notes.listening(heard):
        left = await persona.distinct(people, ByLength())
    assert [p.sentences[0] for p in left.people] == ["A cook in Ghent", "A pilot"]
    assert left.counts == {"people": 4, "same_words": 1, "same_meaning": 1, "left": 2}
    assert left.twins == {people[1].id: people[0].id, people[2].id: people[0].id}
    reasons = [drop.reason for drop in heard.of(Drop)]
    assert reasons == [
        "same words: 1.000 to 'A cook in Ghent'",
        "same meaning: 1.000 to 'A cook in Ghent'",
    ]
    alone = await persona.distinct(people, ByLength(), meaning=1)
    assert alone.counts["left"] == 3


async def test_the_embedded_vectors_catch_one_word_replaced_at_13_words() -> None:
    line = "A retired harbour pilot from northern Norway who builds small wooden model bridges"
    copy = line.replace("small", "little")
    assert persona.near_duplicates([line, copy]) == {}
    found = await persona.near_in_meaning([line, copy, "A clerk who sings"], EmbeddedModel())
    assert list(found) == [1]
    assert found[1][1] > 0.9
