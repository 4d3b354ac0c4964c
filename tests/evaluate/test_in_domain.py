"""Made data beside real data, nearest neighbours, and what a health report says of scores."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from dramaturg import evaluate, scorers
from dramaturg.errors import UserError
from dramaturg.evaluate.collect import collect
from dramaturg.evaluate.measures import Equal, Side, nearest
from tests.evaluate.talks import a_talk


def item(n: int, *, first: bool) -> evaluate.Item:
    """A talk whose summary is its second turn, or its last one."""
    turns = tuple(f"w{n}x{t} " * 5 + f"turn{t}" for t in range(6))
    return evaluate.Item(turns, turns[1 if first else -1])


def test_a_picker_learns_where_summaries_stand() -> None:
    test = [item(n, first=True) for n in range(100, 120)]
    sides = {
        "real": [item(n, first=True) for n in range(30)],
        "wrong": [item(n, first=False) for n in range(30, 60)],
    }
    rows = evaluate.in_domain(sides, "real", test, fit=evaluate.fit_picker, score=scorers.rouge_l)
    nothing, real, wrong = rows
    assert (real.mean, real.of_real, real.gained) == (1.0, 1.0, 1.0)
    # Untrained, it picks the first two turns of six: the second is half of what it says.
    assert nothing.mean == pytest.approx(2 / 3)
    assert wrong.mean == 0
    assert wrong.gained == pytest.approx(-2)
    assert (real.trained_on, real.tested_on, nothing.trained_on) == (30, 20, 0)
    assert len(real.by_seed) == 3


def test_a_side_that_is_too_small_or_missing_is_refused() -> None:
    some = [item(n, first=True) for n in range(4)]
    fit, score = evaluate.fit_picker, scorers.rouge_l
    with pytest.raises(UserError, match="real has 4 items"):
        evaluate.in_domain(
            {"real": some}, "real", [item(9, first=True)], fit=fit, score=score, size=5
        )
    with pytest.raises(UserError, match="nothing to compare"):
        evaluate.in_domain({"real": some}, "human", [item(9, first=True)], fit=fit, score=score)
    with pytest.raises(UserError, match="1 items of real are test items"):
        evaluate.in_domain({"real": some}, "real", some[:1], fit=fit, score=score)


def test_nearest_in_words_is_the_same_as_comparing_all() -> None:
    draw = random.Random(3)
    texts = [" ".join(draw.choices("abcdefg", k=draw.randint(0, 9))) for _ in range(40)]
    wanted = [
        max(scorers.rouge_l(a, b) for j, b in enumerate(texts) if j != i)
        for i, a in enumerate(texts)
    ]
    assert evaluate.nearest_in_words(texts) == wanted
    assert evaluate.nearest_in_words([]) == []


def test_the_nearest_talk_is_measured_over_equally_many_talks() -> None:
    talks = [a_talk("a b c d", scene="1"), a_talk("a b c x", scene="2"), a_talk("p q", scene="3")]
    (found,) = nearest(Side(collect(talks)), Equal(nearest=3), seed=1)
    assert found.count == 3
    assert found.statistic is not None
    assert found.statistic.value() == pytest.approx((0.75 + 0.75 + 0) / 3)
    assert found.sample == "3 conversations, seed 1"
    (alone,) = nearest(Side(collect(talks[:1])), Equal(nearest=1), seed=1)
    assert alone.statistic is None
    assert alone.why == "there is no other conversation"


def test_nearest_in_meaning_leaves_out_the_row_itself() -> None:
    rows = np.array([[1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)
    found = evaluate.nearest_in_meaning(rows)
    assert found.round(3).tolist() == [0.8, 0.8, 0.6]
    assert evaluate.nearest_in_meaning(rows[:1]).tolist() == [0.0]


def test_an_open_scale_is_saturated_only_where_nothing_moves() -> None:
    draw = random.Random(3)
    lengths = [draw.uniform(1, 99) for _ in range(30)]
    scores = {"flat": [2.0] * 30, "moves": [draw.gauss(0, 0.01) for _ in range(30)]}
    ends = dict.fromkeys(scores, (-math.inf, math.inf))
    assert evaluate.health(scores, ends, lengths) == [
        "flat is saturated: 95 % of 30 values lie within 0.000 of each other, at 2.000"
    ]


def test_chances_that_never_cross_a_half_always_say_the_same() -> None:
    draw = random.Random(3)
    lengths = [draw.uniform(1, 99) for _ in range(30)]
    scores = {
        "low": [draw.uniform(0, 0.2) for _ in lengths],
        "high": [draw.uniform(0.5, 0.9) for _ in lengths],
        "both": [draw.uniform(0, 1) for _ in lengths],
    }
    found = evaluate.health(scores, {}, lengths, chances=scores)
    assert [note.partition(":")[0] for note in found] == [
        "low always says no",
        "high always says yes",
    ]


def test_three_scores_that_say_the_same_are_told_once() -> None:
    draw = random.Random(3)
    lengths = [draw.uniform(1, 99) for _ in range(30)]
    base = [draw.random() for _ in lengths]
    scores = {"a": base, "x": [draw.random() for _ in lengths], "b": [1 - v for v in base],
              "c": [v / 2 for v in base]}  # fmt: skip
    (told,) = evaluate.health(scores, {}, lengths)
    assert told == "a, b and c say the same: correlations -1.000 to 1.000"
