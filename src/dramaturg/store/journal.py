"""The journal: every call and every record of a run in one SQLite file, the source of truth.

What came in one turn of the event loop is committed together at its end, by the same thread: there
is no queue that a kill could catch full, and no other thread to wait for. (A commit is a write to
the log, some 50 microseconds; the slow part, moving the log into the file and waiting for the disk,
is done aside.) `flush` returns when everything handed over before is committed, and what is
committed survives a kill -9 at any instant. A reader sees what is not yet committed too.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from dramaturg.errors import DramaturgError, RunFolderError, UserError
from dramaturg.records import Cost

APPLICATION_ID = 0x4472616D  # "Dram": tells our file from another program's SQLite file
GROUP_ITEMS = 256  # the most items in one commit
_SAFE_S = 1.0  # between two times that the log is moved into the file and the disk waited for
_PAGE = 500  # rows that a reader holds at a time

R = TypeVar("R")


def _first_schema(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL)")
    db.execute(
        """CREATE TABLE calls(
            seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL DEFAULT '', model TEXT NOT NULL DEFAULT '',
            task TEXT NOT NULL DEFAULT '', prompt_hash TEXT NOT NULL DEFAULT '',
            request TEXT NOT NULL DEFAULT '',
            state TEXT NOT NULL CHECK (state IN ('intent', 'done', 'failed')),
            reply TEXT, error TEXT,
            tokens_in INTEGER NOT NULL DEFAULT 0, tokens_out INTEGER NOT NULL DEFAULT 0,
            usd REAL NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0, at REAL NOT NULL)"""
    )
    db.execute(
        """CREATE TABLE records(
            seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL,
            round INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE(kind, id))"""
    )


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first_schema,)
"""Number n brings a file from version n to n + 1. Never edit one that was released; add one."""

_INTEND = """INSERT INTO calls(key, role, model, task, prompt_hash, request, state, at)
    VALUES (?, ?, ?, ?, ?, ?, 'intent', ?)
    ON CONFLICT(key) DO UPDATE SET state = 'intent', at = excluded.at, error = NULL
    WHERE calls.state <> 'done'"""
_FINISH = """INSERT INTO calls(key, state, reply, tokens_in, tokens_out, usd, seconds, at)
    VALUES (?, 'done', ?, ?, ?, ?, ?, ?)
    ON CONFLICT(key) DO UPDATE SET state = 'done', reply = excluded.reply, error = NULL,
        tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out, usd = excluded.usd,
        seconds = excluded.seconds, at = excluded.at
    WHERE calls.state <> 'done'"""
_ANSWER = """UPDATE calls SET state = 'done', reply = ?, error = NULL, tokens_in = ?,
    tokens_out = ?, usd = ?, seconds = ?, at = ? WHERE key = ? AND state <> 'done'"""
_FAIL = """INSERT INTO calls(key, state, error, at) VALUES (?, 'failed', ?, ?)
    ON CONFLICT(key) DO UPDATE SET state = 'failed', error = excluded.error, at = excluded.at
    WHERE calls.state <> 'done'"""
_COPY = """INSERT INTO calls(key, role, model, task, prompt_hash, request, state, reply, tokens_in,
        tokens_out, usd, seconds, at)
    VALUES (?, ?, ?, ?, ?, ?, 'done', ?, ?, ?, ?, ?, ?)
    ON CONFLICT(key) DO UPDATE SET state = 'done', reply = excluded.reply, error = NULL,
        tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out, usd = excluded.usd,
        seconds = excluded.seconds, at = excluded.at
    WHERE calls.state <> 'done'"""
_PUT = """INSERT INTO records(kind, id, round, body) VALUES (?, ?, ?, ?)
    ON CONFLICT(kind, id) DO UPDATE SET round = excluded.round, body = excluded.body
    WHERE records.body <> excluded.body"""
_REMEMBER = """INSERT INTO meta(key, value) VALUES (?, ?)
    ON CONFLICT(key) DO UPDATE SET value = excluded.value"""

_Item = tuple[str, tuple[Any, ...], dict[str, Any] | None, Callable[[], None] | None]
_CALL_COLUMNS = (
    "key, seq, role, model, task, prompt_hash, request, state, reply, error, "
    "tokens_in, tokens_out, usd, seconds, at"
)


class Journal:
    """The run's journal.

    Args:
        path: The file; made when it is not there (unless `read_only`).
        read_only: Read a finished run, or one that another process is writing.

    Raises:
        RunFolderError: If the file is not a journal, is damaged, or was written by a newer
            version.
        UserError: If it cannot be opened or written.

    Any method raises UserError when the writer could not write (a full disk, a file that became
    read-only): what was committed before stays, and the run can be resumed.
    """

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        self.path = Path(path)
        self.read_only = read_only
        self._lock = threading.Lock()  # guards the reading connection
        self._pending_lock = threading.Lock()
        self._writing_lock = threading.RLock()
        self._pending: dict[str, dict[str, Any]] = {}
        self._error: DramaturgError | None = None
        self._reported = False
        self._closed = False
        _check_header(self.path)
        with self._translated():
            if not read_only:
                self._writing = self._open_for_writing()
            self._reading = self._open_for_reading()
            self._check_version()
        self._known = None if read_only or self._row_exists("calls") else _Known()
        if not read_only:
            self._batch: list[_Item] = []
            self._loop: asyncio.AbstractEventLoop | None = (
                None  # at whose next turn it is committed
            )
            self._ripe, self._ending = threading.Event(), threading.Event()
            self._mover = threading.Thread(target=self._move, name="journal", daemon=True)
            self._mover.start()

    # Calls

    def find(self, key: str) -> dict[str, Any] | None:
        """The call with this key, queued writes included, or None.

        Returns:
            The columns of `calls` by name; `state` is "intent" (begun and, if no process is at
            it, lost), "done" (`reply` holds the reply's JSON) or "failed" (`error` says why).
        """
        if self._known is not None and key not in self._known:
            self._raise_if_broken()
            return None  # nothing with this key was ever begun
        with self._pending_lock:
            queued = dict(self._pending.get(key, ()))
        row = self._row(key)
        if row is None and not queued:
            return None
        if row is not None and (row["state"] == "done" or not queued):
            return row
        return {**(row or _blank_call(key)), **queued}

    def calls_for(self, keys: Iterable[str]) -> list[dict[str, Any]]:
        """The calls with these keys, in the order given; unknown keys are left out."""
        return [call for key in keys if (call := self.find(key)) is not None]

    def calls(self) -> Iterator[dict[str, Any]]:
        """Every call, in the order in which they were begun, read page by page."""
        for row in self._paged(f"SELECT {_CALL_COLUMNS} FROM calls WHERE seq > ?", (), "seq", 1):
            yield _as_call(row)

    def intend(
        self, key: str, *, role: str, model: str, task: str, prompt_hash: str, request: str
    ) -> None:
        """Say that a call is about to be made.

        Args:
            request: JSON text: messages or inputs, sampling, seed.
        """
        at = time.time()
        queued = {
            "role": role,
            "model": model,
            "task": task,
            "prompt_hash": prompt_hash,
            "request": request,
            "state": "intent",
            "at": at,
        }
        self._send(key, _INTEND, (key, role, model, task, prompt_hash, request, at), queued)

    def finish(
        self,
        key: str,
        reply_json: str,
        *,
        tokens_in: int = 0,
        tokens_out: int = 0,
        usd: float = 0.0,
        seconds: float = 0.0,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Keep the reply to a call. A call that is done stays as it was first finished.

        Args:
            then: Called once the reply is committed, or cannot be.
        """
        at = time.time()
        queued = {
            "state": "done",
            "reply": reply_json,
            "error": None,
            "tokens_in": tokens_in,
            "tokens_out": tokens_out,
            "usd": usd,
            "seconds": seconds,
            "at": at,
        }
        row = (key, reply_json, tokens_in, tokens_out, usd, seconds, at)
        self._send(key, _FINISH, row, queued, then)

    def fail(self, key: str, error: str) -> None:
        """Say why a call has no reply; the same call may be made again."""
        at = time.time()
        self._send(key, _FAIL, (key, error, at), {"state": "failed", "error": error, "at": at})

    def copy(self, call: Mapping[str, Any]) -> None:
        """Keep a finished call of another journal, as it is there."""
        names = (
            "key", "role", "model", "task", "prompt_hash", "request", "reply",
            "tokens_in", "tokens_out", "usd", "seconds", "at",
        )  # fmt: skip
        if self._known is not None:
            self._known.add(call["key"])
        self._send(None, _COPY, tuple(call[name] for name in names), None)

    def totals(self) -> dict[tuple[str, str], Cost]:
        """What the finished calls took, by (role, task)."""
        self.flush()
        sql = """SELECT role, task, COUNT(*), SUM(tokens_in), SUM(tokens_out), SUM(seconds),
            SUM(usd) FROM calls WHERE state = 'done' GROUP BY role, task ORDER BY role, task"""
        return {
            (role, task): Cost(
                calls=calls, tokens_in=tokens_in, tokens_out=tokens_out, seconds=seconds, usd=usd
            )
            for role, task, calls, tokens_in, tokens_out, seconds, usd in self._fetch(sql, ())
        }

    def prompts(self) -> list[tuple[str, str, str, str]]:
        """Each (role, task, model, prompt hash) that finished a call; "" hash: a native call."""
        self.flush()
        sql = """SELECT DISTINCT role, task, model, prompt_hash FROM calls
            WHERE state = 'done' ORDER BY role, task, model, prompt_hash"""
        return self._fetch(sql, ())

    # Records

    def put(self, kind: str, id: str, body_json: str, round: int = 0) -> None:
        """Keep a record. The same one again changes nothing; a new body replaces the old one."""
        self._send(None, _PUT, (kind, id, round, body_json), None)

    def forget(self, *kinds: str) -> None:
        """Drop all records of these kinds: what a replay of the calls will derive anew."""
        for kind in kinds:
            self._send(None, "DELETE FROM records WHERE kind = ?", (kind,), None)

    def records(self, kind: str) -> Iterator[str]:
        """The bodies of all records of a kind, in the order first kept, read page by page."""
        sql = "SELECT body, seq FROM records WHERE kind = ? AND seq > ?"
        return (row[0] for row in self._paged(sql, (kind,), "seq", 1))

    def records_by_id(self, kind: str) -> Iterator[str]:
        """The same, ordered by id: an order that does not depend on who was faster."""
        sql = "SELECT body, id FROM records WHERE kind = ? AND id > ?"
        return (row[0] for row in self._paged(sql, (kind,), "id", 1, start=""))

    def record(self, kind: str, id: str) -> str | None:
        """The body of one record, or None."""
        self.flush()
        rows = self._fetch("SELECT body FROM records WHERE kind = ? AND id = ?", (kind, id))
        return rows[0][0] if rows else None

    def ids_starting(self, kind: str, prefix: str, most: int = 10) -> list[str]:
        """Ids of a kind that begin with `prefix`, in order, at most `most` of them."""
        self.flush()
        sql = "SELECT id FROM records WHERE kind = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?"
        return [row[0] for row in self._fetch(sql, (kind, prefix, prefix + "\U0010ffff", most))]

    def count(self, kind: str) -> int:
        """How many records of a kind there are."""
        self.flush()
        return int(self._fetch("SELECT COUNT(*) FROM records WHERE kind = ?", (kind,))[0][0])

    def kinds(self) -> dict[str, int]:
        """How many records of each kind there are."""
        self.flush()
        return dict(self._fetch("SELECT kind, COUNT(*) FROM records GROUP BY kind ORDER BY 1", ()))

    def records_after(self, seq: int, most: int) -> list[tuple[int, str, str, str]]:
        """At most `most` records of all kinds, in the order first kept, from behind `seq`.

        Returns:
            (seq, kind, id, body). A record that got a new body keeps its place.
        """
        sql = "SELECT seq, kind, id, body FROM records WHERE seq > ? ORDER BY seq LIMIT ?"
        return self._fetch(sql, (seq, most))

    def last_record(self) -> int:
        """The place of the newest record, 0 if there is none."""
        return int(self._fetch("SELECT IFNULL(MAX(seq), 0) FROM records", ())[0][0])

    def states(self) -> list[tuple[str, str, str, int, float]]:
        """(role, task, state of the call, how many, when the last of them was), by role and task.

        The time is in seconds since 1970.
        """
        sql = """SELECT role, task, state, COUNT(*), MAX(at) FROM calls
            GROUP BY role, task, state ORDER BY role, task, state"""
        return self._fetch(sql, ())

    def failures(self, most: int = 1_000) -> list[tuple[str, str, int]]:
        """(task, error, how many) of the calls that failed, the most frequent first."""
        sql = """SELECT task, IFNULL(error, ''), COUNT(*) FROM calls WHERE state = 'failed'
            GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT ?"""
        return self._fetch(sql, (most,))

    # Notes about the run itself

    def meta(self, key: str) -> str | None:
        """What `remember` kept under this key, or None."""
        self.flush()
        rows = self._fetch("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def metas(self, prefix: str) -> dict[str, str]:
        """All that `remember` kept under keys that begin so, by key."""
        self.flush()
        sql = "SELECT key, value FROM meta WHERE key >= ? AND key < ? ORDER BY key"
        return dict(self._fetch(sql, (prefix, prefix + "\U0010ffff")))

    def remember(self, key: str, value: str) -> None:
        """Keep one value about the run."""
        self._send(None, _REMEMBER, (key, value), None)

    # Life

    def flush(self) -> None:
        """Return when everything handed over so far is committed."""
        if self.read_only or self._closed:
            return
        self._commit()
        self._raise_if_broken()

    def close(self) -> None:
        """Commit what is queued and close the file. An error not raised before is raised now."""
        if self._closed:
            return
        if not self.read_only:
            self._commit()
        self._closed = True
        if not self.read_only:
            self._ending.set()
            self._ripe.set()
            self._mover.join()
        with self._lock:
            self._reading.close()
        if not self.read_only:
            with contextlib.suppress(sqlite3.Error):
                self._writing.close()
        if self._error is not None and not self._reported:
            self._raise_if_broken()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Inside

    def _send(
        self,
        key: str | None,
        sql: str,
        row: tuple[Any, ...],
        queued: dict[str, Any] | None,
        then: Callable[[], None] | None = None,
    ) -> None:
        if self.read_only or self._closed:
            raise RunFolderError(f"{self.path} is open for reading only, or closed")
        self._raise_if_broken()
        with self._pending_lock:
            if key is not None and queued is not None:
                queued = {**self._pending.get(key, {}), **queued}
                self._pending[key] = queued
                if self._known is not None:
                    self._known.add(key)
            self._batch.append((sql, row, queued, then))
            waiting = len(self._batch)
        if waiting >= GROUP_ITEMS:
            self._commit()
        elif waiting == 1 or not (self._loop and self._loop.is_running()):
            self._commit_soon()

    def _commit_soon(self) -> None:
        """At the end of this turn of the event loop; where none runs, now."""
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
            self._commit()
        else:
            self._loop.call_soon(self._commit)

    def _commit(self) -> None:
        with self._writing_lock:
            with self._pending_lock:
                items, self._batch = self._batch, []
            if items:
                self._write(items)
        for *_, then in items:
            if then is not None:
                then()
        if items:
            self._ripe.set()

    def _write(self, items: list[_Item]) -> None:
        if self._error is None:
            try:
                self._writing.execute("BEGIN IMMEDIATE")
                for sql, row, _, _ in items:
                    try:
                        if sql is _FINISH and self._writing.execute(_ANSWER, _answer(row)).rowcount:
                            continue  # it was intended, as nearly always
                        self._writing.execute(sql, row)
                    except UnicodeEncodeError:  # a lone surrogate: SQLite keeps UTF-8
                        self._writing.execute(sql, tuple(_mended(value) for value in row))
                self._writing.execute("COMMIT")
            except Exception as error:  # whatever it is, the next caller must hear of it
                with contextlib.suppress(sqlite3.Error):
                    self._writing.execute("ROLLBACK")
                self._error = _explain(error, self.path)
        with self._pending_lock:
            for _, row, queued, _ in items:
                if queued is not None and self._pending.get(row[0]) is queued:
                    del self._pending[row[0]]

    def _move(self) -> None:
        """Moves what was committed into the file a second later, and waits for the disk: so much
        a power cut can cost. A disk that is full is told by the next commit; the log grows on."""
        with contextlib.suppress(sqlite3.Error):
            db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            while True:
                self._ripe.wait()
                if self._ending.wait(_SAFE_S):
                    break
                self._ripe.clear()
                with contextlib.suppress(sqlite3.Error):
                    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            db.close()

    def _raise_if_broken(self) -> None:
        if self._error is not None:
            self._reported = True
            error = self._error
            raise type(error)(error.what, why=error.why, fix=error.fix)

    def _open_for_writing(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        found = db.execute("PRAGMA application_id").fetchone()[0]
        tables = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if tables and found != APPLICATION_ID:
            db.close()
            raise _foreign(self.path)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA wal_autocheckpoint=0")  # `_move` does it, aside
        db.execute("BEGIN IMMEDIATE")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version < len(MIGRATIONS):
            for migrate in MIGRATIONS[version:]:
                migrate(db)
            db.execute(_REMEMBER, ("schema_version", str(len(MIGRATIONS))))
            db.execute(f"PRAGMA application_id={APPLICATION_ID}")
            db.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
        db.execute("COMMIT")
        return db

    def _open_for_reading(self) -> sqlite3.Connection:
        uri = self.path.resolve().as_uri()
        options = {"timeout": 30, "uri": True, "check_same_thread": False}
        db = sqlite3.connect(f"{uri}?mode=ro", isolation_level=None, **options)  # type: ignore[call-overload]
        try:
            db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:  # a folder that cannot be written holds no WAL index
            db.close()
            db = sqlite3.connect(f"{uri}?immutable=1", isolation_level=None, **options)  # type: ignore[call-overload]
        return db  # type: ignore[no-any-return]

    def _check_version(self) -> None:
        if self._reading.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise _foreign(self.path)
        version = self._reading.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise RunFolderError(
                f"{self.path} was written by a newer version of Dramaturg",
                why=f"its schema is number {version}, this version knows {len(MIGRATIONS)}",
                fix="upgrade dramaturg",
            )

    def _row_exists(self, table: str) -> bool:
        return bool(self._fetch(f"SELECT 1 FROM {table} LIMIT 1", ()))

    def _row(self, key: str) -> dict[str, Any] | None:
        self._raise_if_broken()
        rows = self._fetch(f"SELECT {_CALL_COLUMNS} FROM calls WHERE key = ?", (key,))
        return _as_call(rows[0]) if rows else None

    def _fetch(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        with self._lock, self._translated():
            return self._reading.execute(sql, values).fetchall()

    def _paged(
        self, sql: str, values: tuple[Any, ...], order: str, at: int, start: Any = 0
    ) -> Iterator[Any]:
        self.flush()
        last = start
        while True:
            page = self._fetch(f"{sql} ORDER BY {order} LIMIT {_PAGE}", (*values, last))
            yield from page
            if len(page) < _PAGE:
                return
            last = page[-1][at]

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise _explain(error, self.path) from error


def _answer(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values of `_ANSWER` from those of `_FINISH`."""
    return (*row[1:], row[0])


class _Known:
    """Keys that may have been seen, in a quarter of a megabyte: never wrong with "no".

    For a journal that began empty: whether a call was made before is then known without asking
    SQLite. (A Bloom filter; the keys are hashes already.)
    """

    _BITS = 1 << 21

    def __init__(self) -> None:
        self._bytes = bytearray(self._BITS // 8)

    def add(self, key: str) -> None:
        for place in self._places(key):
            self._bytes[place >> 3] |= 1 << (place & 7)

    def __contains__(self, key: str) -> bool:
        return all(self._bytes[place >> 3] >> (place & 7) & 1 for place in self._places(key))

    def _places(self, key: str) -> tuple[int, int, int]:
        number = hash(key)
        bits = self._BITS - 1
        return number & bits, number >> 21 & bits, number >> 42 & bits


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _as_call(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(_CALL_COLUMNS.split(", "), row, strict=True))


def _blank_call(key: str) -> dict[str, Any]:
    text = dict.fromkeys(("role", "model", "task", "prompt_hash", "request"), "")
    numbers = dict.fromkeys(("tokens_in", "tokens_out"), 0)
    return {
        "key": key,
        "seq": None,
        **text,
        "state": "intent",
        "reply": None,
        "error": None,
        **numbers,
        "usd": 0.0,
        "seconds": 0.0,
        "at": 0.0,
    }


def has_begun(path: Path) -> bool:
    """Whether there is a journal; not where its process was killed while it made the file."""
    try:
        if not path.stat().st_size:
            return False
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
    except FileNotFoundError:
        return False
    try:
        return bool(db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0])
    except sqlite3.Error:
        return True  # whoever opens it is told what is wrong
    finally:
        db.close()


def _check_header(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _explain(error, path) from error
    if head and head != b"SQLite format 3\x00":
        raise RunFolderError(
            f"{path} is not a journal of a run",
            why="it is not an SQLite file, or its beginning is damaged",
            fix="give another --out, or move this file away if you do not need it",
        )


def _foreign(path: Path) -> RunFolderError:
    return RunFolderError(
        f"{path} belongs to another program",
        why="it is an SQLite file that Dramaturg did not write",
        fix="give another --out",
    )


def _explain(error: Exception, path: Path) -> DramaturgError:
    """Our error for what SQLite or the system says."""
    if isinstance(error, DramaturgError):
        return error
    says = str(error)
    damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(
        error, sqlite3.OperationalError | sqlite3.IntegrityError | sqlite3.ProgrammingError
    )
    if damaged:
        return RunFolderError(
            f"{path} is damaged",
            why=says,
            fix="give another --out, or restore the file from a copy; the data/ folder, if the "
            "run wrote one, can still be read",
        )
    return UserError(
        f"{path} cannot be read or written",
        why=says,
        fix="see that the disk has room and the folder can be written, then run the same "
        "command again: everything committed is kept",
    )
