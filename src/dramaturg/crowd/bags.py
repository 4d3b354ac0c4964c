"""Texts as bags of words on disk: 8 bytes a word there, some 40 bytes a text in memory.

Their numbers lie one text behind the other, in a temporary file that is gone when the bags are. A
word that stands in a text twice gets another number the second time, so that a bag is a set.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from dramaturg.crowd.tokens import Coder
from dramaturg.dataset.minhash import MinHash, bands

Ints: TypeAlias = npt.NDArray[Any]

CHUNK = 1 << 17  # texts taken in at a time
BANDS = 64  # of a long text's signature
_SHELVES = 22  # bits of a word's number by which its frequency is counted
_ONE = np.uint64(1)
_TURN = np.uint64(0x9E3779B97F4A7C15)


def mixed(codes: Ints) -> Ints:
    """Numbers whose sums can be compared: the finaliser of SplitMix64."""
    out = codes ^ (codes >> np.uint64(30))
    out = out * np.uint64(0xBF58476D1CE4E5B9)
    out ^= out >> np.uint64(27)
    out = out * np.uint64(0x94D049BB133111EB)
    return np.asarray(out ^ (out >> np.uint64(31)))


class Bags:
    """A growing list of texts, each as the set of its words' numbers.

    Attributes:
        sizes: Words of each text, shape `(n,)`.
        same: Equal for two texts with the same words in any order, shape `(n,)`.
        ordered: Equal for two texts with the same words in the same order, shape `(n,)`.
        flagged: Equal for two texts with the same negations and words with digits, shape `(n,)`.
        common: How often words occur in all, by the first bits of their numbers: for a word it is
            never too low, and too high only by those that share these bits.
    """

    def __init__(self, near: float, long: float, rows: int) -> None:
        """
        Args:
            near: Share of common words that will be asked for.
            long: Words from which on a text is long: its runs of words are signed too, as are
                those of texts that may be near a long one.
            rows: Of each band of such a signature.
        """
        self._place = tempfile.TemporaryDirectory(prefix="dramaturg-")
        self._path = Path(self._place.name) / "words"
        self._file: IO[bytes] = self._path.open("wb")
        self._coder = Coder()
        self._waiting, self._waiting_sizes = array("Q"), array("L")
        self._parts: list[tuple[Ints, Ints, Ints, Ints]] = []
        self._near, self._long, self._rows = near, long, rows
        self._very_long = 4 * long
        self._hash = MinHash(BANDS * rows, seed=20_231_012)
        self._signed: list[tuple[int, Ints]] = []
        self._n = 0
        self.common = np.zeros(1 << _SHELVES, dtype=np.uint32)
        self.sizes = self.same = self.ordered = self.flagged = np.zeros(0, dtype=np.uint64)
        self._starts: Ints = np.zeros(0, dtype=np.int64)
        self._words: Ints = np.zeros(0, dtype=np.uint64)

    def __len__(self) -> int:
        return self._n

    def extend(self, texts: Iterable[str]) -> None:
        """Take in texts."""
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Take in one text."""
        codes = self._coder(text)
        if len(codes) >= self._long * self._near:
            self._sign(codes)
        self._waiting.fromlist(codes)
        self._waiting_sizes.append(len(codes))
        self._n += 1
        if len(self._waiting_sizes) >= CHUNK:
            self._flush()

    def close(self) -> None:
        """Take away the file."""
        self._words = np.zeros(0, dtype=np.uint64)
        self._file.close()
        self._place.cleanup()

    def ready(self) -> None:
        """Call it when all texts are in, before anything else is asked."""
        self._flush()
        self._file.close()
        empty = np.zeros(0, dtype=np.uint64)
        parts = self._parts or [(empty.astype(np.uint32), empty, empty, empty)]
        self.sizes, self.same, self.ordered, self.flagged = map(
            np.concatenate, zip(*parts, strict=True)
        )
        self._parts = []
        self._starts = np.concatenate([[0], np.cumsum(self.sizes, dtype=np.int64)])
        if self._starts[-1]:
            self._words = np.memmap(self._path, dtype=np.uint64, mode="r")
        self._coder = Coder()

    def signed(self) -> tuple[Ints, Ints]:
        """Of long texts: their places, and one number a band, shape `(n, 64)`."""
        places = np.array([place for place, _ in self._signed], dtype=np.int64)
        keys = [key for _, key in self._signed]
        return places, np.stack(keys) if keys else np.zeros((0, BANDS), dtype=np.uint64)

    def stretch(self, first: int, end: int) -> Ints:
        """The numbers of the texts from `first` until before `end`, one behind the other."""
        return np.asarray(self._words[self._starts[first] : self._starts[end]])

    def table(self, places: Ints, width: int) -> Ints:
        """The numbers of some texts, shape `(len(places), width)`; what is left is filled up.

        What fills up differs by the place in the table, so that it never equals anything.
        """
        sizes = self.sizes[places].astype(np.int64)
        column = np.arange(width)
        at = self._starts[places][:, None] + np.minimum(column, np.maximum(sizes - 1, 0)[:, None])
        found = np.asarray(self._words[at])
        found[column >= sizes[:, None]] = 0
        return found

    def _sign(self, codes: list[int]) -> None:
        """The bands of a long text: by runs of two words, of a very long one by runs of three."""
        words = mixed(np.array(codes, dtype=np.uint64))
        for run in (2, 3):
            if run == 2 and len(codes) >= self._very_long / self._near:
                continue
            if run == 3 and len(codes) < self._very_long * self._near:
                continue
            shingles = words[: len(words) - run + 1]
            for n in range(1, run):
                shingles = mixed(shingles) + words[n : len(words) - run + 1 + n]
            signature = self._hash.signature(mixed(shingles) >> np.uint64(32))
            self._signed.append((self._n, bands(signature, self._rows) + np.uint64(run)))

    def _flush(self) -> None:
        """Sort the waiting texts' words, tell repeats apart, count, and write."""
        if not self._waiting_sizes:
            return
        codes = np.array(self._waiting, dtype=np.uint64)
        sizes = np.array(self._waiting_sizes, dtype=np.uint32)
        self._waiting, self._waiting_sizes = array("Q"), array("L")
        owner = np.repeat(np.arange(len(sizes)), sizes)
        starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)[:-1]])
        position = (np.arange(len(codes)) - starts[owner]).astype(np.uint64)
        ordered = np.add.reduceat(mixed(codes ^ (position * _TURN)), starts)
        order = np.lexsort((codes, owner))
        codes = codes[order]
        again = np.zeros(len(codes), dtype=bool)
        again[1:] = (codes[1:] == codes[:-1]) & (owner[1:] == owner[:-1])
        places = np.arange(len(codes))
        first = np.maximum.accumulate(np.where(again, 0, places))
        times = (places - first).astype(np.uint64)
        if again.any():
            other = mixed(codes + times * _TURN) & ~_ONE | codes & _ONE
            codes = np.where(again, other, codes)
        same = np.add.reduceat(mixed(codes), starts)
        shelf = (codes >> np.uint64(64 - _SHELVES)).astype(np.int64)
        self.common += np.bincount(shelf, minlength=len(self.common)).astype(np.uint32)
        flagged = np.add.reduceat(np.where(codes & _ONE, mixed(codes), 0), starts)
        self._parts.append((sizes, same, ordered, flagged.astype(np.uint64)))
        self._file.write(codes.tobytes())

    def rarity(self, codes: Ints) -> Ints:
        """How common words are, least first; shape as given."""
        return self.common[(codes >> np.uint64(64 - _SHELVES)).astype(np.int64)]
