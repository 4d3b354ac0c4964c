"""The annotation page over a server: one address, and four questions that its script asks.

What a page gets of an item is `shown` and no more: the key stays in the study. Reading is POST
too, since looking at the next item claims it.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from markupsafe import Markup

from dramaturg.errors import DramaturgError, RecordError
from dramaturg.study import Study, for_pages, name_key
from dramaturg.viewer.guard import Guard
from dramaturg.viewer.pages import page
from dramaturg.viewer.web import make_app, serve

_log = logging.getLogger("dramaturg.viewer")
_MOST = 1 << 20  # bytes of one answer: far above a mark on each of 10,000 turns


def study_app(study: Study, guard: Guard) -> web.Application:
    """The application that serves one study; the guard must allow writes."""

    async def start(request: web.Request) -> web.Response:
        setup = {"study": study.id, "seed": study.seed, "questions": for_pages(study.questions)}
        return page("annotate.html", title=study.questions["title"], setup=data_block(setup))

    routes = [
        web.get("/", start),
        web.post("/annotate/join", _answering(study, _join)),
        web.post("/annotate/next", _answering(study, _next)),
        web.post("/annotate/item", _answering(study, _item)),
        web.post("/annotate/save", _answering(study, _save)),
    ]
    return make_app(routes, guard, most_bytes=_MOST)


async def serve_study(
    study: Study, *, host: str, port: int | None, ready: Callable[[str], None]
) -> None:
    """Serve a study until cancelled, see `web.serve`; on the network with the study's token."""
    guard = Guard.of(host, writes=True)
    if guard.token is not None:
        guard = dataclasses.replace(guard, token=study.token())
    await serve(study_app(study, guard), guard, port, ready)


def data_block(value: Any) -> Markup:
    """JSON that can stand inside a script element of a type that is not run.

    >>> data_block("</script>")
    Markup('"\\\\u003c/script\\\\u003e"')
    """
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)


def _answering(
    study: Study, act: Callable[[Study, dict[str, Any]], dict[str, Any]]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler that takes and gives JSON; what is wrong is said in words."""

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            if request.content_type != "application/json":
                raise RecordError("this address takes JSON")
            said = json.loads(await request.text())
            if not isinstance(said, dict) or not isinstance(said.get("name"), str):
                raise RecordError("who are you? A name is missing")
            return web.json_response(act(study, said))
        except (ValueError, RecursionError):
            return web.json_response({"error": "this is not JSON"}, status=400)
        except RecordError as error:
            return web.json_response({"error": error.what}, status=400)
        except DramaturgError as error:
            _log.error("%s", error)  # all of it here: its words name the folder, and the data
            said = f"the study cannot be written ({error.why})" if error.why else "it failed"
            return web.json_response({"error": said}, status=500)

    return handler


def _join(study: Study, said: dict[str, Any]) -> dict[str, Any]:
    name = study.join(said["name"])
    done, total = study.progress(name)
    return {"name": name, "history": study.history(name), "done": done, "total": total}


def _next(study: Study, said: dict[str, Any]) -> dict[str, Any]:
    name = _known(study, said)
    item = study.next_item(name)
    return _about(study, name, item.id if item else None)


def _item(study: Study, said: dict[str, Any]) -> dict[str, Any]:
    name = _known(study, said)
    return _about(study, name, _seen(study, name, said.get("item")))


def _save(study: Study, said: dict[str, Any]) -> dict[str, Any]:
    name = _known(study, said)
    seconds = said.get("seconds")
    study.save(
        name,
        _seen(study, name, said.get("item")),
        said.get("answer"),
        done=said.get("done") is True,
        seconds=seconds if isinstance(seconds, int | float) else 0.0,
    )
    done, total = study.progress(name)
    return {"done": done, "total": total}


def _known(study: Study, said: dict[str, Any]) -> str:
    name = name_key(said["name"])
    if name not in study.annotators():
        raise RecordError("this name is new here: load the page again and start with it")
    return name


def _seen(study: Study, name: str, item: Any) -> str:
    if not isinstance(item, str) or not study.has_seen(name, item):
        raise RecordError("this item was not shown to you")
    return item


def _about(study: Study, name: str, item: str | None) -> dict[str, Any]:
    done, total = study.progress(name)
    found: dict[str, Any] = {"item": None, "answer": None, "done": done, "total": total}
    if item is None:
        return found
    last = study.answer_of(name, item)
    if last:
        found["answer"] = {"answer": last.answer, "done": last.done, "seconds": last.seconds}
    return found | {"item": {"id": item, "shown": study.items[item].shown}}
