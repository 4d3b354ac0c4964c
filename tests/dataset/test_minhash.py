"""MinHash: the estimate is the share of common shingles, within its error."""

from __future__ import annotations

import numpy as np
import pytest

from dramaturg.dataset.minhash import MinHash, bands, plan


@pytest.mark.parametrize("share", [0.1, 0.5, 0.857, 1.0])
def test_an_estimate_lies_within_its_sampling_error(share: float) -> None:
    hash_ = MinHash(4_096, seed=1)
    draw = np.random.default_rng(2)
    common = round(2_000 * share)
    every = draw.integers(1 << 32, size=4_000, dtype=np.uint64)
    one = every[:2_000]
    two = np.concatenate([every[:common], every[2_000 : 4_000 - common]])
    jaccard = common / (4_000 - common)
    estimate = (hash_.signature(one) == hash_.signature(two)).mean()
    assert abs(estimate - jaccard) <= 4 * np.sqrt(jaccard * (1 - jaccard) / 4_096) + 1e-9


def test_order_repeats_and_many_shingles_change_nothing() -> None:
    hash_ = MinHash(64, seed=1)
    shingles = np.arange(50_000, dtype=np.uint64)
    twice = np.concatenate([shingles[::-1], shingles])
    assert hash_.signature(shingles).tolist() == hash_.signature(twice).tolist()
    assert hash_.signature(shingles, 8).tolist() == hash_.signature(shingles)[:8].tolist()
    assert hash_.signature(shingles[:0]).tolist() == [0] * 64


def test_bands_are_equal_where_their_rows_are() -> None:
    one = np.arange(12, dtype=np.uint32)
    two = one.copy()
    two[5] += 1
    assert (bands(one, 4) == bands(two, 4)).tolist() == [True, False, True]
    assert bands(np.stack([one, two]), 4)[1].tolist() == bands(two, 4).tolist()


def test_a_plan_misses_as_rarely_as_was_asked_for() -> None:
    for share, rows, miss in ((0.8, 5, 1e-4), (0.43, 3, 0.01)):
        count = plan(share, rows, miss)
        assert (1 - share**rows) ** count <= miss < (1 - share**rows) ** (count - 1)
