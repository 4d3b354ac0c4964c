"""Alpaca: an instruction and its output; the turns before them stand in `history`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dramaturg.dataset.formats import containers, system
from dramaturg.dataset.formats.base import Format, Losses, Shape
from dramaturg.dataset.formats.messages import (
    ASSISTANT,
    IN_WORDS,
    OF_ROW,
    USER,
    decode_messages,
)
from dramaturg.dataset.formats.passed import paths
from dramaturg.dataset.formats.talk import both, text
from dramaturg.records import Conversation


def _decode(row: Shape) -> Iterable[Conversation]:
    asked = text(row["instruction"])
    if row.get("input"):
        asked = f"{asked}\n{text(row['input'])}".strip("\n")
    pairs = [*(row.get("history") or ()), (asked, text(row["output"]))]
    messages = [
        {"role": role, "content": said}
        for pair in pairs
        for role, said in zip(("user", "assistant"), pair, strict=True)
        if said
    ]
    return [decode_messages(messages, row, str(row.get("system") or ""))]


def _rows(rows: Iterable[Conversation], losses: Losses) -> Iterator[dict[str, Any]]:
    for made in rows:
        if any(not turn.text for turn in made.turns):
            losses.lose("empty turns")
        pairs: list[list[str]] = []
        for turn in made.turns:
            if not turn.text:
                continue
            if turn.speaker == USER:
                pairs.append([turn.text, ""])
            elif pairs and not pairs[-1][ASSISTANT]:
                pairs[-1][ASSISTANT] = turn.text
            else:
                pairs.append(["", turn.text])
        if not pairs:
            losses.leave_out("nothing is said in it")
            continue
        before = made.scene.get("system")
        told = before if isinstance(before, str) else ""
        yield {
            "instruction": pairs[-1][USER],
            "input": "",
            "output": pairs[-1][ASSISTANT],
            "system": system.render(both(made.speakers), ASSISTANT, told),
            "history": pairs[:-1],
        }


def _write(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    containers.write_json(path, _rows(rows, losses))


ALPACA = Format(
    name="alpaca",
    about="Alpaca: `instruction`, `input`, `output`, with `system` and `history`",
    matches=lambda row: {"instruction", "output"} <= set(row),
    decode=_decode,
    reads=OF_ROW | paths("instruction input output history"),
    write=_write,
    holds=IN_WORDS,
    speakers=2,
    partly="empty turns",
)
