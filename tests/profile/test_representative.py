"""The documents that speak of what somebody mostly writes about."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import silhouette_score

from dramaturg.errors import UserError
from dramaturg.profile.representative import representative, silhouette
from dramaturg.profile.trait_filter import traits_shown


def planted(sizes: list[int], seed: int, spread: float = 0.15) -> np.ndarray:
    """Rows around one direction a theme, themes at right angles."""
    draw = np.random.default_rng(seed)
    rows = [np.eye(8)[theme] + spread * draw.normal(size=8)
            for theme, size in enumerate(sizes) for _ in range(size)]  # fmt: skip
    return np.array(rows)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_twelve_in_one_theme_beat_three_in_another_in_any_order(seed: int) -> None:
    rows = planted([12, 3], seed)
    shuffled = np.random.default_rng(seed + 1).permutation(15)
    assert representative(rows) == tuple(range(12))
    kept = representative(rows[shuffled])
    assert {int(shuffled[i]) for i in kept} == set(range(12))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 14))
def test_the_order_changes_nothing_where_there_are_no_themes_either(seed: int, size: int) -> None:
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(size, 5))
    order = draw.permutation(size)
    assert {int(order[i]) for i in representative(rows[order])} == set(representative(rows))


def test_one_or_two_documents_are_all_kept_and_none_is_none() -> None:
    assert representative(np.ones((1, 4))) == (0,)
    assert representative(np.eye(2)) == (0, 1)
    assert representative(np.zeros((0, 4))) == ()


def test_documents_that_all_say_the_same_are_all_kept() -> None:
    assert representative(np.ones((5, 4))) == (0, 1, 2, 3, 4)
    assert representative(np.zeros((5, 4))) == (0, 1, 2, 3, 4)


def test_three_themes_are_found_as_three() -> None:
    assert representative(planted([4, 9, 5], 3, spread=0.05)) == tuple(range(4, 13))


def test_of_two_clusters_of_one_size_the_tighter_stays() -> None:
    loose, tight = planted([4], 1, spread=0.3), planted([0, 4], 2, spread=0.01)
    assert representative(np.vstack([loose, tight])) == (4, 5, 6, 7)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.integers(2, 4))
def test_the_silhouette_is_that_of_the_reference_library(seed: int, clusters: int) -> None:
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(12, 3))
    labels = np.r_[np.arange(clusters), draw.integers(0, clusters, 12 - clusters)]
    distances = np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(axis=2))
    assert silhouette(distances, labels) == pytest.approx(silhouette_score(rows, labels))


def test_a_trait_must_be_strong_enough_and_frequent_enough() -> None:
    ratings = [{"openness": 0.6, "neuroticism": 0.9}, {"openness": 0.8}, {"openness": 0.2}]
    assert traits_shown(ratings, alpha=0.6, beta=0.6) == ("openness",)
    assert traits_shown(ratings, alpha=0.6, beta=1 / 3) == ("openness", "neuroticism")
    assert traits_shown(ratings, alpha=0.61, beta=0.6) == ()
    for alpha, beta in ((1.1, 0.5), (0.5, 0.0), (0.5, 1.1)):
        with pytest.raises(UserError):
            traits_shown(ratings, alpha=alpha, beta=beta)


def test_thousands_of_documents_take_seconds_and_find_the_same_theme() -> None:
    rows = planted([9_000, 3_000], 5)
    kept = set(representative(rows))
    assert len(kept & set(range(9_000))) > 8_950
    assert len(kept - set(range(9_000))) < 50
