"""The run listens: each record that a room notes goes to the journal."""

from __future__ import annotations

import msgspec

from dramaturg.records import content_id, to_json
from dramaturg.store.run_folder import RunFolder


class RunListener:
    """Journals what is noted: kind is the record's class name in lower case, id its id.

    `progress` shows nothing; whoever shows progress wraps or extends this listener.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    def note(self, record: msgspec.Struct) -> None:
        """Keep a record in the run's journal."""
        kind = type(record).__name__.lower()
        given = getattr(record, "id", "")
        made = getattr(record, "provenance", record)
        self.folder.journal.put(
            kind,
            given or content_id(kind, record),
            to_json(record),
            round=getattr(made, "round", 0),
        )

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        """Nothing is shown."""
