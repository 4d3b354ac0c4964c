"""The little server under the viewer: routes, assets, error pages, and how it is run."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable, Iterable
from importlib import resources
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from dramaturg.errors import DramaturgError, UserError
from dramaturg.viewer import guard as guarding
from dramaturg.viewer.guard import Guard
from dramaturg.viewer.pages import page

_log = logging.getLogger("dramaturg.viewer")
PORT = 8640
_TRIED = 20  # ports after PORT, where none was asked for
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def make_app(
    routes: Iterable[web.AbstractRouteDef], guard: Guard, *, most_bytes: int = 1 << 20
) -> web.Application:
    """An application with these routes, behind the guard.

    A handler that raises a DramaturgError shows it as a page: what, why, what to do.

    Args:
        most_bytes: The largest body that a write may have.
    """
    app = web.Application(
        middlewares=[_as_pages, guarding.middleware(guard)], client_max_size=most_bytes
    )
    app.add_routes([web.get("/static/{name}", _asset), *routes])
    app.on_response_prepare.append(guarding.add_headers)
    return app


async def serve(
    app: web.Application, guard: Guard, port: int | None, ready: Callable[[str], None]
) -> None:
    """Serve until cancelled.

    Args:
        port: 0 = any free one; None = PORT, or the next free one after it.
        ready: Is given the address to open, with the token where there is one.

    Raises:
        UserError: If the address cannot be bound.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        bound = await _bind(runner, guard.host, port)
        name = "127.0.0.1" if guard.host in ("0.0.0.0", "") else guard.host
        name = f"[{'::1' if name == '::' else name}]" if ":" in name else name
        shown = f"?token={guard.token}" if guard.token else ""
        ready(f"http://{name}:{bound}/{shown}")
        await asyncio.Event().wait()
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await runner.cleanup()


async def _bind(runner: web.AppRunner, host: str, port: int | None) -> int:
    tried = [port] if port is not None else list(range(PORT, PORT + _TRIED))
    for one in tried:
        try:
            site = web.TCPSite(runner, host, one)
            await site.start()
        except OSError as error:
            if one == tried[-1]:
                raise UserError(
                    f"cannot serve on {host}, port {one}",
                    why=error.strerror or str(error),
                    fix="give another --port, or --port 0 for any free one",
                ) from error
        else:
            return int(runner.addresses[0][1])
    raise AssertionError("no port was tried")


@web.middleware
async def _as_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors as pages that say what to do."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as error:
        headers = {"Allow": ", ".join(sorted(error.allowed_methods))}
        answer = _error(error.status, "This server does not take that", "It only shows.")
        answer.headers.update(headers)
        return answer
    except web.HTTPError as error:
        said = error.text or ""
        return _error(error.status, error.reason, said if not said.startswith("4") else "")
    except UserError as error:
        return _error(404, error.what, error.why, error.fix)
    except DramaturgError as error:
        return _error(500, error.what, error.why, error.fix)
    except web.HTTPException:
        raise
    except Exception:
        _log.exception("%s %s", request.method, request.rel_url)
        fix = "The terminal that serves this page shows where."
        return _error(500, "This page could not be made", "that is a mistake of ours", fix)


def _error(status: int, what: str, why: str = "", fix: str = "") -> web.Response:
    return page("error.html", status=status, what=what, why=why, fix=fix)


async def _asset(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    kind = _TYPES.get(name.rpartition(".")[2])
    folder = resources.files("dramaturg.viewer").joinpath("static")
    if kind is None or name not in {entry.name for entry in folder.iterdir()}:
        raise web.HTTPNotFound(text=f"There is no asset {name}")
    body = folder.joinpath(name).read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:16]
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
