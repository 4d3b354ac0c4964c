"""Open what is to be looked at, and serve it until somebody has seen enough."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from dramaturg.errors import UserError
from dramaturg.store import latest
from dramaturg.viewer.app import Viewer
from dramaturg.viewer.guard import Guard
from dramaturg.viewer.source import Source
from dramaturg.viewer.web import serve

MOST = 2


async def look(
    data: Sequence[str], guard: Guard, port: int | None, ready: Callable[[str], None]
) -> None:
    """Serve one or two sources until cancelled.

    Args:
        data: Run folders or files, or "latest".
        port: As in `serve`.
        ready: Is given the address to open.

    Raises:
        UserError: If a source cannot be read, there are more than two, or the port is taken.
    """
    if not 1 <= len(data) <= MOST:
        raise UserError(
            f"{len(data)} sources were named, and one or two can be looked at",
            fix="start one viewer for each: they find free ports by themselves",
        )
    with contextlib.ExitStack() as opened:
        sources = []
        for name in data:
            source = Source.open(str(latest()) if name == "latest" else name)
            opened.callback(source.close)
            sources.append(source)
        await serve(Viewer(sources).app(guard), guard, port, ready)
