"""Vectors in cells: pairs, centres, threads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import numpy as np
import pytest

from dramaturg.crowd.alike import repeats
from dramaturg.crowd.embedder import embedding
from dramaturg.crowd.meaning import close
from dramaturg.crowd.vectors import CELL, Cells, Vectors, centres, embedded, nearest
from dramaturg.errors import UserError


def vectors_of(rows: np.ndarray) -> Vectors:
    found = Vectors()
    found.add(rows)
    found.ready()
    return found


def unit(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / length, dtype=np.float32)


def lumps(n: int, count: int, spread: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    middle = unit(draw.standard_normal((count, 24)))
    label = draw.integers(count, size=n)
    return unit(middle[label] + spread * draw.standard_normal((n, 24))), label


def test_pairs_of_a_small_crowd_are_those_of_brute_force() -> None:
    rows, _ = lumps(CELL, 60, 0.08)
    held = rows.astype(np.float16).astype(np.float32)
    with closing(vectors_of(rows)) as vectors:
        got = close(vectors, 0.9, seed=1)
    one, two = np.nonzero(np.triu(held @ held.T >= 0.9, 1))
    assert set(zip(got.earlier.tolist(), got.later.tolist(), strict=True)) == set(
        zip(one.tolist(), two.tolist(), strict=True)
    )
    assert (np.diff(got.later) >= 0).all()


def test_in_cells_nearly_all_pairs_are_found_and_the_same_ones_again() -> None:
    rows, _ = lumps(6_000, 300, 0.09)
    held = rows.astype(np.float16).astype(np.float32)
    with closing(vectors_of(rows)) as vectors:
        assert len(Cells(vectors, 1)) > 50
        got, again = close(vectors, 0.9, seed=1), close(vectors, 0.9, seed=1)
    wanted = np.triu(held @ held.T >= 0.9, 1)
    assert wanted[got.earlier, got.later].all()
    assert len(got.later) / wanted.sum() >= 0.95
    assert got.later.tobytes() == again.later.tobytes()


def test_a_flag_keeps_apart_what_vectors_do_not() -> None:
    with closing(vectors_of(np.ones((3, 4), dtype=np.float32) / 2)) as vectors:
        got = close(vectors, 0.9, flagged=np.array([1, 2, 1]), seed=1)
    assert list(zip(got.earlier.tolist(), got.later.tolist(), strict=True)) == [(0, 2)]


def test_centres_find_the_lumps_and_are_as_tight_as_scikit_learn_s() -> None:
    from sklearn.cluster import KMeans

    rows, label = lumps(3_000, 12, 0.05)
    found = centres(rows, 12, seed=1)
    own, cosine = nearest(rows, found)
    theirs = KMeans(12, n_init=3, random_state=1).fit(rows)
    assert cosine.mean() >= nearest(rows, unit(theirs.cluster_centers_))[1].mean() - 0.01
    for lump in range(12):
        assert (own[label == lump] == np.bincount(own[label == lump]).argmax()).mean() > 0.9


def test_fewer_different_vectors_than_centres_give_one_centre_each() -> None:
    rows = np.eye(4, dtype=np.float32)[[0, 1, 0, 1, 2]]
    assert len(centres(rows, 10, seed=1)) == 3


def test_another_embedder_is_named_by_its_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    class Model:
        ref = "openai:vectors"
        closed = False

        async def embed(self, texts: Sequence[str]) -> np.ndarray:
            return np.ones((len(texts), 2), dtype=np.float32)

        async def aclose(self) -> None:
            self.closed = True

    model = Model()
    monkeypatch.setattr("dramaturg.models.resolve.resolve", lambda ref: model)
    with embedding("openai:vectors") as embed:
        assert embed(["a", "b"]).shape == embed(["c", "d"]).shape == (2, 2)
    assert model.closed
    monkeypatch.setattr("dramaturg.models.resolve.resolve", lambda ref: object())
    with pytest.raises(UserError, match="makes no sentence vectors"), embedding("openai:chat"):
        pass


@pytest.mark.parametrize("given", [np.ones(3), np.ones((2, 4)), np.full((3, 4), np.nan)])
def test_vectors_that_are_none_are_refused(given: np.ndarray) -> None:
    with pytest.raises(UserError, match="no vector for each of 3 texts"):
        embedded(["a", "b", "c"], lambda texts: given)


def test_vectors_of_any_length_are_made_unit_vectors() -> None:
    with closing(embedded(["a", "b"], lambda texts: np.array([[3.0, 4.0], [0.0, 0.0]]))) as found:
        assert np.allclose(found.take(slice(0, 2)), [[0.6, 0.8], [0.0, 0.0]], atol=1e-3)


def test_texts_that_all_mean_the_same_are_thinned_to_one_in_little_memory() -> None:
    draw = np.random.default_rng(1)
    rows = unit(np.ones((1_500, 32)) + 0.02 * draw.standard_normal((1_500, 32)))
    with closing(vectors_of(rows)) as vectors:
        got = close(vectors, 0.9, seed=1)
    found = repeats(got)
    assert len(found) == 1_499
    assert {kept for kept, _ in found.values()} == {0}
    assert len(got.later) < 20 * len(rows)


def test_vectors_that_are_all_equal_are_one_cell() -> None:
    with closing(vectors_of(np.ones((2_500, 4), dtype=np.float32) / 2)) as vectors:
        assert len(Cells(vectors, 1)) == 1
        assert len(repeats(close(vectors, 0.9, seed=1))) == 2_499


def test_vectors_that_differ_in_their_last_numbers_only_have_centres_of_their_own() -> None:
    rows = np.eye(40, dtype=np.float32)[8:]
    assert len(centres(rows, 20, seed=1)) == 20
