"""Attribute scores, answer scores, and METEOR by equal words against nltk."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.meteor_score import meteor_score

from dramaturg import evaluate
from dramaturg.errors import RecordError


class NoWords:
    """A WordNet that knows nothing."""

    def synsets(self, word: str) -> list[str]:
        return []


class NoStems:
    def stem(self, word: str) -> str:
        return word


words = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=8)


@settings(max_examples=80, deadline=None)
@given(words, words)
def test_meteor_by_equal_words_is_nltk_s_without_stems_and_synonyms(
    right: list[str], said: list[str]
) -> None:
    expected = meteor_score([right], said, stemmer=NoStems(), wordnet=NoWords())
    assert evaluate.meteor(" ".join(right), " ".join(said)) == pytest.approx(expected)


def test_nothing_wanted_and_nothing_found_agree() -> None:
    assert evaluate.set_f1(frozenset(), frozenset()) == (1, 1, 1)
    assert evaluate.set_f1(frozenset("a"), frozenset()) == (0, 0, 0)
    found = evaluate.attribute_scores([{}], [{}])
    assert (found.type_f1, found.value_given_type.n, found.value_given_type.value) == (1, 0, None)


def test_numbers_of_items_must_agree() -> None:
    with pytest.raises(RecordError):
        evaluate.attribute_scores([{}], [])
    with pytest.raises(RecordError):
        evaluate.attribute_scores([], [])


@pytest.mark.parametrize(
    ("form", "right", "found", "score"),
    [
        ("yes or no", ["yes"], ["yes"], 1),
        ("yes or no", ["yes"], ["no"], 0),
        ("letters", ["A", "B"], ["B", "C"], 0.5),
        ("order", ["A", "B", "C"], ["A", "C", "B"], 2 / 3),
        ("order", ["A", "B", "C"], ["A", "C"], 0),
        ("text", ["rest well"], [], 0),
    ],
)
def test_an_answer_is_scored_by_its_form(
    form: str, right: list[str], found: list[str], score: float
) -> None:
    assert evaluate.answer_score(form, right, found) == pytest.approx(score)


def test_words_are_scored_with_the_analysis() -> None:
    bare = evaluate.answer_score("list", ["rest"], ["rest"], right_analysis="She is ill.")
    full = evaluate.answer_score(
        "list", ["rest"], ["rest"], right_analysis="She is ill.", found_analysis="She is ill."
    )
    assert bare < full > 0.9
    with pytest.raises(RecordError, match="no form"):
        evaluate.answer_score("song", ["a"], ["a"])
