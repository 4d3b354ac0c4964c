"""Which of many texts mean nearly the same: pairs of near sentence vectors.

Vectors are compared with all others of their cell, each in the two cells that it is nearest to, so
that a pair on the border of two cells meets in one of them. A pair that shares no cell is missed;
docs/people-at-scale.md says how many are.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from dramaturg.crowd.alike import Alike
from dramaturg.crowd.vectors import Cells, Vectors, in_threads

Ints: TypeAlias = npt.NDArray[Any]

_BLOCK = 2_048  # rows of a cell compared at a time
_MANY = 64  # near ones a text, on average of a block, of which all are kept
_FIRST = 16  # of more, each text's first and its nearest


def close(vectors: Vectors, cosine: float, *, flagged: Ints | None = None, seed: int) -> Alike:
    """Pairs of texts whose vectors have at least that cosine.

    Args:
        vectors: `ready()`.
        flagged: Two texts are a pair only if theirs are equal, e.g. `Bags.flagged`; shape `(n,)`.

    Returns:
        As `alike` has it, with the cosine as share. Where texts have very many near ones, of each
        the first, since those are the likeliest to be kept, and the nearest.
    """

    def within(members: Ints) -> tuple[Ints, Ints, Ints]:
        rows = vectors.take(members)
        found: list[tuple[Ints, Ints, Ints]] = []
        for start in range(0, len(members), _BLOCK):
            likeness = rows[start : start + _BLOCK] @ rows[: start + _BLOCK].T
            near = np.tril(likeness >= cosine, start - 1)
            if flagged is not None:
                own = flagged[members[: likeness.shape[1]]]
                near &= own[start:, None] == own
            if np.count_nonzero(near) > _MANY * len(near):
                best = np.where(near, likeness, -2).argmax(axis=1)[:, None]
                has = np.take_along_axis(near, best, axis=1)
                near &= np.cumsum(near, axis=1, dtype=np.int32) <= _FIRST
                np.put_along_axis(near, best, has, axis=1)
            one, two = np.nonzero(near)
            found.append((members[two], members[one + start], likeness[one, two]))
        earlier, later, share = (np.concatenate(part) for part in zip(*found, strict=True))
        return earlier, later, share

    parts = list(in_threads(within, Cells(vectors, seed)))
    none = np.zeros(0, dtype=np.int64)
    parts.append((none, none, np.zeros(0, dtype=np.float32)))
    earlier, later, share = (np.concatenate(part) for part in zip(*parts, strict=True))
    _, unique = np.unique(later.astype(np.uint64) << 32 | earlier.astype(np.uint64),
                          return_index=True)  # fmt: skip
    return Alike(earlier[unique], later[unique], np.minimum(share[unique], 1.0))
