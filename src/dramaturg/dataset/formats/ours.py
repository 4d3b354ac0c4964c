"""Our own records: JSON lines, parquet, and run folders. They hold everything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

import msgspec

from dramaturg.dataset.card import write_card
from dramaturg.dataset.export import export
from dramaturg.dataset.formats import containers, tables
from dramaturg.dataset.formats.base import Format, Losses, Row, Shape
from dramaturg.dataset.formats.peek import Peek
from dramaturg.dataset.formats.talk import checked, whole
from dramaturg.dataset.parquet import read_dataset
from dramaturg.records import Conversation, Fact, Persona, from_json, to_json
from dramaturg.store import RunFolder, is_run_folder

_PLURAL = {
    "persona": "rows of its table of persons",
    "preference": "preferences",
    "drop": "dropped rows",
    "verdict": "verdicts",
    "comparison": "comparisons",
}


def is_ours(row: Shape) -> bool:
    """Whether a row is one of our conversation records."""
    return "speakers" in row and "turns" in row


def decode(row: Shape) -> Iterable[Conversation]:
    """The conversation of one of our records, read from JSON or from a table."""
    told = {k: v for k, v in row.items() if v is not None}
    told.setdefault("scene_id", "")
    for key in ("scene", "scores"):
        if isinstance(told.get(key), str):
            told[key] = json.loads(told[key])
    return [checked(msgspec.convert(whole(told), Conversation))]


def _write_lines(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    containers.write_json(path, rows)


def _read_folder(path: Path) -> Iterator[Row]:
    yield from enumerate(conversations_of(path), 1)


def conversations_of(path: Path) -> Iterator[Conversation]:
    """The kept conversations of a run folder, finished or not, or of a copy of its data/."""
    if any((path / "data").glob("*.parquet")) or not is_run_folder(path):
        yield from read_dataset(path)
        return
    with RunFolder.read(path) as folder:
        for body in folder.journal.records_by_id("conversation"):
            made = from_json(body, Conversation)
            if made.split:
                yield made


def _write_folder(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    """A run folder whose recipe is "import": journal, tables, card; in the order of ids.

    Rows that could not be read go to its table of what was dropped. A conversation without a
    split goes to train: without one it would not count as kept. Of several with one id the first
    is written.
    """
    arguments = {"recipe": "import", "settings": {}}
    seen: set[str] = set()
    with RunFolder.open(path, arguments, metadata.version("dramaturg")) as folder:
        for made in rows:
            if made.id in seen:
                losses.leave_out("a conversation with the same id is there already")
                continue
            seen.add(made.id)
            split = re.sub(r"\W", "_", made.split) or "train"
            if made.split not in ("", split):
                losses.lose("splits whose names cannot be a file's name")
            kept = msgspec.structs.replace(made, split=split)
            folder.journal.put("conversation", kept.id, to_json(kept), kept.provenance.round)
            for person in _people(made):
                folder.journal.put("persona", person.id, to_json(person))
        for drop in losses.drops:
            folder.journal.put("drop", drop.id, to_json(drop))
        folder.journal.flush()
        export(folder)
        write_card(folder)
        folder.finish()


def _people(made: Conversation) -> Iterator[Persona]:
    for speaker in made.speakers:
        if speaker.persona_id is not None and len(speaker.fact_ids) == len(speaker.persona):
            told = zip(speaker.persona, speaker.fact_ids, strict=True)
            facts = tuple(Fact(text=text, id=id) for text, id in told)
            yield Persona(facts=facts, id=speaker.persona_id)


def left_behind(path: Path, taken: frozenset[str] = frozenset()) -> str:
    """What a run folder holds beside conversations, in words; "" for anything else.

    Args:
        taken: Kinds of records that came along.
    """
    if not is_run_folder(path):
        return ""
    with RunFolder.read(path) as folder:
        kinds = folder.journal.kinds()
    told = [
        f"{n:,} {_PLURAL[kind]}"
        for kind, n in kinds.items()
        if kind in _PLURAL.keys() - taken and n
    ]
    return f"left in {path}: {', '.join(told)}" if told else ""


def _looks_like_a_run(peek: Peek) -> bool:
    if not peek.is_folder:
        return False
    if is_run_folder(peek.path):
        return True
    files = sorted((peek.path / "data").glob("*.parquet"))
    return bool(files) and tables.is_ours(files[0])


RUN = Format(
    name="run",
    about="a run folder, or a copy of its data/",
    looks=_looks_like_a_run,
    read=_read_folder,
    write=_write_folder,
    partly="the order; conversations without a split go to train",
)
PARQUET = Format(
    name="parquet",
    about="the parquet files of a run",
    looks=lambda peek: peek.kind == "parquet" and {"speakers", "turns"} <= set(peek.columns),
    read=tables.read_parquet,
    write=tables.write_parquet,
    suffixes=(".parquet",),
)
JSONL = Format(
    name="jsonl",
    about="our records, one a line",
    matches=is_ours,
    decode=decode,
    write=_write_lines,
    suffixes=(".jsonl", ".ndjson", ".json"),
)
