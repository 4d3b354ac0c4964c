"""A format: how it is recognised, read and written, and what it has a place for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dramaturg.dataset.formats.aspects import ASPECTS, EVERYTHING
from dramaturg.dataset.formats.passed import Passed, passed_over
from dramaturg.dataset.formats.peek import Peek
from dramaturg.records import Conversation, Drop

# Line, and the conversation, or in words why it is none, or what of the row was passed over.
Row = tuple[int, Conversation | str | Passed]
Shape = Mapping[str, Any]  # one row of JSON, CSV or a table, by key or column


class Losses:
    """What did not find a place, and in how many conversations.

    Attributes:
        counts: Words -> conversations that lost it.
        left_out: Conversations that the format could not hold at all -> why, by words.
        taken: Conversations that the writer was given; some of them it may have left out.
        refused: Conversations that it was not given, e.g. having too many speakers.
        drops: Rows of the source that could not be read, as far as they are known by then.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.taken = 0
        self.refused = 0
        self.drops: list[Drop] = []

    def lose(self, what: str) -> None:
        """One conversation lost this (call it once for each conversation)."""
        self.counts[what] += 1

    def leave_out(self, why: str) -> None:
        """One conversation was not written."""
        self.left_out[why] += 1

    @property
    def written(self) -> int:
        """Conversations that are in the target."""
        return self.taken - (sum(self.left_out.values()) - self.refused)

    def line(self, name: str) -> str:
        """All of it in one line, "" if nothing was lost."""
        told = [f"{what} ({n:,})" for what, n in self.counts.most_common()]
        parts = [f"{name} has no place for {', '.join(told)}"] if told else []
        parts += [f"{n:,} not written: {why}" for why, n in self.left_out.most_common()]
        return "; ".join(parts)


Reader = Callable[[Path], Iterator[Row]]
Writer = Callable[..., None]  # (conversations, path, losses, **options)


@dataclass(frozen=True, kw_only=True)
class Format:
    """One way to keep conversations in a file or a folder.

    Attributes:
        name: What `--from` and `--to` say.
        about: What it is, in a few words.
        looks: Whether a file or folder looks like it.
        read: The rows of a path, one at a time; None = it is only written.
        write: Conversations to a path, streaming; None = it is only read.
        decode: For a format of JSON rows: one row's conversations. Raises ValueError, KeyError
            or TypeError, in words that fit after "line 3: ", where the row is bad.
        reads: Paths of the keys that `decode` or `read` uses (`passed`), or what gives them for a
            row; None = not known, or all of them.
        matches: For a format of JSON rows: whether a row has its shape.
        holds: Which aspects (`aspects.ASPECTS`) come back as they were.
        speakers: How many speakers it can hold at most; None = any number.
        partly: What is lost only sometimes, for the table of formats.
        suffixes: Names of files that are meant by it when no `--to` is given.
        options: Names of the options that `write` takes.
        files: For a folder of files, each in a format of its own: those to read, in order.
        shaped: For rows that come from a library: number, row and split; each is read by shape.
        of_run: For a format that is made from more than a run's kept conversations: those of a
            run folder that `write` takes.
    """

    name: str
    about: str
    looks: Callable[[Peek], bool] = lambda peek: False
    read: Reader | None = None
    write: Writer | None = None
    decode: Callable[[Shape], Iterable[Conversation]] | None = None
    reads: frozenset[str] | Callable[[Shape], frozenset[str]] | None = None
    matches: Callable[[Shape], bool] | None = None
    holds: frozenset[str] = EVERYTHING
    speakers: int | None = None
    partly: str = ""
    suffixes: tuple[str, ...] = ()
    options: frozenset[str] = field(default_factory=frozenset)
    files: Callable[[Path], list[Path]] | None = None
    shaped: Callable[[Path], Iterator[tuple[int, Any, str]]] | None = None
    of_run: Callable[[Path, Losses], Iterator[Conversation]] | None = None

    @property
    def ways(self) -> str:
        """ "read", "write" or "read, write"."""
        ways = (self.read, self.decode, self.files, self.shaped)
        reads = any(way is not None for way in ways)
        return ", ".join(["read"] * reads + ["write"] * (self.write is not None))

    def passed(self, row: Shape) -> Passed | None:
        """What of a row is not read, None if nothing."""
        if self.reads is None:
            return None
        reads = self.reads if isinstance(self.reads, frozenset) else self.reads(row)
        keys = passed_over(row, reads)
        return Passed(keys) if keys else None

    @property
    def missing(self) -> tuple[str, ...]:
        """The aspects that it has no place for."""
        return tuple(name for name in ASPECTS if name not in self.holds)

    def fitting(
        self, rows: Iterable[Conversation], losses: Losses, holds: frozenset[str] | None = None
    ) -> Iterator[Conversation]:
        """The conversations that it can hold; what they lose in it is counted.

        Args:
            holds: What it holds this time, where options make it less.
        """
        kept = self.holds if holds is None else holds
        missing = [aspect for name, aspect in ASPECTS.items() if name not in kept]
        for row in rows:
            if self.speakers is not None and not _fits(row, self.speakers):
                losses.leave_out(f"{self.name} holds {self.speakers} speakers")
                losses.refused += 1
                continue
            for aspect in missing:
                if aspect.of(row):
                    losses.lose(aspect.words)
            losses.taken += 1
            yield row


def _fits(row: Conversation, speakers: int) -> bool:
    return len(row.speakers) <= speakers
