"""Read questions to people with profiles: ready items, or conversations to make items of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dramaturg.dataset.facts import MAX_CHARACTERS, clean
from dramaturg.dataset.load_conversations import load_conversations
from dramaturg.dataset.source import existing_file, kind_of, lines
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Drop, OutOfProfile, Scene, Speaker, Turn
from dramaturg.store import notes

LONGEST = 4_000  # characters of a question or a reply
_QUERY = ("query", "input", "question")
_HELD = ("held", "insuf_personas", "insuf_persona")
_DELETED = ("deleted", "rm_persona")
_WHOLE = ("full_personas", "persona", "facts")
_REPLY = ("reply", "label", "answer")


class Turns(NamedTuple):
    """What a source holds: one of the two is empty unless the source mixes both."""

    items: list[OutOfProfile]
    conversations: list[Conversation]


def load_turns(source: str | Path) -> Turns:
    """The questions of a source.

    Args:
        source: JSON (an object with the list "data", or a list) or JSON lines. A row with "query"
            (or input), "held" (insuf_personas), "deleted" (rm_persona) and "reply" (label) is a
            ready item; one with "query", "facts" (full_personas) and "reply" is a turn that an
            item may be made of. Any other source is read as conversations, see
            `load_conversations`. Rows that cannot be used are noted as Drops.

    Raises:
        UserError: If the source is missing, empty, or holds nothing of the kind.
    """
    path = Path(source)
    if not path.is_dir() and not str(source).startswith("hf:"):
        path = existing_file(path, "conversations")
        if kind_of(path) in ("jsonl", "text"):
            rows = _rows(path)
            if rows is not None:
                return _read(rows, path)
    return Turns([], list(load_conversations(source, notes.note)))


def _rows(path: Path) -> list[tuple[int, Any]] | None:
    """The rows with their numbers where the first is a question of ours, else None."""
    try:
        if path.name.lower().removesuffix(".gz").endswith(".json"):
            whole = json.loads("\n".join(line for _, line in lines(path)))
            data = whole.get("data") if isinstance(whole, dict) else whole
            rows = list(enumerate(data, 1)) if isinstance(data, list) else []
        else:
            rows = []
            for number, line in lines(path):
                if not line.strip():
                    continue
                rows.append((number, _json(line)))
                if len(rows) == 1 and not _ours(rows[0][1]):
                    return None
    except (ValueError, RecursionError):
        return None
    return rows if rows and _ours(rows[0][1]) else None


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return str(error)


def _ours(row: Any) -> bool:
    return isinstance(row, dict) and any(k in row for k in _QUERY) and not row.get("turns")


def _read(rows: list[tuple[int, Any]], path: Path) -> Turns:
    items: dict[str, OutOfProfile] = {}
    talks: dict[str, Conversation] = {}
    wrong = ""
    for number, row in rows:
        try:
            made = _made(row, f"{path.name}:{number}")
        except ValueError as error:
            wrong = wrong or f"row {number}: {error}"
            reason = f"unreadable: row {number}: {error}"
            notes.note(Drop(kind="input_line", reason=reason[:300], subject=path.name))
            continue
        if isinstance(made, OutOfProfile):
            items.setdefault(made.id, made)
        else:
            talks.setdefault(made.id, made)
    if not items and not talks:
        raise UserError(f"{path} holds no question that can be used", why=wrong)
    return Turns(list(items.values()), list(talks.values()))


def _made(row: Any, place: str) -> OutOfProfile | Conversation:
    """Raises ValueError where a row is neither an item nor a turn."""
    if not isinstance(row, dict):
        raise ValueError("it is no object")
    query, reply = _text(row, _QUERY), _text(row, _REPLY)
    deleted = _text(row, _DELETED)
    if not query:
        raise ValueError("there is no question")
    if deleted:
        held = tuple(_facts(row, _HELD))
        if deleted in held:
            raise ValueError("the deleted fact is still in the profile")
        return OutOfProfile(query=query, held=held, deleted=deleted, reply=reply, source=place)
    whole = tuple(_facts(row, _WHOLE))
    if len(whole) < 2 or not reply:
        raise ValueError("it needs a deleted fact, or a profile of two facts and a reply")
    speakers = (Speaker(name="User 1"), Speaker(name="User 2", persona=whole))
    turns = (Turn(speaker=0, text=query), Turn(speaker=1, text=reply))
    scene = Scene(cast=(), fields={"source": place})
    return Conversation(scene_id=scene.id, speakers=speakers, turns=turns)


def _text(row: dict[str, Any], names: tuple[str, ...]) -> str:
    value = next((row[name] for name in names if row.get(name)), "")
    if not isinstance(value, str):
        raise ValueError(f"{names[0]} is no text")
    if len(value) > LONGEST:
        raise ValueError(f"{names[0]} has {len(value)} characters, {LONGEST} at most")
    return clean(value)


def _facts(row: dict[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    value: Any = next((row[name] for name in names if row.get(name)), [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError(f"{names[0]} is no list of facts")
    if any(len(v) > MAX_CHARACTERS for v in value):
        raise ValueError(f"a fact is longer than {MAX_CHARACTERS} characters")
    yield from dict.fromkeys(text for v in value if (text := clean(v)))
