"""A model server beside the workers of a machine, for as long as a run lasts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from typing import IO
from urllib.parse import urlsplit

_WAIT_S = 1_800.0  # loading a large model takes minutes
_LOOK_S = 0.2


class Served:
    """A Ray actor that runs a command, such as "vllm serve MODEL --port 8000".

    Args:
        url: Where the model is asked, e.g. "http://127.0.0.1:8000/v1".
    """

    def __init__(self, command: str, url: str, wait_s: float = _WAIT_S) -> None:
        self._command, self._url, self._wait_s = command, url, wait_s
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (as long as the actor)

    async def begin(self) -> str:
        """Start the command and wait until its port answers; "" or what went wrong."""
        parts = urlsplit(self._url)
        if parts.hostname is None:
            return "no model is named by an address, such as openai:MODEL@http://127.0.0.1:8000/v1"
        place = parts.hostname, parts.port or 80
        if _answers(place):
            return f"something answers at {self._url} already; leave out --serve to use it"
        try:
            self._process = self._start()
        except (OSError, ValueError) as error:
            return f"{self._command!r}: {error}"
        until = time.monotonic() + self._wait_s
        while time.monotonic() < until:
            if self._process.poll() is not None:
                return f"it ended with status {self._process.returncode}: {self._last_words()}"
            if _answers(place):
                return ""
            await asyncio.sleep(_LOOK_S)
        return f"nothing answers at {self._url} after {self._wait_s:.0f} s: {self._last_words()}"

    async def end(self) -> None:
        """Stop the command and all that it started."""
        if self._process is None or self._process.poll() is not None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            for _ in range(50):
                if self._process.poll() is not None:
                    return
                await asyncio.sleep(0.1)

    def _start(self) -> subprocess.Popen[bytes]:
        """A session of its own, so that all that it starts can be stopped."""
        return subprocess.Popen(
            shlex.split(self._command), stdin=subprocess.DEVNULL, stdout=self._said,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def _last_words(self) -> str:
        self._said.seek(0)
        return self._said.read()[-500:].decode(errors="replace").strip() or "it said nothing"


def _answers(place: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(place, timeout=1):
            return True
    except OSError:
        return False
