"""ROUGE-L against a table filled by hand, and lists without repeats."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.scorers import longest_common, rouge_l, too_alike

LETTERS = st.lists(st.sampled_from("abcd"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(LETTERS, LETTERS)
def test_the_longest_common_run_is_that_of_the_table(one: list[str], other: list[str]) -> None:
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            longer = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else longer
    assert longest_common(one, other) == table[-1][-1]


def test_rouge_l_is_the_f_measure_of_words_in_order() -> None:
    assert rouge_l("the cat sat on the mat", "The cat sat!") == 2 * 3 / 9
    assert rouge_l("a b c", "c b a") == 1 / 3
    assert rouge_l("", "a") == rouge_l("...", "...") == 0
    assert rouge_l("茶が好き", "茶が嫌い") == 0.5


def test_what_is_like_one_that_went_itself_may_stay() -> None:
    entries = ["a b c d", "a b x y", "x y z w"]
    assert too_alike(entries, 0.5) == {1: (0, 0.5)}
    assert too_alike(entries, 0.51) == {}
