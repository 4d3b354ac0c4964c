"""Write a run's records as a dataset that `datasets.load_dataset` reads.

The journal is read in order of ids, a batch at a time; files are written aside and moved into
place when all are whole, so that a kill leaves the old files, the new ones, or (between two
moves) both, and the next export sets it right. The same records give the same bytes.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from dramaturg.dataset.parquet import (
    BATCH_ROWS,
    SPLITS,
    conversation_schema,
    conversation_table,
    write_rows,
)
from dramaturg.errors import UserError
from dramaturg.records import (
    Conversation,
    Drop,
    Persona,
    Preference,
    from_json,
    schema_for,
    to_arrow,
    to_json,
)
from dramaturg.store import RunFolder

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

ROWS_PER_FILE = 50_000
RESERVED = ("data", "personas", "preferences", "dropped")
_ASIDE = ".export"
_OUR_NAME = re.compile(r"\w+-\d{5}-of-\d{5}\.parquet")


class _Head(msgspec.Struct):
    """What the first pass reads of a conversation."""

    id: str
    split: str = ""
    scores: dict[str, float] = {}


def export(
    folder: RunFolder,
    conversations: Iterable[Conversation] | None = None,
    people: Iterable[Persona] | None = None,
    *,
    tables: Mapping[str, Sequence[msgspec.Struct]] = {},
    rows_per_file: int = ROWS_PER_FILE,
) -> dict[str, int]:
    """Write data/, personas/, preferences/ and dropped/ of a run folder.

    Args:
        conversations: The kept ones, each with its split; they are put into the journal. None:
            every conversation of the journal that has a split.
        people: The persons to write; None: every person of the journal.
        tables: Further tables by name: rows of one Struct type each; they are put into the
            journal and written to NAME/ in the order given.
        rows_per_file: Of data/; the other tables have files of 50,000 rows.

    Returns:
        Conversations by split, empty splits left out.

    Raises:
        UserError: If a conversation that is given has no split or one that cannot be a file
            name, or if a file cannot be written.
    """
    kept = _put_conversations(folder, conversations) if conversations is not None else None
    wanted = _put_people(folder, people) if people is not None else None
    counts, scorers = _survey(folder, kept)
    aside = folder.path / _ASIDE
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        written: dict[str, list[Path]] = {"data": []}
        for split, count in counts.items():
            rows = _kept(folder, split, kept)
            schema = conversation_schema(scorers)
            batches = (conversation_table(batch, scorers) for batch in _batches(rows))
            written["data"] += _write(aside / "data", split, batches, schema, count, rows_per_file)
        for room, kind, pages, schema, count in _side_tables(folder, wanted):
            written[room] = _write(aside / room, kind, pages, schema, count, ROWS_PER_FILE)
        for name, rows_of in tables.items():
            written[name] = _write_table(folder, aside, name, rows_of)
        for room, files in written.items():
            _move(files, folder.path / room)
        shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise UserError(
            f"the dataset in {folder.path} cannot be written",
            why=str(error),
            fix="see that the disk has room, then run the same command again: everything finished "
            "is in the journal",
        ) from error
    return counts


def _write_table(
    folder: RunFolder, aside: Path, name: str, rows: Sequence[msgspec.Struct]
) -> list[Path]:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in RESERVED:
        raise ValueError(f"{name!r} cannot be the name of a table")
    if not rows:
        return []
    kind = type(rows[0])
    folder.journal.forget(f"row:{name}")
    for row in rows:
        folder.journal.put(f"row:{name}", row.id, to_json(row))  # type: ignore[attr-defined]
    batches = (to_arrow(batch, kind) for batch in _batches(rows))
    return _write(aside / name, name, batches, schema_for(kind), len(rows), ROWS_PER_FILE)


def _put_conversations(folder: RunFolder, given: Iterable[Conversation]) -> set[str]:
    ids = set()
    for conversation in given:
        if not re.fullmatch(r"\w+", conversation.split):
            raise UserError(
                f"conversation {conversation.id} has no split that can be a file's name",
                why=f"its split is {conversation.split!r}",
                fix="give each one of train, validation and test: dataset.apart_by_persona",
            )
        made = conversation.provenance
        folder.journal.put("conversation", conversation.id, to_json(conversation), made.round)
        ids.add(conversation.id)
    return ids


def _put_people(folder: RunFolder, given: Iterable[Persona]) -> set[str]:
    ids = set()
    for person in given:
        folder.journal.put("persona", person.id, to_json(person))
        ids.add(person.id)
    return ids


def _survey(folder: RunFolder, kept: set[str] | None) -> tuple[dict[str, int], list[str]]:
    counts: Counter[str] = Counter()
    scorers: set[str] = set()
    for body in folder.journal.records_by_id("conversation"):
        head = from_json(body, _Head)
        if head.split and (kept is None or head.id in kept):
            counts[head.split] += 1
            scorers.update(head.scores)
    known = [split for split in SPLITS if split in counts]
    return {s: counts[s] for s in [*known, *sorted(counts.keys() - set(SPLITS))]}, sorted(scorers)


def _kept(folder: RunFolder, split: str, kept: set[str] | None) -> Iterator[Conversation]:
    for body in folder.journal.records_by_id("conversation"):
        head = from_json(body, _Head)
        if head.split == split and (kept is None or head.id in kept):
            yield from_json(body, Conversation)


def _side_tables(
    folder: RunFolder, people: set[str] | None
) -> Iterator[tuple[str, str, Iterator[pa.Table], pa.Schema, int]]:
    journal = folder.journal
    persons = (from_json(body, Persona) for body in journal.records_by_id("persona"))
    chosen = (p for p in persons if people is None or p.id in people)
    count = journal.count("persona") if people is None else len(people)
    tables = (to_arrow(batch, Persona) for batch in _batches(chosen))
    yield "personas", "personas", tables, schema_for(Persona), count

    preferred = (from_json(body, Preference) for body in journal.records_by_id("preference"))
    tables = (_preference_table(folder, batch) for batch in _batches(preferred))
    schema = _with(schema_for(Preference), "chosen_text", "rejected_text")
    yield "preferences", "preferences", tables, schema, journal.count("preference")

    drops = (from_json(body, Drop) for body in journal.records_by_id("drop"))
    tables = (_drop_table(batch) for batch in _batches(drops))
    schema = _with(schema_for(Drop), "reason_class")
    yield "dropped", "dropped", tables, schema, journal.count("drop")


def _with(schema: pa.Schema, *names: str) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([*schema, *(pa.field(name, pa.string()) for name in names)])


def _preference_table(folder: RunFolder, batch: list[Preference]) -> pa.Table:
    import pyarrow as pa

    table = to_arrow(batch, Preference)
    for side in ("chosen", "rejected"):
        texts = [_text(folder, getattr(preference, side)) for preference in batch]
        table = table.append_column(f"{side}_text", pa.array(texts, pa.string()))
    return table


def _text(folder: RunFolder, conversation: str) -> str | None:
    """The conversation in words, or None where the journal kept only its id."""
    body = folder.journal.record("conversation", conversation)
    return None if body is None else from_json(body, Conversation).as_text()


def _drop_table(batch: list[Drop]) -> pa.Table:
    import pyarrow as pa

    classes = pa.array([drop.reason_class for drop in batch], pa.string())
    return to_arrow(batch, Drop).append_column("reason_class", classes)


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    source = iter(rows)
    while batch := list(itertools.islice(source, BATCH_ROWS)):
        yield batch


def _write(
    place: Path,
    name: str,
    tables: Iterator[pa.Table],
    schema: pa.Schema,
    count: int,
    rows_per_file: int,
) -> list[Path]:
    """Files of `rows_per_file` rows, the last one of what is left; none if there are no rows."""
    if count == 0:
        return []
    place.mkdir(exist_ok=True)
    total = -(-count // rows_per_file)
    files: list[Path] = []
    rows = 0
    rest = _Rest(tables)
    for n in range(total):
        files.append(place / f"{name}-{n:05d}-of-{total:05d}.parquet")
        rows += write_rows(files[-1], rest.first(rows_per_file), schema)
    if rows != count:
        raise AssertionError(f"{name}: {rows} rows written of {count}")
    return files


class _Rest:
    """Tables, of which a number of rows is taken at a time."""

    def __init__(self, tables: Iterator[pa.Table]) -> None:
        self._tables = tables

    def first(self, rows: int) -> Iterator[pa.Table]:
        """Tables of so many rows in all, or of what is left."""
        while rows > 0 and (table := next(self._tables, None)) is not None:
            if table.num_rows > rows:
                self._tables = itertools.chain([table.slice(rows)], self._tables)
                table = table.slice(0, rows)
            rows -= table.num_rows
            yield table


def _move(files: list[Path], target: Path) -> None:
    if files:
        target.mkdir(exist_ok=True)
    for file in files:
        os.replace(file, target / file.name)
    new = {file.name for file in files}
    for old in target.glob("*.parquet") if target.is_dir() else ():
        if old.name not in new and _OUR_NAME.fullmatch(old.name):
            old.unlink()
