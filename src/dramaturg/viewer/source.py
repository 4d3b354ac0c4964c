"""What is looked at: a run folder or a dataset, with an index that follows it."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import logging
import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dramaturg.dataset import load_conversations
from dramaturg.errors import DramaturgError, RecordError, UserError
from dramaturg.records import Conversation, Drop, Verdict, from_json
from dramaturg.store import Journal, RunFolder, is_run_folder, state_of
from dramaturg.viewer import schema
from dramaturg.viewer.fill import Filler, unpacked

_log = logging.getLogger("dramaturg.viewer")
BATCH = 500  # records between two looks at whether a page waits
_FIRST = 200  # conversations put in before everything else, for the first page
_POLL_S = 1.0
_PATIENCE_S = 0.5  # the longest that the index waits for pages to be answered


class Source:
    """One run or dataset; open it with `Source.open`.

    Attributes:
        path: As it was named.
        is_run: Whether it has a journal: verdicts, drafts that lost, calls.
        done, total: How far the index is, in records; total None = not known.
        complete: Whether everything that is there is in the index.
        error: Why the index stopped, or None.
    """

    def __init__(self, path: str, cache: Path, verdicts: Path | None = None) -> None:
        self.path = path
        self.verdicts = verdicts
        self.is_run = is_run_folder(path)
        self.done = 0
        self.total: int | None = None
        self.complete = False
        self.error: DramaturgError | None = None
        self.revision = 0
        self._cache = cache
        self._journal: Journal | None = None
        self._file: Path | None = None
        self._mine: list[Path] = []
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._db: sqlite3.Connection | None = None
        self._asking = 0
        self._made_for = ""  # the stamp that the index was made for
        self._born = time.time_ns()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="index", daemon=True)

    @classmethod
    def open(cls, path: str, *, cache: Path | None = None, verdicts: str | None = None) -> Source:
        """Open a source, and begin to index it; returns when a first page can be shown.

        Args:
            cache: Where indexes are kept; None = the user's cache folder.
            verdicts: Further verdicts on its conversations: the folder that `dramaturg critique`
                wrote, or its verdicts.jsonl.

        Raises:
            UserError: If it is neither a run nor a file with a conversation that can be read.
        """
        source = cls(path, cache or cache_folder(), _verdict_file(verdicts))
        if source.is_run:
            source._journal = RunFolder.read(path).journal
        else:
            next(iter(load_conversations(path)), None)
        source._thread.start()
        source._ready.wait(timeout=10)
        return source

    @property
    def title(self) -> str:
        """Its name for people."""
        return Path(self.path).resolve().name or self.path

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return Path(self.path)

    @property
    def journal(self) -> Journal:
        """The run's journal, open for reading.

        Raises:
            UserError: If this is no run.
        """
        if self._journal is None:
            raise UserError(
                f"{self.title} is a dataset without a journal",
                why="only a run folder keeps verdicts, lost drafts and calls",
            )
        return self._journal

    def info(self) -> dict[str, Any]:
        """What run.json says; {} where there is none."""
        try:
            found = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def state(self) -> str:
        """ "running", "finished" or "stopped"; "" for a dataset."""
        if not self.is_run:
            return ""
        return state_of(self.folder, self.info())

    @property
    def settled(self) -> bool:
        """Whether nothing more will come: the run is over, and the index has all of it."""
        if self.error is not None:
            return True
        return self.state != "running" and self.complete and self._made_for == self._stamp()

    @contextlib.contextmanager
    def asked(self) -> Iterator[sqlite3.Connection]:
        """A connection to the index, for one page; the index gives way meanwhile."""
        with self._lock:
            self._asking += 1
        try:
            yield self._connection()
        finally:
            with self._lock:
                self._asking -= 1

    def talk(self, db: sqlite3.Connection, identity: str) -> Conversation:
        """A whole conversation.

        Raises:
            UserError: If there is none with this id.
        """
        if self._journal is not None:
            body = self._journal.record("conversation", identity)
            if body is not None:
                return from_json(body, Conversation)
        row = db.execute(
            "SELECT packed FROM body JOIN conv USING (n) WHERE key = ?",
            (schema.key_of(identity),),
        ).fetchone()
        if row is None:
            raise UserError(
                f"there is no conversation {identity}",
                why="" if self.complete else "the index is still being made",
                fix=f"look for it among the conversations of {self.title}",
            )
        return unpacked(row[0])

    def close(self) -> None:
        """Stop following; an index that is not whole is deleted."""
        self._stop.set()
        self._thread.join(timeout=10)
        if self._journal is not None:
            self._journal.close()
        with self._lock:
            for db in [*self._readers, *([self._db] if self._db else [])]:
                db.close()
            self._readers.clear()
        for file in self._mine:
            _delete(file)

    # The index

    def _connection(self) -> sqlite3.Connection:
        file = self._file
        if file is None:
            raise UserError(f"{self.title} cannot be shown", why=str(self.error or "no index yet"))
        if getattr(self._local, "file", None) != file:
            before: sqlite3.Connection | None = getattr(self._local, "db", None)
            self._local.db = schema.open_for_reading(file)
            self._local.file = file
            with self._lock:
                self._readers.append(self._local.db)
                if before is not None:
                    self._readers.remove(before)
                    before.close()
        db: sqlite3.Connection = self._local.db
        return db

    def _follow(self) -> None:
        """The thread: make or find the index, then keep it up to date while a run goes on."""
        try:
            self._cache.mkdir(parents=True, exist_ok=True, mode=0o700)
            while not self._stop.is_set():
                stamp = self._stamp()
                if stamp != self._made_for:
                    self._renew(stamp)
                    self._made_for = stamp
                elif self.is_run and self.journal.last_record() != self.done:
                    if self.journal.last_record() < self.done:  # a resumed run began to note anew
                        self._made_for = ""
                        continue
                    self._tail()
                if not self.is_run:
                    return
                self._stop.wait(_POLL_S)
        except DramaturgError as error:
            self.error = error
        except (sqlite3.Error, OSError) as error:
            self.error = UserError(
                "the index cannot be written",
                why=str(error),
                fix=f"see that {self._cache} can be written and the disk has room",
            )
        except Exception as error:  # the pages must say so: nobody else hears of this thread
            _log.exception("the index of %s stopped", self.path)
            self.error = UserError("the index stopped", why=f"{type(error).__name__}: {error}")
        finally:
            self._ready.set()

    def _stamp(self) -> str:
        """What an index is made for: another stamp, another index."""
        place = Path(self.path)
        if self.is_run:
            seen: list[Any] = [(place / "run.json").stat().st_mtime_ns, self.state]
        else:
            files = sorted(place.rglob("*.parquet")) if place.is_dir() else [place]
            seen = [_print(file) for file in files if file.exists()] or [self._born]
        further = _print(self.verdicts) if self.verdicts else None
        return _hash([schema.VERSION, seen, further])

    def _renew(self, stamp: str) -> None:
        name = _hash(str(Path(self.path).resolve()))
        whole = self._cache / f"{name}-{stamp}.sqlite"
        if self.state != "running" and _is_whole(whole):
            os.utime(whole)
            self._use(whole)
            with contextlib.closing(schema.open_for_reading(whole)) as db:
                noted = schema.meta(db)
            self.done = self.total = int(noted["done"])
            self.complete = True
            self._ready.set()
            return
        file = self._cache / f"{name}-{stamp}-{os.getpid()}-{self.revision}.sqlite"
        _sweep(self._cache, name)
        self._mine.append(file)
        exported = self.state != "running" and any((self.folder / "data").glob("*.parquet"))
        if self._db is not None:
            self._db.close()
        self._db = db = schema.create(file)
        self._filler = Filler(db, exported=exported, bodies=not self.is_run)
        first = self._file is None
        if first:
            self._use(file)
        self.complete = False
        self.done = 0
        self._read_verdicts()
        if self.is_run:
            self._first_page()
            self._ready.set()
            self._tail()
        else:
            self._read_dataset()
        if not first:
            self._use(file)
        if self.complete and self.state != "running" and stamp == self._stamp():
            self._settle(db, file, whole)

    def _read_verdicts(self) -> None:
        if self.verdicts is None:
            return
        told: list[Verdict] = []
        with self.verdicts.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    told.append(from_json(line, Verdict))
                except RecordError as error:
                    reason = f"unreadable: line {number} of {self.verdicts.name}: {error.why}"
                    self._filler.drop(Drop(kind="verdict", reason=reason))
                if len(told) >= BATCH:
                    self._filler.verdicts(told)
                    told.clear()
        self._filler.verdicts(told)

    def _first_page(self) -> None:
        bodies = itertools.islice(self.journal.records("conversation"), _FIRST)
        self._filler.records((0, "conversation", "", body) for body in bodies)
        self.revision += 1

    def _tail(self) -> None:
        """Everything that the journal has and the index has not."""
        self.total = self.journal.last_record()
        while not self._stop.is_set():
            rows = self.journal.records_after(self.done, BATCH)
            if not rows:
                self.complete = True
                break
            self.done = self._filler.records(rows)
            self.total = max(self.total, self.done)
            self._give_way()
        self.revision += 1

    def _read_dataset(self) -> None:
        told: list[Drop] = []
        talks = load_conversations(self.path, told.append)
        while not self._stop.is_set():
            batch = list(itertools.islice(talks, BATCH if self.done else _FIRST))
            self._filler.conversations(batch)
            for drop in told:
                self._filler.drop(drop)
            told.clear()
            self.done += len(batch)
            self.revision += 1
            self._ready.set()
            if not batch:
                self.total, self.complete = self.done, True
                return
            self._give_way()

    def _settle(self, db: sqlite3.Connection, file: Path, whole: Path) -> None:
        """The index is whole: keep it under the name that the next viewer looks for."""
        db.execute("ANALYZE")
        db.execute("INSERT OR REPLACE INTO meta VALUES ('done', ?)", (str(self.done),))
        db.execute("INSERT OR REPLACE INTO meta VALUES ('whole', '1')")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for old in whole.parent.glob(f"{whole.name.split('-')[0]}-*.sqlite"):
            if old not in (file, whole) and _is_whole(old):
                _delete(old)
        with contextlib.suppress(OSError):
            shutil.copyfile(file, f"{file}.copy")
            os.chmod(f"{file}.copy", 0o600)
            os.replace(f"{file}.copy", whole)
            self._use(whole)

    def _use(self, file: Path) -> None:
        self._file = file
        self.revision += 1

    def _give_way(self) -> None:
        """Let pages be answered: they and the index share an interpreter."""
        waited = 0.0
        while self._asking and waited < _PATIENCE_S and not self._stop.is_set():
            self._stop.wait(0.01)
            waited += 0.01


def _verdict_file(given: str | None) -> Path | None:
    if given is None:
        return None
    path = Path(given)
    file = path / "verdicts.jsonl" if path.is_dir() else path
    if not file.is_file():
        raise UserError(
            f"there are no verdicts in {given}",
            why=f"there is no file {file}",
            fix="make them: dramaturg critique FILE --out VERDICTS",
        )
    return file


def _print(file: Path) -> tuple[str, int, int]:
    about = file.stat()
    return str(file), about.st_size, about.st_mtime_ns


def cache_folder() -> Path:
    """Where indexes are kept: they can be deleted at any time."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "dramaturg" / "view"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="dramaturg-view-"))


def _hash(value: Any) -> str:
    text = json.dumps(value, default=str)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _sweep(cache: Path, name: str) -> None:
    """Delete the unfinished indexes of viewers that are gone."""
    for file in cache.glob(f"{name}-*-*-*.sqlite"):
        owner = int(file.name.split("-")[2])
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            _delete(file)
        except OSError:
            continue


def _is_whole(file: Path) -> bool:
    try:
        db = schema.open_for_reading(file)
        try:
            return schema.meta(db).get("whole") == "1"
        finally:
            db.close()
    except sqlite3.Error:
        return False


def _delete(file: Path) -> None:
    for name in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        with contextlib.suppress(OSError):
            name.unlink()
