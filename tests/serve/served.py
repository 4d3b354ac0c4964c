"""The endpoint, running in the test's own loop on a free port of this machine."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from dramaturg.serve import make_runner

TWO = "Person 1:\n- I have two dogs.\n- I bake bread.\nPerson 2:\n- I am a nurse.\nTurns: 2"
TWO_PEOPLE = {"role": "user", "content": TWO}
PERSONA = {"role": "system", "content": "Persona:\n- I have two dogs."}


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[str]:
    """The base address, as `--model openai:embedded@ADDRESS` takes it."""
    runner = make_runner()
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()
