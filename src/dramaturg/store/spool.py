"""A list that lives on disk: what a run of any size must be able to look at again.

Scratch, not a record: the file has no name and is gone with the process. The journal is the truth.
"""

from __future__ import annotations

import pickle
import tempfile
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar, overload

T = TypeVar("T")

_CACHED = 512  # items kept decoded: a small list is never read from disk twice


class _OnDisk(Sequence[T], Generic[T]):
    """Equal to any sequence of equal items."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]


class Spool(_OnDisk[T]):
    """Append and read by position; in memory are 8 bytes an item and the last few items read."""

    def __init__(self, items: Iterable[T] = ()) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as the list)
        self._ends = array("Q", [0])
        self._cache: OrderedDict[int, T] = OrderedDict()
        for item in items:
            self.append(item)

    def append(self, item: T) -> int:
        """Add an item; its position."""
        position = len(self)
        self._file.seek(self._ends[-1])
        self._file.write(pickle.dumps(item, protocol=pickle.HIGHEST_PROTOCOL))
        self._ends.append(self._file.tell())
        self._keep(position, item)
        return position

    def view(self, positions: Iterable[int]) -> View[T]:
        """The items at these positions, in this order, without reading them."""
        return View(self, array("Q", positions))

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return self.view(range(len(self))[index])
        position = range(len(self))[index]
        if position in self._cache:
            self._cache.move_to_end(position)
            return self._cache[position]
        start, end = self._ends[position], self._ends[position + 1]
        self._file.seek(start)
        item: T = pickle.loads(self._file.read(end - start))
        self._keep(position, item)
        return item

    def _keep(self, position: int, item: T) -> None:
        self._cache[position] = item
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)


class View(_OnDisk[T]):
    """Some items of a spool, in an order of their own."""

    def __init__(self, spool: Spool[T], positions: array[int]) -> None:
        self._spool, self._positions = spool, positions

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return View(self._spool, self._positions[index])
        return self._spool[self._positions[index]]

    def __iter__(self) -> Iterator[T]:
        return (self._spool[position] for position in self._positions)


class Chain(_OnDisk[T]):
    """Several sequences one after the other, as one."""

    def __init__(self, *parts: Sequence[T]) -> None:
        self._parts = [part for part in parts if len(part)]

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        place = range(len(self))[index]
        for part in self._parts:
            if place < len(part):
                return part[place]
            place -= len(part)
        raise IndexError(index)
