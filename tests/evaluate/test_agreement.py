"""Agreement: against published figures, the reference package, and by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg import evaluate
from dramaturg.errors import RecordError, UserError
from dramaturg.evaluate.agreement import LEVELS, Level

_: Any = None
# Krippendorff 2011: four observers, twelve units, gaps. Here a row is a unit.
KRIPPENDORFF = list(
    zip(
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
        strict=True,
    )
)
# Fourteen raters put ten subjects into five categories; a row counts the raters by category.
FLEISS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def as_ratings(counts: list[list[int]]) -> list[list[int]]:
    return [[c for c, n in enumerate(row) for _ in range(n)] for row in counts]


@pytest.mark.parametrize(
    ("level", "published"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_of_krippendorff_s_own_example_is_the_published_figure(
    level: Level, published: float
) -> None:
    assert round(evaluate.krippendorff_alpha(KRIPPENDORFF, level), 3) == published


def test_kappa_of_the_worked_example_of_fourteen_raters_is_the_published_figure() -> None:
    assert round(evaluate.fleiss_kappa(as_ratings(FLEISS)), 3) == 0.210


@given(
    table=st.lists(
        st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=3, max_size=3),
        min_size=2,
        max_size=12,
    ),
    level=st.sampled_from(LEVELS),
)
@settings(max_examples=80, deadline=None)
def test_alpha_equals_the_reference_package(table: list[list[int | None]], level: Level) -> None:
    krippendorff = pytest.importorskip("krippendorff", reason="compares with that package")
    import numpy as np

    by_rater = np.array([[math.nan if v is None else v for v in row] for row in table]).T
    counted = {v for row in table if sum(x is not None for x in row) > 1 for v in row} - {None}
    if len(counted) < 2:
        with pytest.raises(RecordError, match="agree"):
            evaluate.krippendorff_alpha(table, level)
        return
    theirs = krippendorff.alpha(reliability_data=by_rater, level_of_measurement=level)
    assert evaluate.krippendorff_alpha(table, level) == pytest.approx(theirs, abs=1e-9)


def test_nominal_ratings_may_be_words_and_numbers_may_not() -> None:
    table = [["yes", "yes"], ["no", "no"], ["yes", "no"]]
    assert evaluate.krippendorff_alpha(table) == pytest.approx(1 - (2 / 6) / (18 / 30))
    with pytest.raises(RecordError, match="is no number"):
        evaluate.krippendorff_alpha(table, "interval")
    with pytest.raises(UserError, match="no level 'nomimal'"):
        evaluate.krippendorff_alpha(table, "nomimal")  # type: ignore[arg-type]


def test_full_agreement_is_one_and_opposite_ratings_are_below_zero() -> None:
    same = [[1, 1], [2, 2]]
    opposite = [[1, 2], [2, 1]]
    assert evaluate.krippendorff_alpha(same) == evaluate.fleiss_kappa(same) == 1
    assert evaluate.krippendorff_alpha(opposite) < 0
    assert evaluate.fleiss_kappa(opposite) == -1
    assert evaluate.share_agreed([[1, 1, 2], [2, 2, 2]]) == pytest.approx((1 / 3 + 1) / 2)


def test_raters_who_always_say_the_same_give_no_figure_but_a_reason() -> None:
    for measure in ("alpha", "kappa"):
        found = evaluate.agreement([[1, 1], [1, 1]], measure=measure)
        assert found.value is None
        assert "same value" in found.why
        assert found.items == 2
    nothing = evaluate.agreement([[1, None], [None, 2]])
    assert nothing.value is None
    assert "two ratings" in nothing.why


def test_kappa_refuses_gaps_and_names_the_measure_that_allows_them() -> None:
    with pytest.raises(RecordError) as error:
        evaluate.fleiss_kappa([[1, 1, 1], [1, 2, None]])
    assert "Krippendorff" in error.value.fix


def test_cohen_s_kappa_by_hand() -> None:
    # 20 both yes, 15 both no, 5 and 10 apart: seen 0.7, chance 0.5.
    one = ["y"] * 20 + ["n"] * 15 + ["y"] * 5 + ["n"] * 10
    other = ["y"] * 20 + ["n"] * 15 + ["n"] * 5 + ["y"] * 10
    assert evaluate.cohen_kappa(one, other) == pytest.approx(0.4)
    with pytest.raises(RecordError, match="cannot be compared"):
        evaluate.cohen_kappa(["y"], [])


def test_the_interval_holds_the_value_narrows_with_items_and_repeats_with_its_seed() -> None:
    few = evaluate.agreement(as_ratings(FLEISS), measure="kappa", resamples=300)
    many = evaluate.agreement(as_ratings(FLEISS * 10), measure="kappa", resamples=300)
    again = evaluate.agreement(as_ratings(FLEISS), measure="kappa", resamples=300)
    assert few == again
    assert (few.items, few.raters, few.ratings) == (10, 14, 140)

    def width(found: Any) -> float:
        assert found.low <= found.value <= found.high
        return float(found.high - found.low)

    assert width(many) < width(few) / 2


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Two raters equal on 80 % of items, two values: the true alpha is near 0.6."""
    import random

    draw = random.Random(5)
    hits = 0
    for trial in range(60):
        table = []
        for _item in range(80):
            value = draw.random() < 0.5
            table.append([value, value if draw.random() < 0.8 else not value])
        found = evaluate.agreement(table, resamples=200, seed=trial)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 0.6 <= found.high
    assert hits >= 50
