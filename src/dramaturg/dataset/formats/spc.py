"""Synthetic-Persona-Chat: the released CSV, the same columns on the hub, and as JSON lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dramaturg.dataset.formats import containers, sheets
from dramaturg.dataset.formats.aspects import outer_id
from dramaturg.dataset.formats.base import Format, Losses, Shape
from dramaturg.dataset.formats.talk import both, conversation, person, text, texts
from dramaturg.records import Conversation, Speaker

COLUMNS = ("user 1 personas", "user 2 personas", "Best Generated Conversation")
_KEYS = tuple(name.lower() for name in COLUMNS)
_END = "\r\n"  # between rows; inside a cell it is "\n", as in the released files
_TAG = re.compile(r"^\s*\**\s*user\s*([12])\s*\**\s*:\s*\**\s*(.*)$", re.IGNORECASE)


def _by_column(row: Shape) -> dict[str, Any]:
    return {name.strip().lower(): cell for name, cell in row.items()}


def decode_row(row: Shape) -> Iterable[Conversation]:
    """The conversation of a row with the three columns."""
    cells = _by_column(row)
    said = cells[_KEYS[2]]
    if not isinstance(said, str):
        raise ValueError(f"the conversation is a text, not {said!r}"[:120])
    turns = _turns(said)
    if not turns:
        raise ValueError("no line of the conversation begins with 'User 1:' or 'User 2:'")
    people = _people(cells[_KEYS[0]], cells[_KEYS[1]])
    made = conversation(people, turns)
    if said == tagged(made, Losses()):
        return [made]
    return [conversation(people, turns, extra={"layout": said})]


def _turns(said: str) -> list[tuple[int, str]]:
    turns: list[tuple[int, str]] = []
    for line in said.split("\n"):
        hit = _TAG.match(line)
        if hit:
            turns.append((int(hit[1]) - 1, hit[2].strip()))
        elif turns and line.strip():
            speaker, before = turns[-1]
            turns[-1] = (speaker, f"{before}\n{line.strip()}".strip())
    return turns


def decode_json(row: Shape) -> Iterable[Conversation]:
    """The conversation of an object with user_1, user_2 and turns."""
    turns = [(_index(who), text(said)) for who, said in row["turns"]]
    people = _people(row.get("user_1"), row.get("user_2"))
    return [conversation(people, turns, id=row.get("id"), split=str(row.get("split") or ""))]


def _people(one: Any, two: Any) -> list[Speaker]:
    return [person(f"User {n}", texts(told)) for n, told in enumerate((one, two), 1)]


def _index(who: Any) -> int:
    digits = re.search(r"(\d+)\s*$", str(who))
    if isinstance(who, int) and not isinstance(who, bool):
        return who
    if not digits or int(digits[1]) not in (1, 2):
        raise ValueError(f"{who!r} is neither 'User 1' nor 'User 2'"[:120])
    return int(digits[1]) - 1


def _write_csv(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    with containers.open_out(path) as file:
        file.write(sheets.line(COLUMNS, _END))
        for made in rows:
            file.write(sheets.line(_cells(made, losses), _END))


def _cells(made: Conversation, losses: Losses) -> list[str]:
    people = both(made.speakers)
    kept = [texts([" ".join(fact.split()) for fact in speaker.persona]) for speaker in people]
    if any(tuple(facts) != speaker.persona for facts, speaker in zip(kept, people, strict=True)):
        losses.lose("line breaks and outer spaces in facts")
    facts = ["\n".join(told) for told in kept]
    return [*facts, tagged(made, losses)]


def tagged(made: Conversation, losses: Losses) -> str:
    """The turns as tagged lines; a text that would be read as another one is made one line.

    A conversation that was read from such lines, laid out in another way (blank lines, stage
    directions, tags in bold), is given as it was laid out while its turns say the same.
    """
    layout = made.provenance.extra.get("layout")
    if isinstance(layout, str) and _turns(layout) == [(t.speaker, t.text) for t in made.turns]:
        return layout
    lines = []
    changed = starred = False
    for turn in made.turns:
        kept = turn.text.replace("\x00", "\ufffd")
        if not _safe(kept):
            kept = " ".join(kept.split())
        changed |= kept != turn.text
        starred |= kept.startswith("*")  # stars after a tag are read as the tag's bold
        lines.append(f"User {turn.speaker + 1}: {kept}".rstrip(" "))
    if changed:
        losses.lose("line breaks and outer spaces in turns")
    if starred:
        losses.lose("stars at the beginning of turns")
    return "\n".join(lines)


def _safe(said: str) -> bool:
    """Whether a text comes back as it is: its lines trimmed, none blank, none like a tag."""
    lines = said.split("\n")
    if any(line != line.strip() for line in lines) or "\r" in said or lines[0].startswith("*"):
        return False
    return not any(not line or _TAG.match(line) for line in lines[1:])


def _json_rows(rows: Iterable[Conversation], losses: Losses) -> Iterator[dict[str, Any]]:
    for made in rows:
        one, two = both(made.speakers)
        if any(tuple(texts(s.persona)) != s.persona for s in (one, two)):
            losses.lose("line breaks and outer spaces in facts")
        row: dict[str, Any] = {"id": outer_id(made)}
        if made.split:
            row["split"] = made.split
        turns = [[f"User {t.speaker + 1}", t.text] for t in made.turns]
        yield {**row, "user_1": one.persona, "user_2": two.persona, "turns": turns}


def _write_json(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    containers.write_json(path, _json_rows(rows, losses))


def _is_row(row: Shape) -> bool:
    return set(_KEYS) <= {name.strip().lower() for name in row}


def _is_json(row: Shape) -> bool:
    return ("user_1" in row or "user_2" in row) and "turns" in row


SPC = Format(
    name="spc",
    about="Synthetic-Persona-Chat's CSV, and its form on the Hugging Face hub",
    matches=_is_row,
    decode=decode_row,
    reads=lambda row: frozenset(name for name in row if name.strip().lower() in _KEYS),
    write=_write_csv,
    holds=frozenset({"personas", "layout"}),
    speakers=2,
    partly="blank lines, and lines that look like a speaker's tag, become one line; "
    "stars at a turn's beginning go",
)
SPC_JSONL = Format(
    name="spc-jsonl",
    about='the same as JSON: `{"user_1": [...], "user_2": [...], "turns": [["User 1", "Hi!"]]}`',
    matches=_is_json,
    decode=decode_json,
    reads=frozenset({"id", "split", "user_1", "user_2", "turns"}),
    write=_write_json,
    holds=frozenset({"personas", "id", "split"}),
    speakers=2,
    partly="line breaks and outer spaces in facts",
)
