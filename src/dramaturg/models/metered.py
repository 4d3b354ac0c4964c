"""What the requests within a block took, where what they return has no place to say it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from dramaturg.records import Cost

_taken: ContextVar[list[Cost] | None] = ContextVar("taken", default=None)


@contextlib.contextmanager
def metered() -> Iterator[list[Cost]]:
    """The cost of each request that an endpoint answers within the block."""
    taken: list[Cost] = []
    token = _taken.set(taken)
    try:
        yield taken
    finally:
        _taken.reset(token)


def took(cost: Cost) -> None:
    """A request was answered and took this."""
    taken = _taken.get()
    if taken is not None:
        taken.append(cost)
