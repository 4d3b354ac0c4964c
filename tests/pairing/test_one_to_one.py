"""The best assignment, against scipy's on many tables."""

from __future__ import annotations

import numpy as np
import pytest

from dramaturg.errors import UserError
from dramaturg.pairing import one_to_one


def test_the_greedy_choice_is_not_the_best() -> None:
    assert one_to_one([[9, 8], [8, 1]]) == [(0, 1), (1, 0)]


@pytest.mark.parametrize("kind", ["numbers", "ties", "forbidden"])
def test_it_is_as_good_as_scipy_s_on_two_hundred_tables(kind: str) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    draw = np.random.default_rng(3)
    for _ in range(200):
        shape = tuple(draw.integers(1, 9, 2))
        table = (
            draw.integers(0, 4, shape).astype(float) if kind == "ties" else draw.normal(size=shape)
        )
        if kind == "forbidden":
            table[draw.random(shape) < 0.2] = -np.inf
            try:
                rows, columns = optimize.linear_sum_assignment(table, maximize=True)
            except ValueError:  # nothing is possible: scipy refuses, we leave somebody alone
                assert all(np.isfinite(table[r, c]) for r, c in one_to_one(table))
                continue
        else:
            rows, columns = optimize.linear_sum_assignment(table, maximize=True)
        pairs = one_to_one(table)
        assert len(pairs) == min(shape)
        assert len({r for r, _ in pairs}) == len({c for _, c in pairs}) == len(pairs)
        got = sum(table[r, c] for r, c in pairs)
        assert got == pytest.approx(table[rows, columns].sum())


def test_who_may_meet_nobody_stays_alone() -> None:
    never = -np.inf
    assert one_to_one([[never, never], [1.0, 2.0]]) == [(1, 1)]
    assert one_to_one([[never]]) == []
    assert one_to_one(np.zeros((0, 3))) == []


def test_as_many_pairs_as_possible_come_before_a_high_sum() -> None:
    assert one_to_one([[5.0, 4.9], [100.0, -np.inf]]) == [(0, 1), (1, 0)]


@pytest.mark.parametrize("table", [[[float("nan")]], [[float("inf")]], [1.0, 2.0]])
def test_what_is_no_table_of_numbers_is_refused(table: object) -> None:
    with pytest.raises(UserError):
        one_to_one(table)  # type: ignore[arg-type]
