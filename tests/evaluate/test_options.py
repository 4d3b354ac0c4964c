"""Option benchmarks: places, leaks, replies, distances; and the statistics against scipy."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dramaturg import evaluate
from dramaturg.errors import RecordError
from dramaturg.records import OptionQuestion, from_json, to_json


def question(
    *options: str, right: int = 0, text: str = "Which?", ago: int = 0, kind: str = ""
) -> OptionQuestion:
    return OptionQuestion(text=text, options=options, right=right, sessions_ago=ago, kind=kind)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 200), min_size=2, max_size=9).filter(any))
def test_the_tail_of_chi_square_is_scipy_s(counts: list[int]) -> None:
    statistic, p = evaluate.chi_square(counts)
    expected = stats.chisquare(counts)
    assert statistic == pytest.approx(expected.statistic)
    assert p == pytest.approx(expected.pvalue, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(6)), st.permutations(range(6)))
def test_tau_is_scipy_s_on_ranks(right: list[int], found: list[int]) -> None:
    expected = stats.kendalltau(
        [right.index(i) for i in range(6)], [found.index(i) for i in range(6)]
    )
    assert evaluate.kendall_tau(right, found) == pytest.approx(expected.statistic)


def test_an_order_of_other_items_scores_nothing() -> None:
    assert evaluate.rank_score("ABCD", "ABC") == 0
    assert evaluate.rank_score("ABCD", "ABCE") == 0
    assert evaluate.rank_score("ABCD", "DCBA") == 0
    assert evaluate.rank_score("ABCD", "ABDC") == pytest.approx(5 / 6)
    with pytest.raises(RecordError, match="is no order of"):
        evaluate.kendall_tau("AAB", "AAB")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(2, 6), st.integers(0, 9))
def test_places_are_balanced_to_within_one(count: int, options: int, seed: int) -> None:
    places = evaluate.balanced_places(count, options, seed=seed)
    assert len(places) == count
    counts = [places.count(i) for i in range(options)]
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("place", range(4))
def test_an_arrangement_can_be_undone(place: int) -> None:
    options = ["right", "w1", "w2", "w3"]
    order = evaluate.arranged("right", options[1:], place, seed=3)
    shown = [options[i] for i in order]
    assert shown[place] == "right"
    back = [shown[order.index(i)] for i in range(4)]
    assert back == options


def test_wrong_options_are_shuffled_too() -> None:
    orders = {evaluate.arranged("r", ["a", "b", "c"], 0, seed=seed)[1:] for seed in range(40)}
    assert len(orders) == 6


def test_ties_count_in_part() -> None:
    tied = question("one two", "one two", "one", "one", right=0)
    assert evaluate.share_right([tied], evaluate.longest).value == 0.5
    assert evaluate.share_right([tied], evaluate.shortest).value == 0
    found = evaluate.check_options([tied, tied])
    assert found.readers["words of the question"].value == 0.25
    assert "last mention" not in found.readers
    assert (found.letters, found.chance) == ({"A": 2, "B": 0, "C": 0, "D": 0}, 0.25)


def test_the_last_mention_looks_only_at_what_options_do_not_share() -> None:
    asked = question("Try the lake walk", "Try the hill walk", right=1)
    assert evaluate.last_mention(asked, ["The hill.", "A walk!"]) == [1]
    assert evaluate.last_mention(asked, ["The hill.", "The lake."]) == [0]
    assert evaluate.last_mention(asked, []) == [0, 1]


def test_questions_of_several_sizes_have_no_letter_test() -> None:
    found = evaluate.check_options([question("a", "b"), question("a", "b", "c")])
    assert (found.chi_square, found.p) == (None, None)
    assert found.chance == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_scores_by_kind_and_by_distance_are_over_all_their_questions() -> None:
    asked = [
        question("x", "y", right=0, ago=0, kind="a"),
        question("x", "y", right=1, ago=2, kind="a"),
        question("x", "y", right=0, ago=12, kind="b"),
        question("x", "y", right=0, ago=7, kind="b"),
    ]
    found = evaluate.score_options(asked, ["(a)", "(a)", None, "Final answer: A"])
    assert (found.right.hits, found.right.n) == (2, 4)
    assert {k: (s.hits, s.n) for k, s in found.by_kind.items()} == {"a": (1, 2), "b": (1, 2)}
    assert list(found.by_distance) == ["0", "1-2", "6-10", "11+"]
    assert found.states == {"chosen": 3, "lost": 1}
    with pytest.raises(RecordError):
        evaluate.score_options(asked, ["(a)"])
    with pytest.raises(RecordError):
        evaluate.check_options([])


def test_a_question_goes_through_json_whole_and_knows_its_letter() -> None:
    one = question("ä", "b", right=1)
    assert from_json(to_json(one), OptionQuestion) == one
    assert one.letter == "B"


@pytest.mark.parametrize(
    ("reply", "index"),
    [
        ("Answer: **C**", 2),
        ("The answer is B.", 1),
        ("Option D fits.", 3),
        ("C) hiking", 2),
        ("answer: b and c", None),
        ("Final answer: I think (b)", 1),
        ("Answer: I do not know", None),
        ("Final answer: A because of the rain", 0),
        ("a. b.", None),
        ("```\n(d)\n```", 3),
        ("（b）", None),
        ("x" * 100_000, None),
    ],
)
def test_more_replies_are_read_as_people_mean_them(reply: str, index: int | None) -> None:
    assert evaluate.read_option(reply, 4).index == index


@given(st.text(max_size=80), st.integers(2, 6))
@settings(max_examples=80, deadline=None)
def test_no_reply_breaks_the_reader(reply: str, options: int) -> None:
    found = evaluate.read_option(reply, options)
    assert (found.index is None) == (found.state != "chosen")
    assert found.index is None or 0 <= found.index < options


@pytest.mark.parametrize(
    "reply",
    [
        "<final_answer>(b)</final_answer>\nI chose it since option a ignores the move.",
        "<final_answer>b</final_answer> It fits; (a) is stale.",
        "<final_answer>(a)</final_answer> No: <final_answer>\n(b)\n</final_answer>\nOption c: old.",
    ],
)
def test_what_follows_a_closed_answer_only_explains_it(reply: str) -> None:
    assert evaluate.read_option(reply, 4) == evaluate.Chosen(state="chosen", index=1)
