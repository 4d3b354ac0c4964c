"""Work that runs all at once, and is told in order: so that time leaves no trace in a run."""

from __future__ import annotations

import msgspec

from dramaturg.store import notes


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

    Attributes:
        records: All that was noted so far, in order.
    """

    def __init__(self) -> None:
        self.records: list[msgspec.Struct] = []
        self._next = 0
        self._waiting: dict[int, list[msgspec.Struct]] = {}

    def done(self, index: int, records: list[msgspec.Struct]) -> None:
        """Item `index` is finished and has noted these."""
        self._waiting[index] = records
        while self._next in self._waiting:
            self._release(self._waiting.pop(self._next))
            self._next += 1

    def close(self) -> None:
        """Note what waits behind items that will not finish."""
        for index in sorted(self._waiting):
            self._release(self._waiting.pop(index))

    def _release(self, records: list[msgspec.Struct]) -> None:
        self.records.extend(records)
        for record in records:
            notes.note(record)
