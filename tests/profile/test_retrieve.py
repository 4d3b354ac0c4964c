"""A fact for a question: relevant, new, and in keeping with the profile."""

from __future__ import annotations

import pytest

from dramaturg.errors import RecordError, UserError
from dramaturg.models import ScriptedNLI
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.profile import (
    contradicts_any,
    fact_pool,
    nearest_fact,
    relevance,
    retrieve_fact,
    same_words,
)
from dramaturg.records import Fact
from tests.persona.helpers import WordEmbedder


def facts(*texts: str) -> list[Fact]:
    return [Fact(text=text) for text in texts]


async def test_a_pool_holds_each_fact_once_whatever_its_little_words() -> None:
    pool = await fact_pool(facts("I've a dog.", "i have the dog", "I have no dog."), WordEmbedder())
    assert pool.texts == ["I've a dog.", "I have no dog."]
    with pytest.raises(UserError, match="no fact to search"):
        await fact_pool([], WordEmbedder())


def test_never_is_a_word_that_counts() -> None:
    assert same_words("I've been to Paris") != same_words("I've never been to Paris")
    assert same_words("A dog!") == same_words("the dog")
    assert same_words("東京") == "東京"


async def test_words_and_vectors_both_move_the_order() -> None:
    pool = await fact_pool(
        facts("I keep bees.", "I row boats on lakes.", "I have a dog."), EmbeddedModel()
    )
    order, score = await relevance("do you like to go on the water by boat ?", pool)
    assert order[0] == 1
    assert score[1] == max(score)
    order, _ = await relevance("do you own any animals ?", pool)
    assert order[0] == 2, "no word in common, but the vectors are near"


async def test_walking_stops_when_enough_is_found_and_only_those_are_judged() -> None:
    nli = ScriptedNLI({})
    pool = await fact_pool(facts(*(f"I own {n} boats." for n in range(40))), WordEmbedder())
    got = await retrieve_fact("boats ?", pool, ["I am tall.", "I sing."], nli, top=3)
    assert len(got.facts) == 3
    assert got.judged == len(nli.pairs) == 3 * 2 * 2


async def test_a_pool_that_gives_nothing_is_told_item_by_item() -> None:
    held = ["I own 3 boats."]
    pool = await fact_pool(facts(*held), WordEmbedder())
    got = await retrieve_fact("boats ?", pool, held, ScriptedNLI({}))
    assert got.facts == ()
    assert got.refused[0].reason == "known: 'I own 3 boats.' beside 'I own 3 boats.'"
    with pytest.raises(RecordError, match="no candidate goes with the profile"):
        _ = got.best
    empty = await retrieve_fact("boats ?", pool, [], ScriptedNLI({}))
    assert empty.best == "I own 3 boats."
    assert empty.judged == 0


async def test_contradictions_count_in_both_directions_text_by_text() -> None:
    nli = ScriptedNLI({("a", "x"): "contradict", ("y", "b"): "contradict"})
    assert await contradicts_any(["a", "b", "c"], ["x", "y"], nli) == [True, True, False]
    assert await contradicts_any(["a"], [], nli) == [False]


async def test_the_nearest_fact_of_a_profile_is_found_with_how_near_it_is() -> None:
    (best, near), (none, zero) = await nearest_fact(
        ["any pets ?", "any pets ?"], [["I teach.", "My pets are cats."], []], EmbeddedModel()
    )
    assert best == 1
    assert 0.2 < near <= 1
    assert (none, zero) == (-1, 0.0)
