"""Many texts on disk, each to be had by its place: 8 bytes a text in memory."""

from __future__ import annotations

import tempfile
from array import array
from pathlib import Path

import msgspec


class Texts:
    """A growing list of lists of sentences in a temporary file that is gone when they are."""

    def __init__(self) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="dramaturg-")
        self._file = (Path(self._place.name) / "texts").open("w+b")
        self._starts = array("Q", [0])

    def __len__(self) -> int:
        return len(self._starts) - 1

    def add(self, facts: tuple[str, ...]) -> None:
        """Take in one person's sentences."""
        packed = msgspec.json.encode(facts)
        self._file.write(packed)
        self._starts.append(self._starts[-1] + len(packed))

    def __getitem__(self, place: int) -> list[str]:
        start, end = self._starts[place], self._starts[place + 1]
        self._file.seek(start)
        return msgspec.json.decode(self._file.read(end - start), type=list[str])

    def close(self) -> None:
        """Take away the file."""
        self._file.close()
        self._place.cleanup()
