"""Near-duplicates among many texts: shingles of words, MinHash, bands, then the true overlap.

Source: Broder 1997, "On the resemblance and containment of documents"; bands after Leskovec,
Rajaraman & Ullman, "Mining of Massive Datasets", chapter 3.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from dramaturg.dataset.facts import words

NEAR = 0.8  # share of common shingles from which two texts count as one
SHINGLE = 3  # words
_BANDS, _ROWS = 25, 5  # two texts of 0.8 are missed once in 20,000 times, of 0.9 never
_FIRST = np.random.default_rng(20_231_012)
_TIMES = _FIRST.integers(1, 1 << 62, _BANDS * _ROWS, dtype=np.uint64) * 2 + 1
_PLUS = _FIRST.integers(0, 1 << 62, _BANDS * _ROWS, dtype=np.uint64)
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


class Overlaps:
    """Texts, and which of them are near-duplicates of one another.

    Keeps some 4 bytes a word and 200 bytes a text: about 1 KB for a conversation.
    """

    def __init__(self) -> None:
        self._shingles: list[npt.NDArray[np.uint32]] = []
        self._bands: list[npt.NDArray[np.uint64]] = []

    def add(self, text: str) -> int:
        """Take in a text.

        Returns:
            Its number, from 0.
        """
        shingles = _shingled(text)
        self._shingles.append(shingles)
        wide = shingles.astype(np.uint64)
        least = ((wide[:, None] * _TIMES + _PLUS) >> np.uint64(32)).min(axis=0)
        rows = least.reshape(_BANDS, _ROWS)
        key = np.zeros(_BANDS, np.uint64)
        for column in range(_ROWS):
            key = (key ^ rows[:, column]) * _MIX[0]
            key ^= key >> np.uint64(29)
        self._bands.append(key)
        return len(self._shingles) - 1

    def __len__(self) -> int:
        return len(self._shingles)

    def similarity(self, one: int, other: int) -> float:
        """Share of common shingles (Jaccard), in [0, 1]."""
        first, second = self._shingles[one], self._shingles[other]
        common = len(np.intersect1d(first, second, assume_unique=True))
        return common / (len(first) + len(second) - common)

    def pairs(self, near: float = NEAR) -> Iterator[tuple[int, int, float]]:
        """Each pair (earlier, later, similarity) of texts as similar as `near`, `near` >= 0.5.

        In a group of many alike, each is compared with the first that it resembles, and with the
        one before it: enough to join them, without naming every pair of the group.
        """
        if not self._bands:
            return
        bands = np.stack(self._bands)
        seen: set[tuple[int, int]] = set()
        for band in range(_BANDS):
            order = np.argsort(bands[:, band], kind="stable")
            keys = bands[order, band]
            edges = np.flatnonzero(np.diff(keys)) + 1
            for group in np.split(order, edges):
                if len(group) < 2:
                    continue
                for n, later in enumerate(group.tolist()[1:], 1):
                    for earlier in {int(group[0]), int(group[n - 1])}:
                        if (earlier, later) in seen:
                            continue
                        seen.add((earlier, later))
                        similarity = self.similarity(earlier, later)
                        if similarity >= near:
                            yield earlier, later, similarity


def near_repeats(texts: Iterable[str], near: float = NEAR) -> dict[int, tuple[int, float]]:
    """Which texts say nearly what an earlier one says.

    Returns:
        Index of the repetition -> (index of the first of its group, similarity to the earlier
        text it was found by).

    >>> near_repeats(["I have two dogs and a cat", "We ski", "I have two dogs and a cat!"])
    {2: (0, 1.0)}
    """
    overlaps = Overlaps()
    for text in texts:
        overlaps.add(text)
    return repeats_of(overlaps, near)


def repeats_of(overlaps: Overlaps, near: float = NEAR) -> dict[int, tuple[int, float]]:
    """`near_repeats` of texts that were taken in already."""
    leader = list(range(len(overlaps)))
    found: dict[int, float] = {}

    def first_of(n: int) -> int:
        while leader[n] != n:
            leader[n] = leader[leader[n]]
            n = leader[n]
        return n

    for earlier, later, similarity in overlaps.pairs(near):
        one, two = sorted((first_of(earlier), first_of(later)))
        leader[two] = one
        found[later] = max(similarity, found.get(later, 0.0))
        found.setdefault(earlier, similarity)
    return {n: (first_of(n), similarity) for n, similarity in sorted(found.items())
            if first_of(n) != n}  # fmt: skip


def _shingled(text: str) -> npt.NDArray[np.uint32]:
    """The different shingles of a text, hashed; at least one."""
    hashed = np.array([_hash(word) for word in words(text)] or [0], dtype=np.uint64)
    if len(hashed) < SHINGLE:
        hashed = np.pad(hashed, (0, SHINGLE - len(hashed)))
    last = len(hashed) - SHINGLE + 1
    mixed = sum(hashed[n : n + last] * _MIX[n] for n in range(SHINGLE))
    return np.unique((np.asarray(mixed, np.uint64) >> np.uint64(32)).astype(np.uint32))


@functools.lru_cache(maxsize=1 << 16)
def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
