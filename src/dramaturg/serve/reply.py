"""From running programs to a reply: whole as JSON, or piece by piece as server-sent events."""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from aiohttp import web

from dramaturg.models.embedded.continuation import Token
from dramaturg.serve.outlet import Ended, Item
from dramaturg.serve.refused import error_body

_log = logging.getLogger(__name__)
MOST_CHOICES = 128  # of one request


class Shape(Protocol):
    """How an endpoint shows a choice."""

    def first(self, index: int) -> dict[str, Any] | None:
        """What opens a choice in a stream."""
        ...

    def piece(self, index: int, tokens: Sequence[Token], reason: str | None) -> dict[str, Any]:
        """The next part of a choice."""
        ...

    def whole(self, index: int, tokens: Sequence[Token], reason: str | None) -> dict[str, Any]:
        """A whole choice."""
        ...


@dataclass(frozen=True)
class Work:
    """A request that was read and can be done.

    Attributes:
        kind: OpenAI's name of the reply object.
        choices: How many.
        items: Starts the work: what each choice says, by its index, and its end.
        tokens_in: Of all prompts; None = as the first choice tells.
        stream: Whether the reply comes piece by piece.
        usage: Whether a stream ends with the usage.
    """

    kind: str
    choices: int
    items: Callable[[], AsyncGenerator[tuple[int, Item], None]]
    tokens_in: int | None
    stream: bool
    usage: bool
    shape: Shape


def seeds(seed: int | None, choices: int) -> list[str]:
    """One seed a choice; the first is the given one, or a random one."""
    first = secrets.randbits(48) if seed is None else seed
    return [str(first), *(f"{first}/{number}" for number in range(1, choices))]


async def whole_reply(work: Work, model: str, fingerprint: str) -> web.Response:
    """All choices at once."""
    tokens: list[list[Token]] = [[] for _ in range(work.choices)]
    ends: dict[int, Ended] = {}
    async with contextlib.aclosing(work.items()) as heard:
        async for index, item in heard:
            if isinstance(item, Ended):
                ends[index] = item
            else:
                tokens[index].extend(item)
    body = _head(work.kind, model, fingerprint) | {
        "choices": [
            work.shape.whole(index, said, ends[index].reason) for index, said in enumerate(tokens)
        ],
        "usage": _usage(work, ends),
    }
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")


async def streamed_reply(
    request: web.Request, work: Work, model: str, fingerprint: str
) -> web.StreamResponse:
    """Server-sent events; an error after the first of them comes as an event too."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
    )
    await response.prepare(request)
    kind = work.kind + (".chunk" if work.kind.startswith("chat") else "")
    head = _head(kind, model, fingerprint)
    tail: dict[str, Any] = {"usage": None} if work.usage else {}

    async def send(choices: list[dict[str, Any]], **more: Any) -> None:
        body = msgspec.json.encode(head | {"choices": choices} | tail | more)
        await response.write(b"data: " + body + b"\n\n")

    ends: dict[int, Ended] = {}
    for index in range(work.choices):
        opening = work.shape.first(index)
        if opening is not None:
            await send([opening])
    try:
        async with contextlib.aclosing(work.items()) as heard:
            async for index, item in heard:
                if isinstance(item, Ended):
                    ends[index] = item
                    await send([work.shape.piece(index, (), item.reason)])
                else:
                    await send([work.shape.piece(index, item, None)])
    except ConnectionError:
        raise
    except Exception as error:
        _log.exception("a stream failed")
        body = error_body(f"the server failed: {type(error).__name__}", 500)
        await response.write(b"data: " + msgspec.json.encode(body) + b"\n\n")
        return response
    if work.usage:
        await send([], usage=_usage(work, ends))
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


def _head(kind: str, model: str, fingerprint: str) -> dict[str, Any]:
    short = "chatcmpl" if kind.startswith("chat") else "cmpl"
    return {
        "id": f"{short}-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": fingerprint,
    }


def _usage(work: Work, ends: dict[int, Ended]) -> dict[str, int]:
    tokens_in = ends[0].tokens_in if work.tokens_in is None else work.tokens_in
    tokens_out = sum(end.tokens_out for end in ends.values())
    return {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
    }
