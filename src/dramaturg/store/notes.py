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
_outermost: ContextVar[Listener | None] = ContextVar("outermost", default=None)


@contextlib.contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within this block (and tasks started in it), notes go to `listener`."""
    token = _listener.set(listener)
    first = _outermost.set(_outermost.get() or listener)
    try:
        yield
    finally:
        _listener.reset(token)
        _outermost.reset(first)


def note(record: msgspec.Struct) -> None:
    """Keep a record with the run, if one is open."""
    listener = _listener.get()
    if listener is not None:
        listener.note(record)


def note_now(record: msgspec.Struct) -> None:
    """Keep a record past listeners that hold records back: one whose order says nothing."""
    listener = _outermost.get()
    if listener is not None:
        listener.note(record)


def progress(step: str, done: int, total: int | None = None, **figures: float) -> None:
    """Say how far a step is, e.g. `progress("write", 12, 200, kept=9, dropped=3)`."""
    listener = _listener.get()
    if listener is not None:
        listener.progress(step, done, total, figures)
