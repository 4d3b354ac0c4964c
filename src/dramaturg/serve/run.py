"""Serve until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable

from aiohttp import web

from dramaturg.errors import UserError
from dramaturg.models.embedded.writer import loaded
from dramaturg.serve.app import make_app


def make_runner() -> web.AppRunner:
    """The application with what it needs of the server: a client that has gone ends its work."""
    return web.AppRunner(
        make_app(), access_log=None, handler_cancellation=True, shutdown_timeout=1.0
    )


async def serve_until_stopped(host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve the embedded model; a signal ends it in good order, and so does cancelling.

    Args:
        port: 0 = any free one.
        ready: Is given the base address, once the weights are read and requests are answered.

    Raises:
        UserError: If the address cannot be bound.
    """
    runner = make_runner()
    await runner.setup()
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stopped.set)
    try:
        bound = await _bind(runner, host, port)
        await asyncio.to_thread(loaded)
        name = "127.0.0.1" if host in ("0.0.0.0", "") else "::1" if host == "::" else host
        name = f"[{name}]" if ":" in name else name
        ready(f"http://{name}:{bound}/v1")
        await stopped.wait()
    finally:
        await runner.cleanup()


async def _bind(runner: web.AppRunner, host: str, port: int) -> int:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise UserError(
            f"cannot serve on {host}, port {port}",
            why=error.strerror or str(error),
            fix="name another one with --port, or --port 0 for any free one",
        ) from error
    return int(runner.addresses[0][1])
