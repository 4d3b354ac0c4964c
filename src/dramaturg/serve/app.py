"""The routes, and every error in OpenAI's form."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import logging
from importlib import metadata
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from dramaturg.errors import DramaturgError
from dramaturg.models.embedded.runtime import runtime_version
from dramaturg.models.embedded.shipped import SHIPPED, read_card
from dramaturg.models.embedded.writer import loaded
from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.serve.chat import chat
from dramaturg.serve.completions import completion
from dramaturg.serve.embeddings import embeddings
from dramaturg.serve.fields import Fields
from dramaturg.serve.refused import Refused, error_body
from dramaturg.serve.reply import streamed_reply, whole_reply

_log = logging.getLogger("dramaturg.serve")
MODEL = "embedded"
MOST_BYTES = 8 << 20
MOST_WAITING = 512  # choices that run or wait; more are refused with 429
_json = msgspec.json.Decoder()


class Server:
    """The embedded model's endpoints.

    Attributes:
        busy: Choices that run or wait for a slot.
    """

    def __init__(self) -> None:
        self.busy = 0
        self._embedder = StaticEmbedder()

    @functools.cached_property
    def fingerprint(self) -> str:
        """Version, weights and runtime: the same seed gives the same bytes while it is the same."""
        weights = hashlib.sha256((SHIPPED / "model.npz").read_bytes()).hexdigest()[:10]
        parts = ("dramaturg", metadata.version("dramaturg"), weights, *runtime_version().split())
        return "-".join(parts)

    async def models(self, request: web.Request) -> web.Response:
        """GET /v1/models: the one there is."""
        return _answer({"object": "list", "data": [_model()]})

    async def model(self, request: web.Request) -> web.Response:
        """GET /v1/models/NAME."""
        _check_model(request.match_info["name"])
        return _answer(_model())

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/chat/completions."""
        return await self._write(request, "chat/completions")

    async def completions(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/completions."""
        return await self._write(request, "completions")

    async def embeddings(self, request: web.Request) -> web.Response:
        """POST /v1/embeddings."""
        fields = await _fields(request, "/v1/embeddings")
        _check_model(fields.need("model"))
        return _answer(await asyncio.to_thread(embeddings, fields, self._embedder, MODEL))

    async def _write(self, request: web.Request, what: str) -> web.StreamResponse:
        fields = await _fields(request, f"/v1/{what}")
        _check_model(fields.need("model"))
        engine, bpe = loaded()
        make = chat if what.startswith("chat") else completion
        work = await asyncio.to_thread(make, fields, engine, bpe)  # a long text takes a while
        if self.busy + work.choices > MOST_WAITING:
            raise Refused(
                f"{self.busy} choices run or wait already; {MOST_WAITING} are the most: try again "
                "in a second",
                status=429,
                code="rate_limit_exceeded",
            )
        self.busy += work.choices
        try:
            if work.stream:
                return await streamed_reply(request, work, MODEL, self.fingerprint)
            return await whole_reply(work, MODEL, self.fingerprint)
        finally:
            self.busy -= work.choices


def make_app() -> web.Application:
    """The application; the weights are read with the first request, or by `writer.loaded`."""
    server = Server()
    app = web.Application(middlewares=[_in_form], client_max_size=MOST_BYTES)
    app.add_routes(
        [
            web.get("/v1/models", server.models),
            web.get("/v1/models/{name}", server.model),
            web.post("/v1/chat/completions", server.chat),
            web.post("/v1/completions", server.completions),
            web.post("/v1/embeddings", server.embeddings),
        ]
    )
    return app


@web.middleware
async def _in_form(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong before the reply begins is told in OpenAI's form."""
    try:
        return await handler(request)
    except Refused as refused:
        after = {"Retry-After": "1"} if refused.status == 429 else None
        return _answer(refused.body(), refused.status, after)
    except web.HTTPRequestEntityTooLarge:
        why = f"the body is larger than {MOST_BYTES >> 20} MB"
        return _answer(error_body(why, 413, code="request_too_large"), 413)
    except web.HTTPException as error:
        why = f"{error.reason}: {request.method} {request.path[:200]}"
        return _answer(error_body(why, error.status, code="unknown_url"), error.status)
    except DramaturgError as error:
        return _answer(error_body(str(error), 400), 400)
    except ConnectionError:
        raise  # the client has gone
    except Exception as error:
        _log.exception("a request failed")
        return _answer(error_body(f"the server failed: {type(error).__name__}", 500), 500)


async def _fields(request: web.Request, endpoint: str) -> Fields:
    if request.content_type != "application/json":
        raise Refused(
            f"the body must be JSON, sent with Content-Type: application/json, not "
            f"{request.content_type}",
            status=415,
            code="unsupported_media_type",
        )
    data = await request.read()
    try:
        return Fields(_json.decode(data), endpoint)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"the body is no JSON: {error}", code="invalid_json") from None


def _check_model(name: Any) -> None:
    if name != MODEL:
        raise Refused(
            f"there is no model {str(name)[:100]!r} here; this server has one: {MODEL!r}",
            status=404,
            param="model",
            code="model_not_found",
        )


def _model() -> dict[str, Any]:
    sizes = read_card()["sizes"]
    return {
        "id": MODEL,
        "object": "model",
        "created": 0,
        "owned_by": "dramaturg",
        "max_model_len": sizes["context"],
    }


def _answer(
    body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        headers=headers,
    )
