"""The bodies that go over the wire: what is sent, and what comes back, read strictly."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from dramaturg.errors import RecordError

_THINKING = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)


class BrokenBody(ValueError):
    """A 200 whose body is not what was asked for."""


class Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Said(msgspec.Struct):
    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None


class Choice(msgspec.Struct):
    message: Said
    finish_reason: str | None = None


class Completion(msgspec.Struct):
    choices: list[Choice]
    model: str | None = None
    usage: Usage | None = None
    error: Any = None


class Vector(msgspec.Struct):
    embedding: list[float]
    index: int | None = None


class Vectors(msgspec.Struct):
    data: list[Vector]
    usage: Usage | None = None


_completions = msgspec.json.Decoder(Completion)
_vectors = msgspec.json.Decoder(Vectors)


def decode_completion(data: bytes) -> Completion:
    """A completion with at least one choice. Raises BrokenBody."""
    found: Completion = strictly(_completions, data)
    if found.error and not found.choices:
        told = found.error.get("message") if isinstance(found.error, dict) else found.error
        raise BrokenBody(str(told)[:300])
    if not found.choices:
        raise BrokenBody("no choices in it")
    return found


def strictly(decoder: msgspec.json.Decoder[Any], data: bytes) -> Any:
    """The decoded body. Raises BrokenBody."""
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        head = data[:120].decode("utf-8", "replace")
        raise BrokenBody(f"{error}; it begins: {head or 'nothing'}") from None


def read_choice(choice: Choice) -> tuple[str, str]:
    """The text and the finish; a refusal's text is its words."""
    said = choice.message
    if said.refusal:
        return said.refusal, "refusal"
    content = said.content or ""
    if not isinstance(content, str):
        content = "".join(str(part.get("text", "")) for part in content)
    if content.lstrip().startswith("<think>"):
        content = _THINKING.sub("", content)  # a reasoning model's notes to itself
    return content, choice.finish_reason or "stop"


def encode(body: dict[str, Any]) -> bytes:
    """The body as JSON. Raises RecordError on half a character."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError as error:
        raise RecordError(
            "the prompt holds half a character, which no server can be sent",
            why=str(error)[:200],
            fix="the text it was made from was cut or decoded wrongly: clean that row",
        ) from None


def decode_vectors(data: bytes, count: int) -> Vectors:
    """So many vectors of one length. Raises BrokenBody."""
    found: Vectors = strictly(_vectors, data)
    if len(found.data) != count or len({len(row.embedding) for row in found.data}) != 1:
        raise BrokenBody(f"{len(found.data)} vectors for {count} texts")
    if all(row.index is not None for row in found.data):
        found.data.sort(key=lambda row: row.index or 0)
    return found
