"""Near-duplicates among many texts: shingles of words, MinHash, bands, then the true overlap."""

from __future__ import annotations

import functools
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from dramaturg.dataset.facts import words
from dramaturg.dataset.minhash import MinHash, bands
from dramaturg.errors import UserError

NEAR = 0.8  # share of common shingles from which two texts count as one
LEAST = 0.5  # the lowest such share that can be asked for
SHINGLE = 3  # words
# From which share on, with how many bands of how many rows: two texts just as similar as the
# threshold are missed about once in 10,000 times, (1 - share ** rows) ** bands.
_PLANS = ((0.8, 25, 5), (0.7, 50, 5), (0.6, 70, 4), (LEAST, 75, 3))
_MOST = max(bands * rows for _, bands, rows in _PLANS)
_SMALL = 8  # texts in one band's group up to which every pair is compared
_HASH = MinHash(_MOST, seed=20_231_012)
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


class Overlaps:
    """Texts, and which of them are near-duplicates of one another.

    Keeps some 4 bytes a word and 200 bytes a text (600 below 0.8): about 1 KB for a conversation.

    Args:
        near: Share of common shingles from which two texts count as near-duplicates, in [0.5, 1].

    Raises:
        UserError: If `near` is out of range.
    """

    def __init__(self, near: float = NEAR) -> None:
        if not LEAST <= near <= 1:
            raise UserError(f"{near} is out of range", fix=f"give --near between {LEAST} and 1")
        self.near = near
        self._count, self._rows = next((b, r) for least, b, r in _PLANS if near >= least)
        self._shingles: list[npt.NDArray[np.uint32]] = []
        self._bands: list[npt.NDArray[np.uint64]] = []

    def add(self, text: str) -> int:
        """Take in a text.

        Returns:
            Its number, from 0.
        """
        shingles = _shingled(text)
        self._shingles.append(shingles)
        self._bands.append(bands(_HASH.signature(shingles, self._count * self._rows), self._rows))
        return len(self._shingles) - 1

    def __len__(self) -> int:
        return len(self._shingles)

    def similarity(self, one: int, other: int) -> float:
        """Share of common shingles (Jaccard), in [0, 1]."""
        first, second = self._shingles[one], self._shingles[other]
        common = len(np.intersect1d(first, second, assume_unique=True))
        return common / (len(first) + len(second) - common)

    def pairs(self) -> Iterator[tuple[int, int, float]]:
        """Each pair (earlier, later, similarity) of texts as similar as `near`.

        In a group of many alike, each is compared with the first that it resembles, and with the
        one before it: enough to join them, without naming every pair of the group.
        """
        if not self._bands:
            return
        keys_of = np.stack(self._bands)
        seen: set[tuple[int, int]] = set()
        for band in range(self._count):
            order = np.argsort(keys_of[:, band], kind="stable")
            keys = keys_of[order, band]
            edges = np.flatnonzero(np.diff(keys)) + 1
            for group in np.split(order, edges):
                if len(group) < 2:
                    continue
                alike = group.tolist()
                for n, later in enumerate(alike[1:], 1):
                    few = len(alike) <= _SMALL
                    for earlier in alike[:n] if few else dict.fromkeys((alike[0], alike[n - 1])):
                        if (earlier, later) in seen:
                            continue
                        seen.add((earlier, later))
                        similarity = self.similarity(earlier, later)
                        if similarity >= self.near:
                            yield earlier, later, similarity


def near_repeats(texts: Iterable[str], near: float = NEAR) -> dict[int, tuple[int, float]]:
    """Which texts say nearly what an earlier one says.

    Returns:
        Index of the repetition -> (index of the earlier text that is kept and says it, their
        similarity), as `repeats_of_kept` has it.

    >>> near_repeats(["I have two dogs and a cat", "We ski", "I have two dogs and a cat!"])
    {2: (0, 1.0)}
    """
    overlaps = Overlaps(near)
    for text in texts:
        overlaps.add(text)
    return repeats_of_kept(overlaps)


def groups_of(overlaps: Overlaps) -> dict[int, list[int]]:
    """Texts that are near one another, directly or over others.

    Returns:
        Index of a group's first text -> indices of the others, in order.
    """
    leader = list(range(len(overlaps)))

    def first_of(n: int) -> int:
        while leader[n] != n:
            leader[n] = leader[leader[n]]
            n = leader[n]
        return n

    for earlier, later, _ in overlaps.pairs():
        one, two = sorted((first_of(earlier), first_of(later)))
        leader[two] = one
    groups: dict[int, list[int]] = defaultdict(list)
    for n in range(len(overlaps)):
        if first_of(n) != n:
            groups[first_of(n)].append(n)
    return dict(groups)


def repeats_of_kept(overlaps: Overlaps) -> dict[int, tuple[int, float]]:
    """Which texts repeat one that is kept, where the first of those alike is kept.

    Of a chain (B is near A, C is near B and not near A) only B repeats: without it, nothing that
    is kept says what C says.

    Returns:
        Index of the repetition -> (index of the kept text it is most like, their similarity).
    """
    found: dict[int, tuple[int, float]] = {}
    for first, others in groups_of(overlaps).items():
        kept = [first]
        for n in others:
            most, like = max((overlaps.similarity(k, n), -k) for k in kept)
            if most >= overlaps.near:
                found[n] = (-like, most)
            else:
                kept.append(n)
    return dict(sorted(found.items()))


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
