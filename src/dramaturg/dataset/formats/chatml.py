"""ChatML: a whole chat as one text with `<|im_start|>` and `<|im_end|>`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dramaturg.dataset.examples import as_chatml
from dramaturg.dataset.formats import containers, messages, training
from dramaturg.dataset.formats.base import Format, Losses, Shape
from dramaturg.records import Conversation

_MESSAGE = re.compile(r"<\|im_start\|>([^\n]*)\n(.*?)<\|im_end\|>", re.DOTALL)
_OPEN = re.compile(r"<\|im_start\|>[^\n]*\n\s*\S")  # not the head of a reply to be written
_MARK = re.compile(r"<\|(?=im_(?:start|end)\|>)")


_BROKEN = "ChatML's marks in texts, which are broken by a space"


def _decode(row: Shape) -> Iterable[Conversation]:
    rest = _MESSAGE.sub("", row["text"])
    if _OPEN.search(rest):
        raise ValueError("its last message has no <|im_end|>: it was cut off")
    told = [{"role": role.strip(), "content": said} for role, said in _MESSAGE.findall(row["text"])]
    return [messages.decode_messages(told, row)]


def _rows(rows: Iterable[Conversation], losses: Losses) -> Iterator[dict[str, str]]:
    for made in rows:
        told = messages.encode(made)
        if any(_MARK.search(message["content"]) for message in told):
            losses.lose(_BROKEN)
        yield {
            "text": "".join(
                f"<|im_start|>{m['role']}\n{_MARK.sub('< |', m['content'])}<|im_end|>\n"
                for m in told
            )
        }


def _examples(
    rows: Iterable[Conversation], losses: Losses, options: dict[str, Any]
) -> Iterator[dict[str, str]]:
    told: Conversation | None = None
    for made, _, example in training.examples_of(rows, losses, options):
        texts = [message.content for message in example.messages]
        if made is not told and any("<|" in text or "|>" in text for text in texts):
            losses.lose(_BROKEN)
            told = made
        yield {"text": as_chatml(example)[0]}


def _write(rows: Iterable[Conversation], path: Path, losses: Losses, **options: Any) -> None:
    if options:
        containers.write_json(path, _examples(rows, losses, options))
    else:
        containers.write_json(path, _rows(rows, losses))


CHATML = Format(
    name="chatml",
    about='ChatML: `{"text": "<|im_start|>user\\nHi!<|im_end|>\\n..."}`',
    matches=lambda row: isinstance(row.get("text"), str) and "<|im_start|>" in row["text"],
    decode=_decode,
    reads=messages.OF_ROW - {"system"} | {"text"},
    write=_write,
    holds=messages.IN_WORDS,
    speakers=2,
    partly=f"ChatML's own marks inside a text, broken by a space; {training.WITH_OPTIONS}",
    options=training.OPTIONS,
)
