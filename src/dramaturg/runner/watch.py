"""A run seen from outside: its log, its endpoints' pressure, and, where wanted, its traces."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dramaturg import __version__
from dramaturg.errors import DramaturgError
from dramaturg.models.base import ChatModel
from dramaturg.models.observed import Observed, Observer
from dramaturg.records import BadReply
from dramaturg.runner.log import CallLog, event, log_to

_LOOK_S = 1.0  # between two looks at the endpoints


@dataclass(frozen=True)
class Watching:
    """What is seen of a run beside its log file.

    Attributes:
        verbose: Each call with its texts in the log, and each event through `say`.
        otel: Traces by OpenTelemetry; they are also sent where OTEL_EXPORTER_OTLP_ENDPOINT is set
            and the extra `otel` is installed.
        say: Shows a line on the terminal.
    """

    verbose: bool = False
    otel: bool = False
    say: Callable[[str], None] | None = None


class Watch:
    """Sees the steps, calls, endpoints and the end of one run."""

    def __init__(self, models: Mapping[str, Any], observers: list[Any]) -> None:
        self._observers: list[Observer] = observers
        self._tracing = next((o for o in observers if hasattr(o, "step")), None)
        self._endpoints = {name: one for model in models.values() for name, one in _within(model)}
        self._known: dict[str, dict[str, Any]] = {}
        self._step, self._since = "", time.monotonic()
        self._last: dict[str, Any] = {}
        self._bad = 0

    def wrap(self, model: ChatModel, role: str) -> ChatModel:
        """The model, seen by whoever looks at calls; itself where nobody does."""
        return Observed(model, role, self._observers) if self._observers else model

    def step(self, step: str, done: int, total: int | None, figures: Mapping[str, float]) -> None:
        """A step began or got further."""
        if step != self._step:
            self._end_step()
            self._step, self._since = step, time.monotonic()
            event("step begins", step=step, total=total)
            if self._tracing is not None:
                self._tracing.step(step)
        self._last = {"done": done, "total": total, **figures}

    def note(self, record: object) -> None:
        """A record that is worth a line when every line is wanted."""
        if isinstance(record, BadReply):
            self._bad += 1
            event(
                "bad reply", logging.DEBUG,
                task=record.task, kind=record.kind, outcome=record.outcome, about=record.about,
            )  # fmt: skip

    def ended(self, state: str, error: DramaturgError | None, report: Mapping[str, Any]) -> None:
        """The run ended, for whatever reason."""
        self.look()
        self._end_step()
        for name, endpoint in self._endpoints.items():
            first = getattr(endpoint.patience, "first_s", None)
            if first:
                median = round(statistics.median(first), 3)
                event("first pieces", endpoint=name, streams=len(first), median_s=median)
        totals = report.get("totals", {}).values()
        fields: dict[str, Any] = {
            "calls": sum(row["calls"] for row in totals),
            "tokens_in": sum(row["tokens_in"] for row in totals),
            "tokens_out": sum(row["tokens_out"] for row in totals),
            "usd": round(sum(row["usd"] for row in totals), 6),
            "bad_replies": self._bad,
        }
        if error is not None:
            fields |= {"why": error.what, "kind": getattr(error, "kind", type(error).__name__)}
        event(state, logging.INFO if error is None else logging.WARNING, **fields)
        if self._tracing is not None:
            self._tracing.ended(state, error)

    def look(self) -> None:
        """Log what has changed at the endpoints since the last look."""
        for name, endpoint in self._endpoints.items():
            now, before = _state(endpoint), self._known.get(name, {})
            self._known[name] = now
            if not before:
                continue
            if now["limit"] != before["limit"]:
                event("pressure", endpoint=name, requests_from=before["limit"],
                      requests_to=now["limit"], halvings=now["halvings"],
                      waiting=now["waiting"])  # fmt: skip
            fresh = {
                kind: count - before["retries"].get(kind, 0)
                for kind, count in now["retries"].items()
                if count > before["retries"].get(kind, 0)
            }
            if fresh:
                event("retries", logging.WARNING, endpoint=name, **{"kinds": fresh})
            if now["down_since"] != before["down_since"]:
                down = now["down_since"] is not None
                event("connection fails" if down else "connection is back",
                      logging.WARNING if down else logging.INFO, endpoint=name)  # fmt: skip
            if now["limits"] != before["limits"]:
                event("limits learnt", endpoint=name, rpm=now["limits"][0], tpm=now["limits"][1])

    async def looking(self) -> None:
        """Look once a second, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_S)

    def _end_step(self) -> None:
        if self._step:
            seconds = round(time.monotonic() - self._since, 3)
            event("step ends", step=self._step, seconds=seconds, **self._last)
        self._step = ""


@contextlib.contextmanager
def watching(
    folder: Path, about: Mapping[str, Any], models: Mapping[str, Any], how: Watching
) -> Iterator[Watch]:
    """Within this block the run is logged to the folder, and traced where that is wanted.

    Raises:
        UserError: If traces are wanted and their extra is not installed.
    """
    observers: list[Any] = [CallLog()] if how.verbose else []
    with contextlib.ExitStack() as stack:
        stack.enter_context(log_to(folder, verbose=how.verbose, say=how.say))
        if how.otel or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
            from dramaturg.runner.tracing import tracing

            tracer = stack.enter_context(tracing(about, asked=how.otel))
            observers += [tracer] if tracer is not None else []
        event("run begins", version=__version__, pid=os.getpid(), **about)
        watch = Watch(models, observers)
        looking = asyncio.create_task(watch.looking())
        try:
            yield watch
        except BaseException as error:
            event("failed", logging.ERROR, kind=type(error).__name__)
            raise
        finally:
            looking.cancel()


def _within(model: Any) -> Iterator[tuple[str, Any]]:
    """The endpoints behind a model, by address; further keys of one address are counted."""
    inner = getattr(model, "chat", None) or model
    names: Counter[str] = Counter()
    for place in getattr(inner, "places", (inner,)):
        endpoint = getattr(place, "endpoint", None)
        if endpoint is not None:
            name = endpoint.where.address
            names[name] += 1
            yield name if names[name] == 1 else f"{name} #{names[name]}", endpoint


def _state(endpoint: Any) -> dict[str, Any]:
    limiter = endpoint.limiter
    return {
        "limit": int(limiter.limit),
        "halvings": limiter.halvings,
        "waiting": limiter.waiting,
        "retries": dict(endpoint.retries),
        "down_since": endpoint.breaker.down_since,
        "limits": (limiter.window.rpm, limiter.window.tpm),
    }
