"""A slot is given back when its reply is safe, not when it has come.

Whoever keeps replies says so around a call (`until_kept`); an endpoint then hands over the release
of its slot instead of releasing. So the calls that are out and the replies that are not yet
committed are together never more than the slots: what a kill can cost is bounded by them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

Release = Callable[[], None]

_held: ContextVar[list[Release] | None] = ContextVar("held", default=None)


@contextlib.contextmanager
def until_kept() -> Iterator[list[Release]]:
    """The releases that endpoints hand over within the block. If it fails they are called."""
    releases: list[Release] = []
    token = _held.set(releases)
    try:
        yield releases
    except BaseException:
        release_all(releases)
        raise
    finally:
        _held.reset(token)


def release_all(releases: list[Release]) -> None:
    """Call each, and none a second time."""
    while releases:
        releases.pop()()


def release_when_kept(release: Release) -> None:
    """Release a slot once the reply is kept; at once where nobody keeps it."""
    held = _held.get()
    if held is None:
        release()
    else:
        held.append(release)
