"""What a room has to say while it works: records to keep, and how far it is.

A room calls `note` and `progress` and never asks who listens. The runner listens (journal and
progress line); in a test nobody does, and both do nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Protocol

import msgspec


class Listener(Protocol):
    """Who keeps the records and shows the progress."""

    def note(self, record: msgspec.Struct) -> None:
        """Keep a record (Drop, Verdict, Comparison, Preference, Persona, Conversation, ...)."""
        ...

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        """Show how far a step is; `total` None = not known."""
        ...


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextlib.contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within this block (and tasks started in it), notes go to `listener`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


class _Held:
    def __init__(self, behind: Listener | None) -> None:
        self.records: list[msgspec.Struct] = []
        self._behind = behind

    def note(self, record: msgspec.Struct) -> None:
        self.records.append(record)

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        if self._behind is not None:
            self._behind.progress(step, done, total, figures)


@contextlib.contextmanager
def held() -> Iterator[list[msgspec.Struct]]:
    """Within this block notes go to the list that is given, for the caller to note in order."""
    holder = _Held(_listener.get())
    with listening(holder):
        yield holder.records


def note(record: msgspec.Struct) -> None:
    """Keep a record with the run, if one is open."""
    listener = _listener.get()
    if listener is not None:
        listener.note(record)


def progress(step: str, done: int, total: int | None = None, **figures: float) -> None:
    """Say how far a step is, e.g. `progress("write", 12, 200, kept=9, dropped=3)`."""
    listener = _listener.get()
    if listener is not None:
        listener.progress(step, done, total, figures)
