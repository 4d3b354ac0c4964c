"""ShareGPT: `conversations` of `from` and `value`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dramaturg.dataset.formats import containers, system, training
from dramaturg.dataset.formats.aspects import outer_id
from dramaturg.dataset.formats.base import Format, Losses, Shape
from dramaturg.dataset.formats.messages import (
    ASSISTANT,
    OF_MESSAGE,
    OF_ROW,
    decode_messages,
    rest_text,
)
from dramaturg.dataset.formats.passed import paths
from dramaturg.dataset.formats.talk import both
from dramaturg.records import Conversation

_ROLES = ("human", "gpt")


def _decode(row: Shape) -> Iterable[Conversation]:
    return [decode_messages(row["conversations"], row, str(row.get("system") or ""))]


def _rows(rows: Iterable[Conversation]) -> Iterator[dict[str, Any]]:
    for made in rows:
        before = made.scene.get("system")
        told = system.render(
            both(made.speakers), ASSISTANT, before if isinstance(before, str) else ""
        )
        row: dict[str, Any] = {"id": outer_id(made)}
        row["conversations"] = [{"from": _ROLES[t.speaker], "value": t.text} for t in made.turns]
        if told:
            row["system"] = told
        rest = rest_text(made)
        yield {**row, "dramaturg": rest} if rest else row


def _examples(
    rows: Iterable[Conversation], losses: Losses, options: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    sides = {"user": "human", "assistant": "gpt"}
    for _, id, example in training.examples_of(rows, losses, options):
        said = [m for m in example.messages if m.role in sides]
        row: dict[str, Any] = {"id": id}
        row["conversations"] = [{"from": sides[m.role], "value": m.content} for m in said]
        told = "\n".join(m.content for m in example.messages if m.role == "system")
        yield {**row, "system": told} if told else row


def _write(rows: Iterable[Conversation], path: Path, losses: Losses, **options: Any) -> None:
    containers.write_json(path, _examples(rows, losses, options) if options else _rows(rows))


SHAREGPT = Format(
    name="sharegpt",
    about='ShareGPT: `{"conversations": [{"from": "human", "value": "Hi!"}, ...], "system": ...}`',
    matches=lambda row: isinstance(row.get("conversations"), list),
    decode=_decode,
    reads=OF_ROW | paths(OF_MESSAGE, "conversations"),
    write=_write,
    speakers=2,
    partly=training.WITH_OPTIONS,
    options=training.OPTIONS,
)
