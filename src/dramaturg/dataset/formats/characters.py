"""Characters: PIPPA's logs, and character cards (V1 to V3) as JSON or inside a PNG. Import only."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dramaturg.dataset.facts import clean
from dramaturg.dataset.formats.base import Format, Row, Shape
from dramaturg.dataset.formats.passed import paths
from dramaturg.dataset.formats.peek import Peek
from dramaturg.dataset.formats.talk import conversation, person, text
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Fact, Persona

_PNG = b"\x89PNG\r\n\x1a\n"
_KEYWORDS = (b"ccv3", b"chara")  # the newer one first, where a card has both
_CARD = {"name", "description", "first_mes"}
_READS = paths("name description personality scenario first_mes mes_example alternate_greetings")
_START = re.compile(r"<START>", re.IGNORECASE)
_LINE = re.compile(r"^\s*\{\{(user|char)\}\}\s*:\s*(.*)$", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def card_in(path: Path) -> dict[str, Any]:
    """The fields of a character card, whatever its version.

    Raises:
        UserError: If the file holds no card.
    """
    raw = path.read_bytes()
    told = _in_png(raw, path) if raw.startswith(_PNG) else raw
    try:
        card = json.loads(told)
    except ValueError as error:
        raise UserError(f"{path} holds no character card", why=f"not JSON: {error}") from error
    if not is_card(card):
        raise UserError(
            f"{path} holds no character card",
            why="it has no name, description and first_mes",
        )
    return dict(_fields(card))


def is_card(card: Any) -> bool:
    """Whether a JSON value is a character card of some version."""
    return isinstance(card, dict) and set(_fields(card)) >= _CARD


def looks_like_a_card(path: Path) -> bool:
    """Whether a file is a PNG, or JSON that speaks of a first message, as cards do."""
    if not path.is_file() or path.suffix.lower() not in {".png", ".json"}:
        return False
    with path.open("rb") as file:
        head = file.read(1 << 16)
    return head.startswith(_PNG) or b'"first_mes"' in head


def persona_of(card: Shape) -> Persona:
    """The character as a person: sentences of description and personality; the rest as views."""
    name = clean(str(card.get("name") or ""))
    views = {
        "backstory": card.get("description"),
        "style": card.get("personality"),
        "role_policy": card.get("system_prompt"),
        "scenario": card.get("scenario"),
        "greeting": card.get("first_mes"),
        "examples": card.get("mes_example"),
        "tags": card.get("tags"),
    }
    return Persona(
        name=name,
        facts=tuple(Fact(text=sentence) for sentence in _facts(card, name)),
        views={k: v for k, v in views.items() if v},
        source=clean(f"character card by {card.get('creator') or 'an unnamed maker'}"),
    )


def _fields(card: Any) -> Shape:
    data = card.get("data") if isinstance(card, dict) else None
    return data if isinstance(data, dict) else card


def _in_png(raw: bytes, path: Path) -> bytes:
    found: dict[bytes, bytes] = {}
    at = len(_PNG)
    while at + 12 <= len(raw):
        size = int.from_bytes(raw[at : at + 4], "big")
        kind, body = raw[at + 4 : at + 8], raw[at + 8 : at + 8 + size]
        if len(body) < size:
            raise UserError(f"{path} is not a whole PNG", why="it ends inside a chunk")
        if kind == b"tEXt":
            keyword, _, value = body.partition(b"\0")
            found[keyword.lower()] = value
        elif kind == b"zTXt":
            keyword, _, value = body.partition(b"\0")
            try:
                found[keyword.lower()] = zlib.decompress(value[1:])
            except zlib.error as error:
                raise UserError(f"{path} is not a whole PNG", why=str(error)) from error
        at += 12 + size
    for keyword in _KEYWORDS:
        if keyword in found:
            try:
                return base64.b64decode(found[keyword], validate=True)
            except ValueError as error:
                raise UserError(f"the card in {path} is damaged", why=str(error)) from error
    raise UserError(
        f"{path} is a picture without a character card",
        why="it has no text chunk named 'chara'",
        fix="export the card again, or give its JSON",
    )


def _facts(card: Shape, name: str) -> list[str]:
    found = []
    for key in ("description", "personality"):
        for line in str(card.get(key) or "").splitlines():
            for sentence in _SENTENCE.split(_named(line, name)):
                if said := clean(sentence):
                    found.append(said)
    return list(dict.fromkeys(found))


def _named(told: str, name: str) -> str:
    told = re.sub(r"\{\{char\}\}|<BOT>", lambda _: name, told, flags=re.IGNORECASE)
    return re.sub(r"\{\{user\}\}|<USER>", "User", told, flags=re.IGNORECASE)


def _decode_card(row: Shape) -> Iterable[Conversation]:
    """The example dialogues of a card, then its greeting as a talk of one turn."""
    card = _fields(row)
    who = persona_of(card)
    people = [person("User"), person(who.name, who.sentences)]
    scenario = _named(str(card.get("scenario") or ""), who.name)
    scene = {"setting": scenario} if scenario else {}
    for block in _START.split(str(card.get("mes_example") or "")):
        if turns := _example(block, who.name):
            yield conversation(people, turns, scene=scene)
    for greeting in [card.get("first_mes"), *(card.get("alternate_greetings") or ())]:
        if greeting:
            yield conversation(people, [(1, _named(str(greeting), who.name))], scene=scene)


def _example(block: str, name: str) -> list[tuple[int, str]]:
    turns: list[tuple[int, str]] = []
    for line in block.splitlines():
        hit = _LINE.match(line)
        if hit:
            turns.append((int(hit[1].lower() == "char"), _named(hit[2], name)))
        elif turns and line.strip():
            turns[-1] = (turns[-1][0], f"{turns[-1][1]}\n{_named(line.strip(), name)}")
    return turns


def _read_card(path: Path) -> Iterator[Row]:
    card = card_in(path)
    for made in _decode_card(card):
        yield 1, made
    if (passed := CARD.passed(card)) is not None:
        yield 1, passed


def _decode_pippa(row: Shape) -> Iterable[Conversation]:
    name = clean(str(row.get("bot_name") or "Character"))
    description = _named(str(row.get("bot_description") or ""), name)
    turns = [
        (0 if message["is_human"] else 1, text(message["message"]))
        for message in row["conversation"]
    ]
    told = {
        "categories": row.get("categories"),
        "greeting": row.get("bot_greeting"),
        "definitions": row.get("bot_definitions"),
    }
    people = [person("User"), person(name, filter(None, map(clean, description.splitlines())))]
    return [
        conversation(
            people,
            turns,
            scene={k: v for k, v in told.items() if v},
            extra={"bot_id": str(row["bot_id"])} if row.get("bot_id") else None,
        )
    ]


def _is_pippa(row: Shape) -> bool:
    told = row.get("conversation")
    return (
        isinstance(told, list)
        and bool(told)
        and isinstance(told[0], dict)
        and ("is_human" in told[0])
    )


def _looks_like_a_card(peek: Peek) -> bool:
    return peek.kind == "png" or (peek.kind == "json" and any(map(is_card, peek.rows)))


CARD = Format(
    name="character-card",
    about="a character card (V1 to V3), as JSON or in a PNG",
    looks=_looks_like_a_card,
    read=_read_card,
    matches=is_card,
    decode=_decode_card,
    reads=_READS | paths("spec spec_version") | {f"data.{key}" for key in _READS},
)
PIPPA = Format(
    name="pippa",
    about="PIPPA: `bot_name`, `bot_description`, `conversation` with `is_human`",
    matches=_is_pippa,
    decode=_decode_pippa,
    reads=paths("bot_id bot_name bot_description bot_greeting bot_definitions categories")
    | paths("message is_human", "conversation"),
)
