"""MinHash: a few numbers a text, of which two texts share about the share of their shingles.

Source: Broder 1997, "On the resemblance and containment of documents"; bands after Leskovec,
Rajaraman & Ullman, "Mining of Massive Datasets", chapter 3.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[Any]

_CHUNK = 20_000  # shingles hashed at a time
_MIX = np.uint64(0x9E3779B97F4A7C15)


class MinHash:
    """Signatures of sets of shingles, and the bands in which similar ones meet.

    Args:
        hashes: Numbers a signature; an estimate is off by `sqrt(j * (1 - j) / hashes)`.
        seed: Two signatures compare only if they have the same seed and bits.
        bits: Of the factors drawn; each caller keeps its own, and so the figures it gave.
    """

    def __init__(self, hashes: int, seed: int, bits: int = 62) -> None:
        draw = np.random.default_rng(seed)
        self.hashes = hashes
        self._times = draw.integers(1, 1 << bits, hashes, dtype=np.uint64) * 2 + 1
        self._plus = draw.integers(0, 1 << bits, hashes, dtype=np.uint64)

    def signature(self, shingles: Ints, hashes: int | None = None) -> Ints:
        """The signature of one set.

        Args:
            shingles: Hashed shingles, shape `(n,)`; repeats change nothing.
            hashes: Only so many of the numbers, from the first.

        Returns:
            uint32, shape `(hashes,)`; zeros for an empty set.
        """
        used = slice(self.hashes if hashes is None else hashes)
        times, plus = self._times[used], self._plus[used]
        if not len(shingles):
            return np.zeros(len(times), dtype=np.uint32)
        wide = np.asarray(shingles, dtype=np.uint64)
        least = np.full(len(times), np.iinfo(np.uint64).max, dtype=np.uint64)
        for start in range(0, len(wide), _CHUNK):
            part = wide[start : start + _CHUNK, None]
            least = np.minimum(least, (part * times + plus).min(axis=0))
        return (least >> np.uint64(32)).astype(np.uint32)


def bands(signatures: Ints, rows: int) -> Ints:
    """One number for every `rows` numbers of a signature: equal where those are equal.

    Args:
        signatures: Shape `(..., hashes)`, `hashes` a multiple of `rows`.

    Returns:
        uint64, shape `(..., hashes // rows)`.
    """
    cut = signatures.reshape(*signatures.shape[:-1], -1, rows).astype(np.uint64)
    key = np.zeros(cut.shape[:-1], dtype=np.uint64)
    for column in range(rows):
        key = (key ^ cut[..., column]) * _MIX
        key ^= key >> np.uint64(29)
    return key


def plan(share: float, rows: int, miss: float) -> int:
    """Bands that two sets with that share of common shingles need, to be missed so rarely.

    >>> plan(0.8, 5, 1e-4)
    24
    """
    return int(np.ceil(np.log(miss) / np.log1p(-(share**rows)))) if share < 1 else 1
