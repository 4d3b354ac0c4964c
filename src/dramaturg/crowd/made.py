"""What came of a step over people: its file, its counts, and why rows were left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dramaturg.crowd.rows import Row, Writer, format_of, json_line, read
from dramaturg.dataset.place import check_place, part_of, put, remove
from dramaturg.errors import UserError
from dramaturg.records import Drop


@dataclass
class Made:
    """What came of it.

    Attributes:
        out: The file written.
        step: "dedupe", "cluster", "pair" or "sample".
        read: Rows of the source, those that are no person included.
        kept: Rows written.
        dropped: How many were left out, by class of reason.
        figures: Further numbers by name.
        notes: What a user should know.
        left_out: The file with each row that was left out and its reason, if there is one.
    """

    out: Path
    step: str
    read: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    figures: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: Path | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "out": str(self.out), "step": self.step, "read": self.read, "kept": self.kept,
            "dropped": dict(self.dropped), "figures": self.figures, "notes": self.notes,
            "left_out": str(self.left_out) if self.left_out else None,
        }  # fmt: skip


def left_out_of(out: Path) -> Path:
    """ "people.jsonl" -> "people.dropped.jsonl", beside it."""
    stem = out.name.removesuffix(".gz").rsplit(".", 1)[0]
    return out.with_name(f"{stem}.dropped.jsonl")


def people(source: str | Path, bad: list[Drop] | None = None) -> Iterator[Row]:
    """Only the rows that are people; the others go to `bad`."""
    for row in read(source):
        if isinstance(row, Row):
            yield row
        elif bad is not None:
            bad.append(row)


class Target:
    """A file of rows and, beside it, one of the rows left out; both appear when they are whole."""

    def __init__(self, made: Made, writer: Writer, dropped: Path) -> None:
        self.made = made
        self._writer = writer
        self._dropped = dropped.open("wb")
        self.told = False  # whether a row left out was written down

    def keep(self, row: Row, **more: Any) -> None:
        """Write a row, with further fields."""
        self._writer.write(row, **more)
        self.made.kept += 1

    def drop(self, line: int, reason: str, text: str, **more: Any) -> None:
        """Write down that a row is left out: the class of reason, a colon, the particulars."""
        self.told = True
        self.made.dropped[reason.partition(":")[0]] += 1
        told = {"line": line, "reason": reason, **more, "text": text}
        self._dropped.write(json_line(told) + b"\n")

    def bad(self, drop: Drop) -> None:
        """Write down a row of the source that is no person."""
        self.told = True
        self.made.dropped[drop.reason_class] += 1
        told = {"reason": drop.reason, "text": drop.subject}
        self._dropped.write(json_line(told) + b"\n")

    def close(self) -> None:
        self._dropped.close()


@contextmanager
def target(
    source: str | Path, out: str | Path, step: str, force: bool, adds: str = ""
) -> Iterator[Target]:
    """Where a step writes its rows.

    Args:
        adds: What it writes beside the words of each row, which a text file has no place for.

    Raises:
        UserError: If the target exists and `force` is not given, is the source, or says no format.
    """
    path = Path(out)
    if format_of(path) == "txt" and adds:
        raise UserError(f"{adds} has no place in a line of {path}", fix="write .jsonl or .parquet")
    beside = left_out_of(path)
    if path.is_dir() or not path.absolute().parent.is_dir():
        missing = "is a folder" if path.is_dir() else "lies in no folder that exists"
        raise UserError(f"{path} {missing}", fix="name a file in a folder that exists")
    for place in (path, beside):
        check_place(place, [Path(source)], force)
    parts = part_of(path), part_of(beside)
    try:
        made = Made(path, step)
        with Writer(parts[0], path) as writer:
            to = Target(made, writer, parts[1])
            try:
                yield to
            finally:
                to.close()
        if writer.lost:
            names = ", ".join(f"{name} ({n:,})" for name, n in writer.lost.most_common())
            made.notes.append(f"a text file holds the words alone; left behind: {names}")
        put(parts[0], path)
        remove(beside)
        if to.told:
            put(parts[1], beside)
            made.left_out = beside
    finally:
        for part in parts:
            remove(part)
