"""Open what is to be looked at, and serve it until somebody has seen enough."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from dramaturg.errors import UserError
from dramaturg.store import latest
from dramaturg.viewer.app import Viewer
from dramaturg.viewer.guard import Guard
from dramaturg.viewer.source import Source
from dramaturg.viewer.web import serve

MOST = 2


async def look(
    data: Sequence[str],
    guard: Guard,
    port: int | None,
    ready: Callable[[str], None],
    *,
    verdicts: str | None = None,
) -> None:
    """Serve one or two sources until Ctrl-C.

    Args:
        data: Run folders or files, or "latest".
        port: As in `serve`.
        ready: Is given the address to open.
        verdicts: Further verdicts on the first source, as in `Source.open`.

    Raises:
        UserError: If a source cannot be read, there are more than two, or the port is taken.
    """
    if not 1 <= len(data) <= MOST:
        raise UserError(
            f"{len(data)} sources were named, and one or two can be looked at",
            fix="start one viewer for each: they find free ports by themselves",
        )
    with contextlib.ExitStack() as opened:
        sources: list[Source] = []
        seen: dict[Path, Source] = {}  # the same one named twice has one index
        for name in data:
            path = str(latest()) if name == "latest" else name
            place = Path(path).resolve()
            if place not in seen:
                seen[place] = Source.open(path, verdicts=None if seen else verdicts)
                opened.callback(seen[place].close)
            sources.append(seen[place])
        await _until_stopped(serve(Viewer(sources).app(guard), guard, port, ready))


async def _until_stopped(serving: Coroutine[Any, Any, None]) -> None:
    """Serve until Ctrl-C or SIGTERM, which end it in good order."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    task = loop.create_task(serving)

    def stop() -> None:
        stopped.set()
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopped.is_set():
            raise
