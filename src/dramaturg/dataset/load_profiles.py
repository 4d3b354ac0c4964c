"""Read texts about people, each with its person's name, and their true profile where there is one.

Every line or file that is not used is noted as a `Drop` with its place and its reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.facts import clean
from dramaturg.dataset.source import existing_file, files_in, kind_of, lines
from dramaturg.errors import UserError
from dramaturg.records import Attribute, Drop, Profile, content_id, key_of, values_in
from dramaturg.store import notes

LONGEST = 100_000  # characters of one text; a longer one is a book, and no biography
_ENDINGS = (".txt", ".md", ".markdown")


class Biography(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person and what is written about them.

    Attributes:
        text: Data, never an instruction; "" where only the profile is given.
        known: The true profile, None where nobody gave one.
        source: File name and line, e.g. "people.jsonl:12".
    """

    name: str
    text: str = ""
    known: Profile | None = None
    aliases: tuple[str, ...] = ()
    source: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            held = self.known.id if self.known else ""
            msgspec.structs.force_setattr(self, "id", content_id("b", [self.name, self.text, held]))


def load_profiles(source: str | Path) -> list[Biography]:
    """The people of a JSONL file, of a text file, or of every text file in a folder, each once.

    Args:
        source: A JSONL line is an object with "name", and with "text", "profile" (an object of
            keys and values, a value being a text, a number or a list of them) or both; "aliases"
            is optional. A .txt or .md file is one text, and its name without the ending is the
            person's ("ada_lovelace.txt").

    Raises:
        UserError: If there is nothing to read, or no line of it can be used.
    """
    path = Path(source)
    if path.is_dir():
        files = [f for f in files_in(path) if f.parent == path and f.suffix.lower() in _ENDINGS]
        if not files:
            raise UserError(
                f"there is no text in {path}", fix=f"put in files {', '.join(_ENDINGS)}"
            )
        rows = [row for file in files for row in _of_text(file)]
    else:
        path = existing_file(path, "texts about people")
        kind = kind_of(path)
        if kind not in ("jsonl", "text"):
            raise UserError(f"{path} is {kind}", fix="give JSONL, or texts named for their person")
        rows = list(_of_jsonl(path) if kind == "jsonl" else _of_text(path))
    found: dict[str, Biography] = {}
    drops: list[Drop] = []
    for place, made in rows:
        if isinstance(made, str):
            drops.append(Drop(kind="input_line", reason=made, subject=place))
        elif made.id in found:
            reason = f"duplicate: the same as {found[made.id].source}"
            drops.append(Drop(kind="input_line", reason=reason, subject=place))
        else:
            found[made.id] = made
    if not found:
        why = f"{drops[0].subject}: {drops[0].reason}" if drops else "it is empty"
        raise UserError(
            f"{source} holds no person that can be used",
            why=why,
            fix='write lines such as {"name": "Ada Abel", "text": "Ada Abel, born 1950, ..."}',
        )
    for drop in drops:
        notes.note(drop)
    return list(found.values())


def profile_from(name: str, held: dict[str, Any], aliases: tuple[str, ...] = ()) -> Profile:
    """The profile that an object of keys and values describes; empty values are left out.

    Raises:
        ValueError: If a value is neither a text, a number nor a list of them.
    """
    attributes: list[Attribute] = []
    for key, value in held.items():
        many = value if isinstance(value, list) else [value]
        if any(isinstance(v, dict | list) for v in many):
            raise ValueError(f"the value of {key!r} is no text, number or list of them")
        texts = [clean(str(v)) for v in many if v is not None and v != ""]
        told = texts if isinstance(value, list) else values_in(key, " ".join(texts))
        known = key_of(key).name
        attributes += [Attribute(key=known, value=v) for v in told if known != "name"]
    return Profile(name=name, attributes=tuple(attributes), aliases=aliases)


def _of_text(file: Path) -> Iterator[tuple[str, Biography | str]]:
    text = "\n".join(filter(None, (clean(line) for _, line in lines(file))))
    name = " ".join(file.stem.replace("_", " ").split()).title()
    if not text:
        yield file.name, "empty: no text in it"
    elif len(text) > LONGEST:
        yield file.name, f"too long: {len(text)} characters, {LONGEST} at most"
    else:
        yield file.name, Biography(name=name, text=text, source=file.name)


def _of_jsonl(path: Path) -> Iterator[tuple[str, Biography | str]]:
    for number, line in lines(path):
        if line.strip():
            place = f"{path.name}:{number}"
            try:
                yield place, _read(json.loads(line), place)
            except (ValueError, RecursionError) as error:
                yield place, f"unreadable: {error}"[:300]


def _read(row: Any, place: str) -> Biography:
    """Raises ValueError where a line is no person."""
    if not isinstance(row, dict):
        raise ValueError("the line is no object")
    name, text = row.get("name"), row.get("text")
    held, aliases = row.get("profile"), row.get("aliases") or []
    if not isinstance(name, str) or not clean(name):
        raise ValueError('there is no "name"')
    if text is not None and not isinstance(text, str):
        raise ValueError('"text" is no text')
    if held is not None and not isinstance(held, dict):
        raise ValueError('"profile" is no object of keys and values')
    if not isinstance(aliases, list) or not all(isinstance(a, str) for a in aliases):
        raise ValueError('"aliases" is no list of names')
    text = "\n".join(filter(None, map(clean, (text or "").split("\n"))))
    if not text and not held:
        raise ValueError('there is neither "text" nor "profile"')
    if len(text) > LONGEST:
        raise ValueError(f"the text has {len(text)} characters, {LONGEST} at most")
    also = tuple(clean(a) for a in aliases)
    known = profile_from(clean(name), held, also) if held else None
    return Biography(name=clean(name), text=text, known=known, aliases=also, source=place)
