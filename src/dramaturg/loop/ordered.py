"""Work that runs all at once, and is told in order: so that time leaves no trace in a run."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dramaturg.store import notes

_MOST_WAITING = 4_096  # items held back for one that is late; more, and the late one loses its turn


class Buffer:
    """Keeps what one item's work notes until its turn comes; progress is passed on at once."""

    def __init__(self) -> None:
        self.records: list[msgspec.Struct] = []

    def note(self, record: msgspec.Struct) -> None:
        self.records.append(record)

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        return None


class InOrder:
    """Notes the records of items 0, 1, 2, ... in this order, each as soon as all before it are in.

    So many items at most are held back: memory does not grow behind one that hangs.
    """

    def __init__(self, most_waiting: int = _MOST_WAITING) -> None:
        self._next = 0
        self._most = most_waiting
        self._waiting: dict[int, Sequence[msgspec.Struct]] = {}

    def done(self, index: int, records: Sequence[msgspec.Struct]) -> None:
        """Item `index` is finished and has noted these."""
        if index < self._next:  # its turn was given away
            _release(records)
            return
        self._waiting[index] = records
        if len(self._waiting) > self._most:
            self._next = min(self._waiting)
        while self._next in self._waiting:
            _release(self._waiting.pop(self._next))
            self._next += 1

    def close(self) -> None:
        """Note what waits behind items that will not finish."""
        for index in sorted(self._waiting):
            _release(self._waiting.pop(index))


def _release(records: Sequence[msgspec.Struct]) -> None:
    for record in records:
        notes.note(record)
