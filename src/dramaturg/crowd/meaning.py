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
_PAIRS = 2_000_000  # of a block; of more, each text is only compared with its nearest


def close(vectors: Vectors, cosine: float, *, flagged: Ints | None = None, seed: int) -> Alike:
    """Pairs of texts whose vectors have at least that cosine.

    Args:
        vectors: `ready()`.
        flagged: Two texts are a pair only if theirs are equal, e.g. `Bags.flagged`; shape `(n,)`.

    Returns:
        As `alike` has it, with the cosine as share. Of a text with very many near ones the nearest.
    """

    def within(members: Ints) -> tuple[Ints, Ints, Ints]:
        rows = vectors.take(members)
        found: list[tuple[Ints, Ints, Ints]] = []
        for start in range(0, len(members), _BLOCK):
            likeness = rows[start : start + _BLOCK] @ rows[: start + _BLOCK].T
            one, two = np.nonzero(likeness >= cosine)
            ordered = two < one + start
            one, two = one[ordered], two[ordered]
            if len(one) > _PAIRS:
                likeness[
                    np.arange(likeness.shape[1]) >= np.arange(len(likeness))[:, None] + start
                ] = -2
                one, two = np.arange(len(likeness)), likeness.argmax(axis=1)
                good = likeness[one, two] >= cosine
                one, two = one[good], two[good]
            share = likeness[one, two]
            earlier, later = members[two], members[one + start]
            if flagged is not None:
                same = flagged[earlier] == flagged[later]
                earlier, later, share = earlier[same], later[same], share[same]
            found.append((earlier, later, share))
        earlier, later, share = (np.concatenate(part) for part in zip(*found, strict=True))
        return earlier, later, share

    parts = list(in_threads(within, Cells(vectors, seed)))
    none = np.zeros(0, dtype=np.int64)
    parts.append((none, none, np.zeros(0, dtype=np.float32)))
    earlier, later, share = (np.concatenate(part) for part in zip(*parts, strict=True))
    _, unique = np.unique(later.astype(np.uint64) << 32 | earlier.astype(np.uint64),
                          return_index=True)  # fmt: skip
    return Alike(earlier[unique], later[unique], np.minimum(share[unique], 1.0))
