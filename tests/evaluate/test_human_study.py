"""Figures of people's answers, and of critics beside people."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.errors import RecordError
from dramaturg.evaluate.calibration import agree, rank_agreement, reliability
from dramaturg.evaluate.human_study import Vote, majority, sign_test, ticks, win_lose_tie
from dramaturg.evaluate.shares import share


def test_a_share_has_wilson_s_interval() -> None:
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3
    for count, n, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        found = share(count, n)
        assert found.low == pytest.approx(low, abs=5e-5)
        assert found.high == pytest.approx(high, abs=5e-5)
    assert share(0, 0).value is None


def test_a_majority_is_more_than_half() -> None:
    assert majority(["win", "lose", "win"]) == "win"
    assert majority(["win", "lose"]) is None
    assert majority(["win", "lose", "tie"]) is None
    assert majority([]) is None


def test_an_item_without_a_majority_is_a_tie() -> None:
    votes: list[list[Vote]] = [
        ["win", "win", "lose"],
        ["lose", "lose", "lose"],
        ["win", "lose", "tie"],
        ["tie", "tie", "win"],
        [],
    ]
    found = win_lose_tie(votes)
    assert (found.win.hits, found.lose.hits, found.tie.hits) == (1, 1, 2)
    assert (found.items, found.votes) == (4, 12)
    assert found.unanimous.hits == 1
    assert found.p_sign == 1.0


@given(st.lists(st.lists(st.sampled_from(["win", "lose", "tie"]), max_size=4), max_size=20))
@settings(max_examples=50, deadline=None)
def test_shares_of_an_outcome_sum_to_one_and_swap_with_the_sides(votes: list[list[Vote]]) -> None:
    found = win_lose_tie(votes)
    turn: dict[Vote, Vote] = {"win": "lose", "lose": "win", "tie": "tie"}
    other = win_lose_tie([[turn[v] for v in item] for item in votes])
    assert found.win.hits + found.lose.hits + found.tie.hits == found.items
    assert (found.win, found.lose, found.tie) == (other.lose, other.win, other.tie)
    assert found.p_sign == other.p_sign


def test_the_sign_test_is_the_exact_binomial() -> None:
    assert sign_test(8, 2) == pytest.approx(0.109375)  # 2 * (1 + 10 + 45) / 1024
    assert sign_test(5, 5) == 1.0
    assert sign_test(0, 0) is None


def test_precision_and_recall_of_ticks() -> None:
    cases = [(True, True)] * 3 + [(True, False)] + [(False, True)] * 5 + [(False, False)] * 7
    found = ticks(cases)
    assert found.precision.value == 0.75
    assert found.recall.value == 3 / 8
    assert found.n == 16
    assert ticks([(False, True)]).precision.value is None


def test_a_critic_beside_people_by_hand() -> None:
    people = [True, True, True, False, False, False, False, False, False, False]
    critic = [True, True, False, True, False, False, False, False, False, False]
    found = agree(people, critic)
    assert (found.n, found.problems) == (10, 3)
    assert found.same.value == 0.8
    assert found.precision.value == pytest.approx(2 / 3)
    assert found.recall.value == pytest.approx(2 / 3)
    assert found.kappa.value == pytest.approx((0.8 - 0.58) / 0.42)
    low, value, high = found.kappa.low, found.kappa.value, found.kappa.high
    assert None not in (low, value, high)
    assert (low or 0) < (value or 0) < (high or 0)


def test_turns_of_one_conversation_are_drawn_together() -> None:
    people = [n % 2 == 0 for n in range(10) for _ in range(10)]  # all turns of a talk alike
    critic = [n % 3 == 0 for n in range(10) for _ in range(10)]
    alone = agree(people, critic).kappa
    whole = agree(people, critic, groups=[n for n in range(10) for _ in range(10)]).kappa
    assert whole.value == alone.value
    wide, narrow = (whole.high or 0) - (whole.low or 0), (alone.high or 0) - (alone.low or 0)
    assert wide > 2 * narrow


def test_a_figure_that_is_not_defined_says_why() -> None:
    found = agree([True, True], [True, True])
    assert found.kappa.value is None
    assert "same value" in found.kappa.why
    assert rank_agreement([1, 2], [1, 2]).why == "ranks need three items: there are 2"
    assert rank_agreement([1, 1, 1], [1, 2, 3]).value is None
    with pytest.raises(RecordError):
        agree([True], [])


def test_rank_agreement_is_spearman_s_with_ties_at_their_mean() -> None:
    # by hand: ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4
    found = rank_agreement([10, 20, 20, 30], [1, 3, 2, 4]).value
    assert found == pytest.approx(4.5 / math.sqrt(4.5 * 5))
    assert rank_agreement([1, 2, 3, 4, 5], [5, 4, 3, 2, 1]).value == -1.0


def test_a_calibrated_score_has_a_small_error_and_a_turned_one_a_large() -> None:
    draw = random.Random(7)
    scores = [draw.random() for _ in range(4_000)]
    good = [draw.random() < score for score in scores]
    honest = reliability(scores, good)
    assert honest.error is not None
    assert honest.error < 0.03
    assert [part.n > 0 for part in honest.bins] == [True] * 5
    assert sum(part.n for part in honest.bins) == 4_000
    turned = reliability(scores, good, high_is_good=False)
    assert turned.error is not None
    assert turned.error > 0.4


def test_a_score_at_the_end_of_its_range_falls_into_the_last_bin() -> None:
    found = reliability([5.0, 1.0, 9.0], [True, False, True], low=1, high=5)
    assert [part.n for part in found.bins] == [1, 0, 0, 0, 2]
    assert found.error == 0.0
    assert found.bins[1].mean is None
