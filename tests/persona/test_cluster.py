"""Categories by clustering."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.errors import UserError
from dramaturg.persona import Categories, cluster, lsa


def test_sentences_join_while_their_mean_cosine_is_above_the_threshold() -> None:
    # a and b: cosine 0.8. c: 0.6 to b and 0 to a, so 0.3 to both on average.
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)

    assert cluster(vectors, threshold=0.29).labels == (0, 0, 0)
    assert cluster(vectors, threshold=0.31).labels == (0, 0, 1)
    assert cluster(vectors, threshold=0.81).labels == (0, 1, 2)


def test_a_number_of_categories_can_be_asked_for_instead() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)

    assert [len(cluster(vectors, count=n)) for n in (1, 2, 3, 9)] == [1, 2, 3, 3]
    assert cluster(vectors, count=2).labels == (0, 0, 1)


def test_members_and_distances_between_two_categories() -> None:
    vectors = np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)
    found = cluster(vectors, threshold=0.5)

    assert found.members() == ((0, 2), (1,))
    assert found.distance_between() == pytest.approx(1.0)
    assert cluster(vectors, count=1).distance_between() == 0.0


def test_the_distance_by_centres_is_smaller_than_by_sentences() -> None:
    labels = (0, 0, 1)
    means = np.array([[0.9, 0.3], [0.0, 1.0]], dtype=np.float32)
    found = Categories(labels, means)

    assert found.distance_between("average") == pytest.approx(0.7, abs=1e-6)
    assert found.distance_between("centre") == pytest.approx(1 - 0.3 / 0.9486833, abs=1e-5)


def test_one_sentence_is_one_category_and_none_is_an_error() -> None:
    assert cluster(np.ones((1, 4), dtype=np.float32)).labels == (0,)
    with pytest.raises(UserError, match="nothing to cluster"):
        cluster(np.zeros((0, 4), dtype=np.float32))
    with pytest.raises(UserError, match="between -1 and 1"):
        cluster(np.ones((2, 4), dtype=np.float32), threshold=1.5)


def test_a_row_of_zeros_is_near_nothing() -> None:
    vectors = np.array([[1, 0], [0, 0], [1, 0], [0, 0]], dtype=np.float32)

    assert cluster(vectors, threshold=0.1).labels == (0, 1, 0, 2)


def test_more_rows_than_are_clustered_exactly_join_the_nearest_category() -> None:
    vectors = np.array([[1, 0, 0], [0, 1, 0], [0.9, 0.1, 0], [0, 0, 1]], dtype=np.float32)

    assert cluster(vectors, threshold=0.5, most=2).labels == (0, 1, 0, 2)


def test_topics_of_sentences_are_found_by_their_words() -> None:
    texts = ["I have a dog.", "My dog is old.", "I play the piano.", "The piano is mine.", "It is."]
    found = cluster(lsa(texts), threshold=0.1)

    assert found.labels == (0, 0, 1, 1, 2)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 60), st.floats(-0.2, 0.9), st.integers(0, 9))
def test_no_two_categories_are_nearer_than_the_threshold(
    rows: int, threshold: float, seed: int
) -> None:
    vectors = np.random.default_rng(seed).normal(size=(rows, 6)).astype(np.float32)
    found = cluster(vectors, threshold=threshold)
    likeness = np.asarray(found.means) @ np.asarray(found.means).T

    np.fill_diagonal(likeness, -1)
    assert likeness.max() <= threshold + 1e-4
    assert sorted(set(found.labels)) == list(range(len(found)))
