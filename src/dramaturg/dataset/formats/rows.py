"""Rows of any file, each read by the format whose shape it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset import source
from dramaturg.dataset.formats import containers, sheets, tables
from dramaturg.dataset.formats.base import Format, Row
from dramaturg.dataset.formats.peek import Peek
from dramaturg.errors import RecordError, UserError
from dramaturg.records import Conversation

_BROKEN = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
    RecordError,
    msgspec.MsgspecError,
)


def read(peek: Peek, formats: Sequence[Format], only: Format | None) -> Iterator[Row]:
    """The conversations of a file of rows.

    Args:
        formats: Those that read rows, the most particular first.
        only: Read every row as this one; None = each by its shape.
    """
    path = peek.path
    if peek.kind == "json":
        if source.encoding_of(path) == "utf-8" and only in (None, _ours(formats)):
            yield from _json(path, formats, only)
            return
        values: Iterator[tuple[int, Any]] = containers.json_rows(path)
    elif peek.kind == "csv":
        values = (
            (n, row if isinstance(row, source.Bad) else sheets.bare_row(row))
            for n, row in source.csv_rows(path)
        )
    elif peek.kind == "parquet":
        values = tables.table_rows(path)
    elif peek.is_folder:
        raise UserError(
            f"{path} is a folder without conversations",
            fix="give a run folder, a ConvoKit corpus, or a folder with JSON lines, CSV or parquet",
        )
    else:
        raise UserError(
            f"{path} is plain text, and a conversation has speakers",
            fix="give JSON lines, CSV, parquet, a run folder or another format of docs/formats.md",
        )
    if only is None and peek.columns and _by_shape(dict.fromkeys(peek.columns), formats) is None:
        raise UserError(
            f"{path} has no column 'user 1 personas', 'messages' or 'text'",
            why=f"its columns are {', '.join(map(repr, peek.columns))}"[:400],
            fix="name the columns 'user 1 personas', 'user 2 personas' and 'best generated "
            "conversation', or give one turn a row: 'conversation', 'speaker', 'text'",
        )
    for line, value in values:
        yield from made_of(line, value, formats, only)


def made_of(line: int, value: Any, formats: Sequence[Format], only: Format | None) -> Iterator[Row]:
    """The conversations of one row, or why there are none."""
    if isinstance(value, containers.Bad):
        yield line, value
        return
    if not isinstance(value, dict):
        yield line, "it is not an object"
        return
    form = only or _by_shape(value, formats)
    if form is None:
        keys = ", ".join(map(repr, value)) or "nothing"
        yield line, f"it needs turns, messages, or user_1, user_2 and turns, and has {keys}"[:300]
        return
    assert form.decode is not None
    try:
        made = list(form.decode(value))
    except _BROKEN as error:
        yield line, _words(error) + _resembles(value, formats, only)
        return
    if not made:
        yield line, "it holds no conversation"
    for one in made:
        yield line, one
    if made and (passed := form.passed(value)) is not None:
        yield line, passed


def _json(path: Path, formats: Sequence[Format], only: Format | None) -> Iterator[Row]:
    """JSON lines of our own decoded straight from the bytes; every other value step by step."""
    ours = _ours(formats)
    decode = msgspec.json.Decoder(Conversation).decode
    with source.open_bytes(path) as file:
        first = next((raw for raw in file if raw.strip()), b"")
    try:
        decode(first)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        for line, value in containers.json_rows(path):
            yield from made_of(line, value, formats, only)
        return
    for line, raw in source.raw_lines(path):
        try:
            made = decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            for text in containers.texts_of(path, line, raw):
                if isinstance(text, containers.Bad):
                    yield line, text
                elif text.strip():
                    yield from made_of(line, containers.parsed(text), formats, only)
            continue
        if made.turns and all(0 <= t.speaker < len(made.speakers) for t in made.turns):
            yield line, made
        else:
            yield from made_of(line, msgspec.to_builtins(made), [ours], None)


def _ours(formats: Sequence[Format]) -> Format:
    return next(form for form in formats if form.name == "jsonl")


def _by_shape(value: dict[str, Any], formats: Sequence[Format]) -> Format | None:
    return next((f for f in formats if f.matches is not None and f.matches(value)), None)


def _words(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _resembles(value: dict[str, Any], formats: Sequence[Format], only: Format | None) -> str:
    other = _by_shape(value, formats)
    if only is None or other is None or other is only:
        return ""
    return f"; it looks like {other.name}"
