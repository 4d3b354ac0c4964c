"""Ctrl-C for commands that mostly count: it stops them at once, wherever they are."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def stops_at_once() -> Iterator[None]:
    """While it is open, Ctrl-C raises KeyboardInterrupt there and then.

    asyncio would wait for the next await, and counting has none for minutes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
