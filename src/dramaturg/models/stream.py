"""A reply that comes in pieces: server-sent events, read into one completion.

What is waited for is then the next piece and not the whole: a long reply is not cut off while it
grows, and a server that stops in its middle is noticed at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import aiohttp
import msgspec

from dramaturg.models.patience import Patience, _Within

_END_S = 0.25  # for the end of the body after the end of the reply
_LONGEST_LINE = 16 * 2**20  # bytes; a line without end is no event stream


class Events:
    """Cuts bytes into the data of server-sent events, wherever the pieces were torn."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._begun = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The data of each event that is complete now. Raises ValueError on a line without end."""
        if not self._begun and (self._rest or piece):
            head = self._rest + piece
            if len(head) < 3 and b"\xef\xbb\xbf".startswith(head):
                self._rest = head
                return
            self._begun = True
            self._rest, piece = b"", head.removeprefix(b"\xef\xbb\xbf")
        text = self._rest + piece
        held = b"\r" if text.endswith(b"\r") else b""  # its line feed may come with the next piece
        text = text.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = text.split(b"\n")
        self._rest = rest + held
        if len(self._rest) > _LONGEST_LINE:
            raise ValueError("a line of the stream has no end")
        for line in lines:
            yield from self._line(line)

    def end(self) -> Iterator[bytes]:
        """What stands at the end of a stream that did not close its last event."""
        rest, self._rest = self._rest, b""
        yield from self._line(rest.removesuffix(b"\r"))
        yield from self._line(b"")

    def _line(self, line: bytes) -> Iterator[bytes]:
        if not line:
            if self._data:
                yield b"\n".join(self._data)
            self._data = []
        elif line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Part(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None
    index: int = 0


class _Chunk(msgspec.Struct):
    choices: list[_Part] = []
    model: str | None = None
    usage: Any = None
    error: Any = None


_chunks = msgspec.json.Decoder(_Chunk)


class Pieces:
    """Puts the pieces of one reply together."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.refused: list[str] = []
        self.model: str | None = None
        self.finish: str | None = None
        self.usage: Any = None
        self.fault = ""
        self.done = False

    def add(self, data: bytes) -> None:
        """One event's data."""
        if data.strip() == b"[DONE]":
            self.done = True
            return
        try:
            chunk: _Chunk = _chunks.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self.fault = self.fault or f"a piece of the stream cannot be read: {error}"
            return
        if chunk.error is not None:
            told = chunk.error.get("message") if isinstance(chunk.error, dict) else chunk.error
            self.fault = f"the server broke off in the middle of its reply: {told}"
        self.model = chunk.model or self.model
        self.usage = chunk.usage if chunk.usage is not None else self.usage
        for part in chunk.choices[:1]:
            if part.index:
                continue
            if part.delta is not None:
                self.said.append(part.delta.content or "")
                self.refused.append(part.delta.refusal or "")
            self.finish = part.finish_reason or self.finish

    def body(self) -> bytes:
        """The whole as one completion, or as the error that ended it."""
        if not self.fault and not self.done and self.finish is None:
            self.fault = "the stream ended before the reply did"
        if self.fault:
            return msgspec.json.encode({"choices": [], "error": {"message": self.fault}})
        message = {"content": "".join(self.said), "refusal": "".join(self.refused) or None}
        choice = {"message": message, "finish_reason": self.finish}
        return msgspec.json.encode({"choices": [choice], "model": self.model, "usage": self.usage})


class StreamPatience(Patience):
    """Learns how long the next piece of a reply takes, and waits so long for each.

    Attributes:
        first_s: Seconds to the first piece of the last 500 streamed replies, oldest first.
    """

    def __init__(self, timeout_s: float, *, floor_s: float = 0.5, needed: int = 50) -> None:
        super().__init__(timeout_s, floor_s=floor_s, needed=needed)
        self.first_s: deque[float] = deque(maxlen=500)

    def within(self, work: str, timed_out: int = 0) -> _Within:
        """As for whole replies; each piece of a stream moves the deadline on."""
        out = self._out.setdefault(work, {})
        return _Streamed(self, work, out, self.timeout(work, timed_out))

    def came(self, work: str, gap_s: float, first: bool) -> float:
        """A piece came after so long; how long to wait for the next one."""
        if first:
            self.first_s.append(gap_s)
        return self.timeout(work)

    def saw(self, work: str, seconds: float) -> None:
        """A reply is whole: for a stream its longest gap counts, not its length.

        To be called in the task that waited for it, after the block of `within`.
        """
        ended = _ended.get()
        _ended.set(None)
        gap_s = ended.gap_s if ended is not None and ended.of(self, work) else 0.0
        super().saw(work, gap_s or seconds)


class _Streamed(_Within):
    """A deadline that the pieces of a stream move on.

    Attributes:
        gap_s: The longest wait for a piece so far; 0 before the first.
    """

    __slots__ = ("_first", "_last", "_patience", "_token", "_work", "gap_s")

    def __init__(
        self,
        patience: StreamPatience,
        work: str,
        out: dict[asyncio.Timeout, float],
        seconds: float,
    ) -> None:
        super().__init__(out, seconds)
        self._patience, self._work = patience, work
        self._first, self._last = True, time.perf_counter()
        self.gap_s = 0.0

    def of(self, patience: StreamPatience, work: str) -> bool:
        """Whether it was made by this one for this work."""
        return self._patience is patience and self._work == work

    async def __aenter__(self) -> None:
        await super().__aenter__()
        self._token = _waiting.set(self)

    async def __aexit__(self, *error: Any) -> None:
        _waiting.reset(self._token)
        _ended.set(self)
        await super().__aexit__(*error)

    def piece(self) -> None:
        """A piece came."""
        now = time.perf_counter()
        gap_s = now - self._last
        self.gap_s = max(self.gap_s, gap_s)
        limit = self._patience.came(self._work, gap_s, self._first)
        self._first, self._last = False, now
        self._out[self._deadline] = math.inf  # it moves by itself from now on
        if not self._deadline.expired():
            self._deadline.reschedule(asyncio.get_running_loop().time() + limit)


_waiting: ContextVar[_Streamed | None] = ContextVar("waiting", default=None)
_ended: ContextVar[_Streamed | None] = ContextVar("ended", default=None)  # the task's last one


async def read_body(response: aiohttp.ClientResponse) -> bytes:
    """The body of a response; a stream of events as the completion that it adds up to."""
    if not response.content_type.startswith("text/event-stream"):
        return await response.read()
    events, pieces = Events(), Pieces()
    waiting = _waiting.get()
    async for raw in response.content.iter_any():
        try:
            found = list(events.feed(raw))
        except ValueError as error:
            pieces.fault = str(error)
            break
        for data in found:
            pieces.add(data)
        if found and waiting is not None:  # a comment that keeps the line open is no piece
            waiting.piece()
        if pieces.done or pieces.fault:
            break
    if pieces.done:  # read to the end, so that the connection can be used again
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await response.content.read()
    for data in events.end():
        pieces.add(data)
    return pieces.body()
