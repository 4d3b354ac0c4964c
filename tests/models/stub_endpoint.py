"""A small OpenAI-compatible server on loopback: each test scripts its replies and faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Act:
    """What the server does with one request; `cut` sends half the body and hangs up.

    `pieces` are sent one by one as a stream of events, each after so many seconds; `cut` then
    hangs up after the last.
    """

    body: bytes | str | dict[str, Any] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut: bool = False
    pieces: tuple[tuple[float, bytes], ...] = ()


@dataclass
class Seen:
    """One request as it came in; `at` is when."""

    path: str
    headers: dict[str, str]
    body: Any
    at: float
    raw: bytes


def says(text: str | None, **changes: Any) -> dict[str, Any]:
    """The body of a completion; `changes` go into the choice (`message` into the message)."""
    message = {"role": "assistant", "content": text, **changes.pop("message", {})}
    usage = changes.pop("usage", {"prompt_tokens": 12, "completion_tokens": 5})
    choice = {"index": 0, "message": message, "finish_reason": "stop", **changes}
    return {"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage}


def refuses(message: str, **fields: Any) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"message": message, **fields}}


class StubEndpoint:
    """Answers from `script`: acts used in order of the requests, then `always`."""

    def __init__(self, *script: Act, always: Callable[[Seen], Act] | Act | None = None) -> None:
        self.script = list(script)
        self.always = always
        self.seen: list[Seen] = []
        self.url = ""
        self.peak = 0
        self._now = 0

    @property
    def bodies(self) -> list[Any]:
        return [seen.body for seen in self.seen]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task cancelled at the end of a test is no fault to log.
        with contextlib.suppress(ConnectionError, EOFError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:])}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        is_form = headers.get("content-type", "").startswith("multipart/")
        body = json.loads(raw) if raw and not is_form else None
        seen = Seen(head[0].split()[1], headers, body, time.perf_counter(), raw)
        self.seen.append(seen)
        self._now += 1
        self.peak = max(self.peak, self._now)
        try:
            act = self._pick(seen)
            await asyncio.sleep(act.delay_s)
        finally:
            self._now -= 1
        return await _send(writer, act)

    def _pick(self, seen: Seen) -> Act:
        if self.script and not seen.path.endswith("/models"):
            return self.script.pop(0)
        if callable(self.always):
            return self.always(seen)
        return self.always or Act(says("Hello."))


def streams(*texts: str, every_s: float = 0.0, end: str = "stop") -> Act:
    """A reply in pieces as OpenAI streams it, usage in the last chunk."""
    rows: list[Any] = [{"choices": [{"index": 0, "delta": {"role": "assistant"}}]}]
    rows += [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]
    rows += [{"choices": [{"index": 0, "delta": {}, "finish_reason": end}]}]
    rows += [{"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 5}}]
    told = [f"data: {json.dumps(row, ensure_ascii=False)}\n\n" for row in rows]
    told.append("data: [DONE]\n\n")
    return Act(pieces=tuple((every_s, row.encode()) for row in told))


async def _send_pieces(writer: asyncio.StreamWriter, act: Act) -> bool:
    head = "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
    writer.write(f"HTTP/1.1 {act.status} Any\r\n{head}\r\n".encode())
    for delay_s, piece in act.pieces:
        await asyncio.sleep(delay_s)
        writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        await writer.drain()
    if not act.cut:
        writer.write(b"0\r\n\r\n")
        await writer.drain()
    return not act.cut


async def _send(writer: asyncio.StreamWriter, act: Act) -> bool:
    if act.pieces:
        return await _send_pieces(writer, act)
    body = act.body
    if isinstance(body, dict):
        body = json.dumps(body, ensure_ascii=False)
    if isinstance(body, str):
        body = body.encode()
    kind = "text/html" if body[:1] == b"<" else "application/json"
    headers = {"content-type": kind, "content-length": str(len(body)), **act.headers}
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    writer.write(f"HTTP/1.1 {act.status} Any\r\n{head}\r\n".encode("latin-1"))
    writer.write(body[: len(body) // 2] if act.cut else body)
    await writer.drain()
    return not act.cut


@contextlib.asynccontextmanager
async def running(stub: StubEndpoint) -> AsyncIterator[StubEndpoint]:
    """The stub, listening; `stub.url` is its base URL."""
    server = await asyncio.start_server(stub._serve, "127.0.0.1", 0)
    stub.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield stub
    finally:
        server.close()
