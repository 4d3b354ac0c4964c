"""Intervals: seeded, paired where pairs are known, and wide enough."""

from __future__ import annotations

import numpy as np
import pytest

from dramaturg.evaluate import (
    Coder,
    Difference,
    Fixed,
    Measure,
    OfSet,
    Ratio,
    Talk,
    difference,
    distinct,
    figure,
    interval,
    match,
)
from tests.evaluate.talks import many_talks


def a_measure(statistic: Ratio | OfSet | Fixed | None, keys: list[int] | None = None) -> Measure:
    return Measure(
        name="m", group="size", unit="share", of="things", count=3, scorer="m 1",
        statistic=statistic, keys=keys or (),
    )  # fmt: skip


def test_the_bootstrap_of_a_mean_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(1).normal(5, 2, size=400)
    found = figure(a_measure(Ratio(values, np.ones(400))), resamples=2_000)
    error = values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.03)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.03)
    assert found.interval == "bootstrap over conversations"


def test_halves_of_a_set_give_a_mean_the_interval_of_theory() -> None:
    values = np.random.default_rng(2).normal(5, 2, size=300)
    stat = OfSet(lambda places: float(values[list(places)].mean()), range(300), most=2_000)
    found = figure(a_measure(stat), resamples=2_000)
    error = values.std() / np.sqrt(300)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert found.low < values.mean() < found.high


def test_the_same_seed_gives_the_same_interval_and_another_another() -> None:
    stat = Ratio(np.arange(50.0), np.ones(50))
    one, same, other = (figure(a_measure(stat), seed=seed) for seed in (1, 1, 2))
    assert (one.low, one.high) == (same.low, same.high)
    assert (one.low, one.high) != (other.low, other.high)


def test_a_word_list_s_interval_covers_what_fresh_talks_of_one_source_give() -> None:
    """95 % intervals of distinct-2 must cover the mean of many fresh sets about 95 times of 100."""
    sets = [
        distinct([Talk(t) for t in many_talks(60, seed=seed)], 2, 10**9, Coder())
        for seed in range(60)
    ]
    truth = np.mean([s.value() for s in sets])
    hits = 0
    for seed, stat in enumerate(sets):
        low, high = interval(stat.resampled(200, seed)) or (0, 0)
        hits += bool(low <= truth <= high)
    assert 50 <= hits <= 60


def test_few_conversations_get_no_interval_and_a_reason() -> None:
    found = figure(a_measure(Ratio(np.ones(9), np.ones(9))))
    assert (found.value, found.low) == (1.0, None)
    assert "9 conversations are too few" in found.why


def test_nothing_to_count_is_no_zero() -> None:
    found = figure(a_measure(Ratio(np.zeros(20), np.zeros(20))))
    assert found.value is None
    assert found.why == "there is nothing to count"
    assert figure(a_measure(None)).value is None


def test_a_count_has_no_interval() -> None:
    found = figure(a_measure(Fixed(494, 964)))
    assert (found.value, found.low, found.why) == (494, None, "")


def test_pairs_of_the_same_people_make_the_difference_sharper() -> None:
    draw = np.random.default_rng(0)
    people = draw.normal(0, 5, size=200)
    ours = Ratio(people + 1 + draw.normal(0, 0.1, 200), np.ones(200))
    theirs = Ratio(people[::-1] + draw.normal(0, 0.1, 200), np.ones(200))
    keys = list(range(1, 201))
    paired = difference(a_measure(ours, keys), a_measure(theirs, keys[::-1]))
    alone = difference(a_measure(ours), a_measure(theirs))
    assert (paired.how, alone.how) == ("paired", "independent")
    assert paired.value == alone.value == pytest.approx(1, abs=0.05)
    assert paired.clear
    assert width(alone) > 20 * width(paired)
    assert paired.low == pytest.approx(0.97, abs=0.02)


def test_sides_that_are_drawn_unequally_often_can_be_subtracted() -> None:
    """A side of 240,000 utterances is drawn 83 times, a small one 200 times."""
    values = np.random.default_rng(3).normal(5, 2, size=300)

    def a_side(most: int) -> Measure:
        mean = OfSet(lambda places: float(values[list(places)].mean()), range(300), most=most)
        return a_measure(mean)

    for ours, theirs in ((83, 200), (200, 83)):
        found = difference(a_side(ours), a_side(theirs))
        assert found.value == 0
        assert found.low is not None
        assert found.high is not None
        assert found.low < 0 < found.high


def width(found: Difference) -> float:
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low


def test_where_few_people_are_on_both_sides_the_difference_is_independent() -> None:
    stat = Ratio(np.arange(40.0), np.ones(40))
    ours, theirs = list(range(1, 41)), list(range(30, 70))
    assert difference(a_measure(stat, ours), a_measure(stat, theirs)).how == "independent"


def test_unknown_people_match_nobody() -> None:
    assert match([0, 5, 7, 5], [5, 0, 5, 9]) == [(1, 0), (3, 2)]
