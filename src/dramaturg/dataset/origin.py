"""A source of conversations with all that stands beside them, and what is known of its past."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dramaturg.dataset.card_sections import LINEAGE, licence_of
from dramaturg.dataset.load_conversations import load_conversations
from dramaturg.errors import RecordError, UserError
from dramaturg.records import (
    Conversation,
    Drop,
    Fact,
    Persona,
    Preference,
    from_arrow,
    from_json,
)
from dramaturg.store import RunFolder, is_run_folder

_TOLD = ("recipe", "models", "seed", "fingerprint", "versions")
_IN_NAME = re.compile(r"(?:^|[^a-z])(train|valid|validation|dev|val|test)(?=[^a-z]|$)", re.I)
_SPLIT = {"valid": "validation", "dev": "validation", "val": "validation"}


class Origin:
    """One source: a run folder, a copy of one, or a file in any format that is read.

    Attributes:
        path: Where it lies; never written anywhere, only its name is.
        read: Conversations read so far.
        drops: The first 1,000 rows that could not be read; `unreadable` counts all.
    """

    def __init__(self, source: str | Path, format: str | None = None) -> None:
        self.path = Path(source)
        self.read = self.unreadable = 0
        self.drops: list[Drop] = []
        self._format = format
        self._digest = hashlib.blake2b(digest_size=8)

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.resolve().name

    @property
    def split(self) -> str:
        """The split that a file's name speaks of ("chats_valid.csv": validation), or ""."""
        hits = _IN_NAME.findall(self.name) if not self.path.is_dir() else []
        word = hits[-1].lower() if hits else ""
        return _SPLIT.get(word, word)

    def conversations(self) -> Iterator[Conversation]:
        """Every conversation, in order; counts start anew."""
        self.read = self.unreadable = 0
        self.drops.clear()
        self._digest = hashlib.blake2b(digest_size=8)
        for made in load_conversations(self.path, self._drop, format=self._format):
            self.read += 1
            self._digest.update(made.id.encode() + b"\n")
            yield made

    def people(self) -> Iterator[Persona]:
        """The persons of its table, with their sources and licences; none for a single file."""
        if not self.path.is_dir():
            return
        if is_run_folder(self.path):
            with RunFolder.read(self.path) as folder:
                for body in folder.journal.records_by_id("persona"):
                    yield from_json(body, Persona)
            return
        yield from _table(self.path / "personas", Persona)

    def preferences(self) -> Iterator[tuple[Preference, dict[str, Conversation]]]:
        """Each preference of its table, with the conversations it names that are still known."""
        if not self.path.is_dir():
            return
        if not is_run_folder(self.path):
            for preference in _table(self.path / "preferences", Preference):
                yield preference, {}
            return
        with RunFolder.read(self.path) as folder:
            for body in folder.journal.records_by_id("preference"):
                preference = from_json(body, Preference)
                bodies = {
                    id: folder.journal.record("conversation", id)
                    for id in (preference.chosen, preference.rejected)
                }
                yield preference, {id: from_json(b, Conversation) for id, b in bodies.items() if b}

    def as_json(self) -> dict[str, Any]:
        """What a lineage says of it: name, counts, a digest over its ids, and its own past."""
        told: dict[str, Any] = {
            "name": self.name,
            "conversations": self.read,
            "digest": self._digest.hexdigest(),
        }
        if self.unreadable:
            told["unreadable"] = self.unreadable
        run = _read_json(self.path / "run.json") if self.path.is_dir() else {}
        told.update({key: run[key] for key in _TOLD if run.get(key)})
        licence = licence_of(self.path)
        if licence:
            told["license"] = licence
        report = _read_json(self.path / "report.json") if self.path.is_dir() else {}
        if report.get("critics"):
            told["critics"] = report["critics"]
        before = _read_json(self.path / LINEAGE) if self.path.is_dir() else {}
        before = before or _read_json(self.path.with_name(f"{self.path.name}.{LINEAGE}"))
        if before:
            told["made_by"] = before
        return told

    def _drop(self, drop: Drop) -> None:
        self.unreadable += 1
        if len(self.drops) < 1_000:
            self.drops.append(drop)


def people_of(conversation: Conversation) -> Iterator[Persona]:
    """The persons that a conversation itself tells of, as far as it does."""
    for speaker in conversation.speakers:
        if speaker.persona_id is not None and speaker.persona:
            ids = speaker.fact_ids if len(speaker.fact_ids) == len(speaker.persona) else ()
            facts = (
                tuple(Fact(text=t, id=id) for t, id in zip(speaker.persona, ids, strict=True))
                if ids
                else tuple(Fact(text=t) for t in speaker.persona)
            )
            yield Persona(facts=facts, id=speaker.persona_id)


def _table(folder: Path, kind: type[Any]) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for file in sorted(folder.glob("*.parquet")) if folder.is_dir() else ():
        try:
            with pq.ParquetFile(file) as table:
                for batch in table.iter_batches(batch_size=512):
                    yield from from_arrow(pa.Table.from_batches([batch]), kind)
        except (pa.ArrowException, OSError, RecordError) as error:
            raise UserError(f"{file} cannot be read", why=str(error)) from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
