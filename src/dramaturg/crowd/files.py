"""Numbers on disk, to be had in order: each part is sorted in memory by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[Any]

FILED = 1 << 22  # entries sorted at a time
ENTRY = np.dtype([("key", "<u8"), ("row", "<u4")])


class Files:
    """Entries of (key, row) on disk, divided by key so that each part can be sorted in memory."""

    def __init__(self, place: Path, entries: int) -> None:
        """
        Args:
            place: A folder that is made.
            entries: How many there will be, about.
        """
        self._parts = max(1, -(-entries // FILED))
        self._place = place
        self._open: list[IO[bytes]] = []

    def __enter__(self) -> Files:
        self._place.mkdir()
        self._open = [(self._place / str(n)).open("wb") for n in range(self._parts)]
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open:
            file.close()

    def add(self, keys: Ints, rows: Ints) -> None:
        """Take in some more."""
        entries = np.empty(len(keys), dtype=ENTRY)
        entries["key"], entries["row"] = keys, rows
        if self._parts == 1:
            self._open[0].write(entries.tobytes())
            return
        part = (keys % np.uint64(self._parts)).astype(np.int64)
        order = np.argsort(part, kind="stable")
        ends = np.cumsum(np.bincount(part, minlength=self._parts))
        entries = entries[order]
        for n, end in enumerate(ends.tolist()):
            begin = int(ends[n - 1]) if n else 0
            if end > begin:
                self._open[n].write(entries[begin:end].tobytes())

    def sorted(self) -> Iterator[Ints]:
        """Each part's entries by key, then row."""
        for n, file in enumerate(self._open):
            file.close()
            path = self._place / str(n)
            entries = np.fromfile(path, dtype=ENTRY)
            path.unlink()
            yield entries[np.lexsort((entries["row"], entries["key"]))]
