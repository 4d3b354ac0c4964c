"""The folder that a critique writes: verdicts, the table of facts, the report, and its calls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dramaturg.dataset import critique_page
from dramaturg.errors import UserError
from dramaturg.records import Verdict, to_json
from dramaturg.scorers import FactTable
from dramaturg.store import Journal, is_run_folder, write_atomically
from dramaturg.store.lock import FolderLock

CALLS = "calls.sqlite"
_OURS = {
    "verdicts.jsonl", "report.json", "report.json.tmp", "report.html", "report.html.tmp",
    "facts.parquet", ".lock",
    CALLS, f"{CALLS}-wal", f"{CALLS}-shm", f"{CALLS}-journal",
}  # fmt: skip
_ROWS = 50_000  # rows of the fact table held before they are written
_FACTS = pa.schema(
    [
        ("conversation", pa.string()),
        ("turn", pa.int32()),
        ("speaker", pa.int32()),
        ("owner", pa.int32()),
        ("whose", pa.string()),
        ("fact", pa.string()),
        ("fact_id", pa.string()),
        ("label", pa.string()),
        ("p_entail", pa.float32()),
        ("p_contradict", pa.float32()),
        ("why", pa.string()),
    ]
)


class VerdictFolder:
    """An output folder of ours, held by one process at a time.

    Attributes:
        journal: Where the calls of chat models are kept.

    Raises:
        UserError: If the folder is a run folder, holds other things, is held by another process,
            or cannot be written.
    """

    def __init__(self, out: str | Path, *, fact_table: bool) -> None:
        self.path = Path(out)
        if is_run_folder(self.path):
            raise UserError(
                f"{self.path} is a run folder, and has a report of its own",
                fix="give another --out",
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            strangers = {entry.name for entry in self.path.iterdir()} - _OURS
            if strangers:
                raise UserError(
                    f"{self.path} holds other things, e.g. {min(strangers)}",
                    fix="give another --out",
                )
            self._lock = FolderLock(self.path)
            self._lock.acquire()
            self.journal = Journal(self.path / CALLS)
            self._lines = (self.path / "verdicts.jsonl").open("w", encoding="utf-8")
        except OSError as error:
            raise self._unwritable(error) from error
        self._facts: pq.ParquetWriter | None = None
        self._waiting: list[dict[str, Any]] = []
        if fact_table:
            self._facts = pq.ParquetWriter(self.path / "facts.parquet", _FACTS, compression="zstd")

    def verdict(self, verdict: Verdict) -> None:
        """Keep one verdict, one line. Raises UserError on a full disk."""
        try:
            self._lines.write(to_json(verdict) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def facts(self, table: FactTable) -> None:
        """Keep the rows of one conversation."""
        names = _FACTS.names
        self._waiting += [{name: getattr(row, name) for name in names} for row in table.rows]
        if len(self._waiting) >= _ROWS:
            self._write_facts()

    def report(self, report: dict[str, Any], worst: Sequence[dict[str, Any]]) -> None:
        """Write report.json and report.html.

        Args:
            worst: The worst conversations, as `dataset.critique_page` shows them.
        """
        text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
        write_atomically(self.path / "report.json", text.encode("utf-8", "replace"))
        page = critique_page(report, worst)
        write_atomically(self.path / "report.html", page.encode("utf-8", "replace"))

    def __enter__(self) -> VerdictFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._write_facts()
            if self._facts is not None:
                self._facts.close()
            self._lines.close()
        except OSError as failed:
            if kind is None:
                raise self._unwritable(failed) from failed
        finally:
            try:
                self.journal.close()
            finally:
                self._lock.release()

    def _write_facts(self) -> None:
        if self._facts is not None and self._waiting:
            self._facts.write_table(pa.Table.from_pylist(self._waiting, schema=_FACTS))
            self._waiting = []

    def _unwritable(self, error: OSError) -> UserError:
        return UserError(f"{self.path} cannot be written", why=str(error), fix="give another --out")
