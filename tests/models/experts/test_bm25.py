"""Search by words, against the formula by hand."""

from __future__ import annotations

import math

import pytest

from dramaturg.models.experts.bm25 import K1, B, Bm25


def test_scores_are_those_of_the_formula() -> None:
    found = Bm25(["dogs dogs cats", "cats", "boats sail far"]).scores("Dog?")
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    mean = (3 + 1 + 3) / 3
    wanted = idf * 2 * (K1 + 1) / (2 + K1 * (1 - B + B * 3 / mean))
    assert found == pytest.approx([wanted, 0.0, 0.0])


def test_a_rare_word_weighs_more_and_a_word_asked_twice_no_more() -> None:
    search = Bm25(["red boats", "red cats", "red moss"])
    red, boats, both = search.scores("red")[0], search.scores("boat")[0], search.scores("red boats")
    assert boats > red > 0
    assert both[0] == pytest.approx(red + boats)
    assert search.scores("boats boats")[0] == boats


@pytest.mark.parametrize("query", ["", "how are you ?", "what do you do", "日本"])
def test_a_query_without_a_content_word_of_the_texts_finds_nothing(query: str) -> None:
    assert not Bm25(["I row boats.", "", "I am."]).scores(query).any()


def test_nothing_can_be_searched() -> None:
    assert Bm25([]).scores("boats").shape == (0,)
    assert Bm25(["", "?"]).scores("boats").tolist() == [0.0, 0.0]
