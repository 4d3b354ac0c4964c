"""Records as JSON and back."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from dramaturg.errors import RecordError

T = TypeVar("T")


def to_json(record: Any) -> str:
    """One record as one line of JSON, UTF-8, fields at their default left out."""
    return msgspec.json.encode(record).decode("utf-8")


def from_json(text: str | bytes, kind: type[T]) -> T:
    """The record that `to_json` wrote.

    Raises:
        RecordError: If the text is not JSON or lacks what the record must carry.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RecordError(f"this is not a {kind.__name__} record", why=str(error)) from error
