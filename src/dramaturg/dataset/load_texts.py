"""Read texts that people are to be found in: a file or a folder of txt, md or JSONL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.facts import clean, words
from dramaturg.dataset.source import existing_file, files_in, kind_of, lines
from dramaturg.errors import UserError
from dramaturg.records import Drop, content_id

LONGEST = 4_000  # characters of one passage: what a prompt can show
_SHORTEST = 40  # characters that a passage must have: shorter ones tell of nobody
_GATHER = 400  # short paragraphs are joined until they have as many
_ENDINGS = (".txt", ".md", ".markdown", ".jsonl", ".ndjson")
_KEYS = ("text", "content", "document", "body")


class Passage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of text that a prompt can show.

    Attributes:
        text: Its words, on one line a paragraph. Data, never an instruction.
        source: File name and line, e.g. "notes.md:12".
    """

    text: str
    source: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            msgspec.structs.force_setattr(self, "id", content_id("x", self.text))


@dataclass(frozen=True)
class Texts:
    """What a source of texts holds.

    Attributes:
        passages: Each once, in the order of the files' names and their lines.
        drops: What is not used, each with its file, its line and its reason.
    """

    passages: list[Passage]
    drops: list[Drop] = field(default_factory=list)


def load_texts(source: str | Path, *, longest: int = LONGEST) -> Texts:
    """The passages of a file, or of every txt, md and JSONL file under a folder.

    Plain text and Markdown are parted at blank lines; short paragraphs are joined, long ones cut
    at a sentence. A JSONL line is a text, or an object with "text" (or content, document, body).

    Args:
        longest: Most characters of a passage, >= 200.

    Raises:
        UserError: If there is nothing to read.
    """
    if longest < 200:
        raise UserError(
            f"a passage of {longest} characters tells of nobody", fix="give 200 or more"
        )
    path = Path(source)
    files = _files(path) if path.is_dir() else [existing_file(path, "texts")]
    found: dict[str, Passage] = {}
    drops: list[Drop] = []
    for file in files:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        for line, text, wrong in _pieces(file, longest):
            where = f"{name}:{line}"
            one = Passage(text=text, source=where)
            if not wrong and one.id in found:
                wrong = f"duplicate: says what {found[one.id].source} says"
            if wrong:
                drops.append(
                    Drop(kind="text", reason=wrong, subject=where, detail=clean(text)[:200])
                )
            else:
                found[one.id] = one
    if not found:
        why = f"{len(drops)} pieces are not used, the first: {drops[0].reason}" if drops else ""
        fix = f"give passages of at least {_SHORTEST} characters, a blank line between them"
        raise UserError(f"{path} holds no usable text", why=why, fix=fix)
    return Texts(list(found.values()), drops)


def _files(folder: Path) -> list[Path]:
    found = [f for f in files_in(folder) if f.name.lower().removesuffix(".gz").endswith(_ENDINGS)]
    if not found:
        raise UserError(f"there is no text in {folder}", fix=f"put in files {', '.join(_ENDINGS)}")
    return [file for file in found if file.stat().st_size]


def _pieces(file: Path, longest: int) -> Iterator[tuple[int, str, str]]:
    """(line, text, what is wrong with it or "")."""
    kind = kind_of(file)
    if kind == "jsonl":
        for number, line in lines(file):
            if line.strip():
                text, wrong = _of_json(line)
                for piece in _cut(text, longest) if not wrong else [line[:200]]:
                    yield number, piece, wrong or _too_little(piece)
    elif kind == "text":
        for number, paragraphs in _gathered(file):
            for piece in _cut(paragraphs, longest):
                yield number, piece, _too_little(piece)
    else:
        raise UserError(f"{file} is {kind}", fix="give txt, md or JSONL: one text a line")


def _of_json(line: str) -> tuple[str, str]:
    """The text of a line, and what is wrong with it or ""."""
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        return "", f"not JSON: {error}"[:200]
    if isinstance(value, dict):
        value = next((value[key] for key in _KEYS if isinstance(value.get(key), str)), None)
    if not isinstance(value, str):
        return "", f"no text: neither a text nor an object with {', '.join(_KEYS)}"
    return "\n".join(filter(None, map(clean, value.split("\n")))), ""


def _gathered(file: Path) -> Iterator[tuple[int, str]]:
    """Paragraphs with the line that each begins at, short ones joined."""
    begun, held = 1, ""
    paragraph, first = "", 0
    for number, line in chain(lines(file), [(0, "")]):
        text = clean(line)
        if text:
            first = first or number
            paragraph = f"{paragraph} {text}".strip()
            continue
        if paragraph:
            begun = begun if held else first
            held = f"{held}\n{paragraph}".strip()
            paragraph, first = "", 0
        if held and (len(held) >= _GATHER or not number):
            yield begun, held
            held = ""


def _cut(text: str, longest: int) -> Iterator[str]:
    """Pieces of at most so many characters, cut at a line, a sentence, a space, or anywhere."""
    start = 0
    while len(text) - start > longest:
        marks = ("\n", ". ", "! ", "? ", "。", " ")
        ends = (text.rfind(mark, start + longest // 2, start + longest) + 1 for mark in marks)
        end = next((end for end in ends if end), start + longest)
        yield text[start:end].strip()
        start = end
    yield text[start:].strip()


def _too_little(text: str) -> str:
    if not words(text):
        return "no words: nothing that can be read"
    # A character of a script without spaces says as much as several letters.
    size = len(text) if text.isascii() else len(text.encode())
    return f"too short: {len(text)} characters" if size < _SHORTEST else ""
