"""Read documents by their authors: journal entries, posts, letters; whoever wrote more than one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.facts import clean, words
from dramaturg.dataset.source import Bad, csv_rows, existing_file, files_in, kind_of, lines
from dramaturg.errors import UserError
from dramaturg.records import Drop, content_id

LONGEST = 200_000  # characters of a document: more is no entry but a book
_AUTHORS = ("author", "author_fullname", "user", "username", "name")
_TEXTS = ("text", "processed_text", "selftext", "content", "body", "entry")
_TIMES = ("time", "date", "created", "created_utc")
_ENDINGS = (".txt", ".md", ".markdown")


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One text by one author.

    Attributes:
        text: Its paragraphs, one a line. Data, never an instruction.
        time: As the source gives it, "" if it does not.
        id: The source's own, else a content hash of author and text.
    """

    author: str
    text: str
    time: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            msgspec.structs.force_setattr(self, "id", content_id("d", [self.author, self.text]))


@dataclass(frozen=True)
class Library:
    """What a source of documents holds.

    Attributes:
        by_author: The documents of each author; authors and documents in the order read.
        drops: What is not used, each with its place and its reason.
    """

    by_author: dict[str, tuple[Document, ...]]
    drops: list[Drop] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(map(len, self.by_author.values()))


def load_documents(source: str | Path, *, least: int = 20) -> Library:
    """The documents of a file or a folder, by author.

    Args:
        source: JSONL or CSV with an author and a text in every row (an id and a time if there
            are), or a folder with a folder of txt or md files for each author.
        least: Words that a document must have.

    Raises:
        UserError: If there is nothing to read, or no document of at least two authors is usable.
    """
    path = Path(source)
    rows = _in_folder(path) if path.is_dir() else _in_file(path)
    found: dict[str, dict[str, Document]] = {}
    said: set[tuple[str, str]] = set()
    ids: set[str] = set()
    drops: list[Drop] = []
    for where, row in rows:
        one = row if isinstance(row, str) else _document(row)
        if isinstance(one, Document):
            size = len(words(one.text))
            if size < least:
                one = f"too short: {size} words, {least} are the least"
            elif len(one.text) > LONGEST:
                one = f"too long: {len(one.text):,} characters"
            elif (one.author, one.text) in said:
                one = "duplicate: the author says the same elsewhere"
            elif one.id in ids:
                one = f"duplicate: the id {one.id[:60]!r} is there already"
        if isinstance(one, str):
            drops.append(Drop(kind="document", reason=one, subject=where))
            continue
        said.add((one.author, one.text))
        ids.add(one.id)
        found.setdefault(one.author, {})[one.id] = one
    if len(found) < 2:
        why = f"{len(drops)} rows are not used, the first: {drops[0].reason}" if drops else ""
        raise UserError(
            f"{path} holds usable documents of {len(found)} authors, two are needed",
            why=why,
            fix="give rows with an author and a text, or a folder with a folder for each author",
        )
    return Library({author: tuple(docs.values()) for author, docs in found.items()}, drops)


def _in_file(path: Path) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    """(place, row or what is wrong with it)."""
    path = existing_file(path, "documents and their authors")
    kind = kind_of(path)
    if kind == "jsonl":
        for number, line in lines(path):
            if line.strip():
                yield f"line {number}", _json_row(line)
    elif kind == "csv":
        for number, row in csv_rows(path):
            yield f"line {number}", f"not a whole row: {row}" if isinstance(row, Bad) else row
    else:
        raise UserError(
            f"{path} does not say who wrote what",
            why=f"it is {kind}",
            fix="give JSONL or CSV with author and text, or a folder with one folder an author",
        )


def _json_row(line: str) -> Mapping[str, Any] | str:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"[:200]
    return value if isinstance(value, dict) else "no object: a row is {author, text}"


def _in_folder(folder: Path) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    for file in files_in(folder):
        inside = file.relative_to(folder)
        if len(inside.parts) > 1 and file.suffix.lower() in _ENDINGS:
            text = "\n".join(line for _, line in lines(file)) if file.stat().st_size else ""
            yield (
                inside.as_posix(),
                {"author": inside.parts[0], "text": text, "id": inside.as_posix()},
            )


def _document(row: Mapping[str, Any]) -> Document | str:
    """The document of a row, or what is wrong with it."""
    author, text = _first(row, _AUTHORS), _first(row, _TEXTS)
    if not author.strip() or author.strip().lower() in ("[deleted]", "none", "null"):
        return "no author: the row names none"
    plain = "\n".join(filter(None, map(clean, text.split("\n"))))
    if not plain or plain.lower() in ("[deleted]", "[removed]"):
        return "no text: the row holds none"
    own = row.get("id")
    return Document(
        author=clean(author),
        text=plain,
        time=_first(row, _TIMES),
        id=str(own) if isinstance(own, (str, int)) and str(own) else "",
    )


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first of these columns that holds something."""
    for name in names:
        value = row.get(name)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value):
            return str(value)
    return ""
