"""Conversations that are nearly the same as another, by MinHash: 256 bytes a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.evaluate.talk import ngram_codes

if TYPE_CHECKING:
    import numpy.typing as npt

    Codes: TypeAlias = npt.NDArray[Any]

SHINGLE = 5  # words in a row
SAME = 0.7  # share of shingles in common from which two count as nearly the same
HASHES, ROWS = 64, 4  # a pair at 0.7 shares a band of 4 rows with probability 0.99


class Signatures:
    """MinHash signatures of conversations, in the order in which they were added."""

    def __init__(self, seed: int = 13) -> None:
        from dramaturg.dataset.minhash import MinHash

        self._hash = MinHash(HASHES, seed, bits=63)
        self._rows: list[bytes] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, codes: Codes) -> None:
        """One more conversation, as the numbers of its words in order."""
        self._rows.append(self.of(codes).tobytes())

    def of(self, codes: Codes) -> Codes:
        """The signature of one conversation, shape `(64,)`, uint32."""
        shingles = ngram_codes(codes, SHINGLE)
        if not len(shingles):
            shingles = ngram_codes(codes, max(len(codes), 1))
        return self._hash.signature(shingles)

    def matrix(self) -> Codes:
        """All signatures, shape `(n, 64)`."""
        import numpy as np

        flat = np.frombuffer(b"".join(self._rows), dtype=np.uint32)
        return flat.reshape(len(self._rows), HASHES)


def earlier_twin(signatures: Codes, same: float = SAME) -> Codes:
    """For each conversation the place of an earlier one that is nearly the same, or -1.

    Args:
        signatures: Shape `(n, 64)`.
        same: Estimated share of 5-word runs in common (Jaccard) from which two count; the
            estimate is off by 0.06 (one standard deviation).
    """
    import numpy as np

    n = len(signatures)
    twin = np.full(n, -1, dtype=np.int64)
    for start in range(0, HASHES, ROWS):
        band = np.ascontiguousarray(signatures[:, start : start + ROWS])
        names = band.view(np.dtype((np.void, band.dtype.itemsize * ROWS))).ravel()
        order = np.argsort(names, kind="stable")
        ordered = names[order]
        new = np.ones(n, dtype=bool)
        new[1:] = ordered[1:] != ordered[:-1]
        for group in np.split(order, np.flatnonzero(new)[1:]):
            if len(group) > 1:
                _join(signatures, group, twin, same)
    return twin


def _join(signatures: Codes, group: Codes, twin: Codes, same: float) -> None:
    """Mark those of a group that are near its first, or near the first that is left over."""
    rest = group
    for _ in range(8):
        rest = rest[twin[rest] < 0] if len(rest) else rest
        if len(rest) < 2:
            return
        first, others = rest[0], rest[1:]
        near = (signatures[others] == signatures[first]).mean(axis=1) >= same
        twin[others[near]] = first
        rest = others[~near]


def across(signatures: Codes, ours: Sequence[int], theirs: Sequence[int], same: float) -> Codes:
    """For each of `ours` whether one of `theirs` is nearly the same; places into `signatures`."""
    import numpy as np

    order = np.concatenate([np.asarray(theirs, dtype=np.int64), np.asarray(ours, dtype=np.int64)])
    count = len(theirs)
    rows = signatures[order]
    found = np.zeros(len(ours), dtype=bool)
    for start in range(0, HASHES, ROWS):
        table: dict[bytes, list[int]] = {}
        band = np.ascontiguousarray(rows[:, start : start + ROWS])
        for place in range(count):
            held = table.setdefault(band[place].tobytes(), [])
            if len(held) < 8:
                held.append(place)
        for i in np.flatnonzero(~found):
            held = table.get(band[count + i].tobytes(), [])
            if held and (rows[held] == rows[count + i]).mean(axis=1).max() >= same:
                found[i] = True
    return found
