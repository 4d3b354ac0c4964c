"""Many vectors on disk, and the cells in which near ones lie together."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from dramaturg.errors import UserError
from dramaturg.models.blas import use_one_thread

Floats: TypeAlias = npt.NDArray[Any]
Ints: TypeAlias = npt.NDArray[Any]
Embed: TypeAlias = Callable[[Sequence[str]], Floats]
T = TypeVar("T")

CELL = 1_000  # half as many again, and all are compared with all
_THREADS = 2
_BATCH = 4_096
_ROUNDS = 12  # of k-means
_PER_CENTRE = 32  # texts that a centre is learnt from


def batches(items: Iterable[T], size: int = _BATCH) -> Iterator[list[T]]:
    """The items in lists of that size."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


class Vectors:
    """A growing list of unit vectors in a temporary file: 2 bytes a number, none in memory."""

    def __init__(self) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="dramaturg-")
        self._path = Path(self._place.name) / "vectors"
        self._file = self._path.open("wb")
        self._all: Floats | None = None
        self.dim = 0
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def add(self, rows: Floats) -> None:
        """Take in some more, shape `(n, dim)`."""
        self.dim = rows.shape[1]
        self._n += len(rows)
        self._file.write(rows.astype(np.float16).tobytes())

    def ready(self) -> None:
        """Call it when all are in, before any is read."""
        self._file.close()
        shape = (self._n, self.dim)
        self._all = (
            np.memmap(self._path, dtype=np.float16, mode="r", shape=shape)
            if self._n
            else np.zeros(shape, dtype=np.float16)
        )

    def take(self, places: Ints | slice) -> Floats:
        """Some of them, float32."""
        assert self._all is not None
        return np.asarray(self._all[places]).astype(np.float32)

    def close(self) -> None:
        """Take away the file."""
        self._all = None
        self._file.close()
        self._place.cleanup()


def embedded(texts: Iterable[str], embed: Embed) -> Vectors:
    """The vectors of texts, in order."""
    found = Vectors()
    try:
        for batch in batches(texts):
            found.add(unit(embed(batch), len(batch)))
        found.ready()
    except BaseException:
        found.close()
        raise
    return found


def unit(rows: Floats, count: int) -> Floats:
    """What an embedder gave for so many texts, each row of length 1; a row of zeros stays.

    Raises:
        UserError: If it is not one row of finite numbers a text.
    """
    rows = np.asarray(rows, dtype=np.float32)
    if rows.ndim != 2 or len(rows) != count or not np.isfinite(rows).all():
        raise UserError(
            f"the embedder gave no vector for each of {count:,} texts",
            why=f"the result has the shape {rows.shape}" if rows.ndim != 2 or len(rows) != count
            else "there are numbers in it that are not finite",
            fix="give a function that turns n texts into n rows of numbers",
        )  # fmt: skip
    return _unit(rows)


def centres(vectors: Floats, count: int, seed: int) -> Floats:
    """Directions around which unit vectors lie: spherical k-means from vectors drawn at random.

    Args:
        vectors: float32, shape `(n, dim)`.
        count: Most centres; fewer if there are fewer different vectors.

    Returns:
        Unit rows, shape `(<= count, dim)`.

    Source: Dhillon & Modha 2001, "Concept decompositions for large sparse text data using
        clustering".
    """
    use_one_thread()
    draw = np.random.default_rng(seed)
    if len(np.unique(vectors[:, :8], axis=0)) <= count:  # few numbers mostly tell them apart
        different = np.unique(vectors, axis=0)
        if len(different) <= count:
            return _unit(different)
    found = _spread(vectors, count, draw)
    for _ in range(_ROUNDS):
        label, likeness = nearest(vectors, found)
        order = np.argsort(label, kind="stable")
        has, begin = np.unique(label[order], return_index=True)
        sums = np.add.reduceat(vectors[order].astype(np.float64), begin, axis=0)
        new = np.empty_like(found)
        new[has] = _unit(sums).astype(np.float32)
        empty = np.setdiff1d(np.arange(len(found)), has)
        if len(empty):  # a centre of none moves to where the vectors are farthest from theirs
            new[empty] = vectors[np.argsort(likeness, kind="stable")[: len(empty)]]
        if np.array_equal(new, found):
            break
        found = new
    return found


def _spread(vectors: Floats, count: int, draw: np.random.Generator) -> Floats:
    """First centres, drawn with a probability that grows with the distance to those there are.

    Of several draws that is kept which leaves least distance, a sixteenth of the centres at a time.

    Source: Arthur & Vassilvitskii 2007, "k-means++: the advantages of careful seeding".
    """
    chosen = [int(draw.integers(len(vectors)))]
    most = vectors @ vectors[chosen[0]]
    tries = 2 + int(np.log(count))
    while len(chosen) < count:
        far = np.maximum(1.0 - most.astype(np.float64), 0.0)
        far[chosen] = 0.0
        some = int(np.count_nonzero(far))
        if not some:
            break
        size = min(count - len(chosen), max(1, count // 16), some)
        best: tuple[float, Ints, Floats] | None = None
        for _ in range(tries):
            new = draw.choice(len(vectors), size=size, replace=False, p=far / far.sum())
            now = np.maximum(most, (vectors @ vectors[new].T).max(axis=1))
            left = -float(now.sum(dtype=np.float64))
            if best is None or left < best[0]:
                best = left, new, now
        assert best is not None
        chosen += best[1].tolist()
        most = best[2]
    return np.array(vectors[chosen], dtype=np.float32)


def nearest(vectors: Floats, centres: Floats) -> tuple[Ints, Floats]:
    """For each vector its nearest centre and their cosine."""

    def some(start: int) -> tuple[Ints, Floats]:
        likeness = vectors[start : start + _BATCH] @ centres.T
        best = likeness.argmax(axis=1)
        return best, likeness[np.arange(len(best)), best]

    if not len(vectors):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    parts = list(in_threads(some, range(0, len(vectors), _BATCH)))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def in_threads(work: Callable[[Any], T], items: Iterable[Any]) -> Iterator[T]:
    """The results in order, two at a time; numpy's products leave the interpreter free."""
    use_one_thread()
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting: deque[Future[T]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 2 * _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class Cells:
    """Which vectors lie near which: the members of each cell, every vector in the two nearest.

    Args:
        vectors: `ready()`.
        seed: Of the draw of the vectors that the cells are learnt from.
    """

    def __init__(self, vectors: Vectors, seed: int) -> None:
        n = len(vectors)
        count = max(1, round(n**0.5)) if n > 2 * CELL else 1
        self._members: list[Ints] = [np.arange(n)]
        if count == 1:
            return
        draw = np.random.default_rng(seed)
        some = np.sort(draw.choice(n, size=min(n, _PER_CENTRE * count), replace=False))
        middle = centres(vectors.take(some), count, seed)
        if len(middle) < 2:
            return

        def two_of(start: int) -> Ints:
            likeness = vectors.take(slice(start, start + _BATCH)) @ middle.T
            return np.argpartition(-likeness, 1, axis=1)[:, :2].astype(np.int32)

        label = np.concatenate(list(in_threads(two_of, range(0, n, _BATCH)))).ravel()
        order = np.argsort(label, kind="stable")
        ends = np.cumsum(np.bincount(label, minlength=len(middle)))
        self._members = [part // 2 for part in np.split(order, ends[:-1])]

    def __iter__(self) -> Iterator[Ints]:
        """The members of each cell, ascending."""
        return (members for members in self._members if len(members))

    def __len__(self) -> int:
        return len(self._members)


def _unit(rows: Floats) -> Floats:
    length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    unit: Floats = np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-9)
    return unit
