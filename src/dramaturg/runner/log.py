"""The run's log: one JSON object a line, bounded in size, without keys and without texts."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from dramaturg.models.base import Call, Reply
from dramaturg.models.observed import Ended
from dramaturg.models.secrets import without_keys

LOG_FILE = "log.jsonl"
MAX_BYTES, BACKUPS = 5 * 2**20, 2  # log.jsonl, log.jsonl.1 and log.jsonl.2
_logger = logging.getLogger("dramaturg")
_SECRET_NAME = re.compile(r"(?i)(key|token|secret|password)$")


def event(name: str, level: int = logging.INFO, /, **fields: Any) -> None:
    """One event of the run, with its fields as JSON values."""
    _logger.log(level, name, extra={"fields": fields})


@contextlib.contextmanager
def log_to(
    folder: Path, *, verbose: bool = False, say: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Within this block what Dramaturg logs is kept in the folder's log.jsonl.

    Args:
        verbose: Also each call with its prompt and reply; and a line for each event to `say`.
        say: Shows a line on the terminal.
    """
    handlers: list[logging.Handler] = [_File(folder / LOG_FILE)]
    if verbose and say is not None:
        handlers.append(_Terminal(say))
    level = logging.DEBUG if verbose else logging.INFO
    _levels.enter(level)
    for handler in handlers:
        handler.setLevel(level)
        _logger.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            _logger.removeHandler(handler)
            handler.close()
        _levels.leave(level)


class _Levels:
    """The logger's level while runs overlap in one process: as low as one of them wants.

    The last one to end puts back what was there before the first began.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: list[int] = []
        self._before = logging.NOTSET

    def enter(self, level: int) -> None:
        with self._lock:
            if not self._wanted:
                self._before = _logger.level
            self._wanted.append(level)
            _logger.setLevel(min(self._wanted))

    def leave(self, level: int) -> None:
        with self._lock:
            self._wanted.remove(level)
            _logger.setLevel(min(self._wanted) if self._wanted else self._before)


_levels = _Levels()


class CallLog:
    """Logs every call that is made: what it took, and what was said. For `--verbose`."""

    def begins(self, role: str, ref: str, call: Call) -> Ended:
        """Nothing yet; the line is written when the call has ended."""

        def ended(reply: Reply | None, error: BaseException | None, seconds: float) -> None:
            fields: dict[str, Any] = {"role": role, "model": ref, "task": call.task}
            fields |= {"attempt": call.attempt, "about": call.about, "seconds": round(seconds, 3)}
            if reply is not None:
                fields |= {"finish": reply.finish, "tokens_in": reply.cost.tokens_in}
                fields |= {"tokens_out": reply.cost.tokens_out}
                fields |= {"prompt": [[m.role, m.content] for m in call.messages]}
                fields |= {"reply": reply.text}
            else:
                fields |= {"error": getattr(error, "kind", type(error).__name__)}
            event("call", logging.DEBUG, **fields)

        return ended


class _File(RotatingFileHandler):
    """Lines to a file that never grows without end, and never stops a run."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", delay=True,
            errors="backslashreplace",
        )  # fmt: skip
        self._broken = False
        self.setFormatter(_JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        if not self._broken:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk: the journal says so, in words; the log falls silent."""
        self._broken = True


class _Terminal(logging.Handler):
    """A short line for each event, without texts."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        fields = _fields(record)
        shown = [f"{k} {_short(v)}" for k, v in fields.items() if k not in ("prompt", "reply")]
        line = " · ".join([f"{record.levelname.lower()}: {record.getMessage()}", *shown])
        self._say(_cleaned(line))


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        row = {
            "at": at,
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            row["error"] = self.formatException(record.exc_info)
        return _cleaned(json.dumps(row, ensure_ascii=False, default=str))


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = getattr(record, "fields", {})
    return fields


def _cleaned(line: str) -> str:
    """The line without anything that is or looks like a key."""
    for name, values in os.environ.items():
        if _SECRET_NAME.search(name):
            for value in values.split(","):
                line = line.replace(value.strip(), "***") if len(value) >= 8 else line
    return without_keys(line)


def _short(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."
