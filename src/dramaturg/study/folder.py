"""A study as a folder: one SQLite file with the plan, the annotators, and every click.

Answers are appended, never changed: the last one of an annotator to an item counts, and the ones
before stay. Each is committed before the page hears of it, so a kill -9 loses no click.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.errors import RecordError, UserError
from dramaturg.records import Comparison, Conversation, Verdict, content_id, from_json, to_json
from dramaturg.store import differences
from dramaturg.study.answers import checked
from dramaturg.study.order import order_for
from dramaturg.study.plan import Item, Plan

STUDY_FILE = "study.sqlite"
APPLICATION_ID = 0x4472616A  # "Draj"
FORMAT = 1
CLAIM_S = 3600  # an item that was shown and not answered is free again after so long
NAME_LENGTH = 60

_SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE items(id TEXT PRIMARY KEY, grp TEXT NOT NULL, shown TEXT NOT NULL, key TEXT NOT NULL);
CREATE TABLE conversations(id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE verdicts(id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE comparisons(seq INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE annotators(name TEXT PRIMARY KEY, written TEXT NOT NULL, joined REAL NOT NULL);
CREATE TABLE claims(annotator TEXT NOT NULL, item TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY(annotator, item));
CREATE TABLE answers(seq INTEGER PRIMARY KEY, annotator TEXT NOT NULL, item TEXT NOT NULL,
    answer TEXT NOT NULL, done INTEGER NOT NULL, seconds REAL NOT NULL, at REAL NOT NULL,
    UNIQUE(annotator, item, at, answer, done));
CREATE INDEX answers_of ON answers(annotator, item, seq);
"""
_LAST = """SELECT a.annotator, a.item, a.answer, a.done, a.seconds, a.at FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY annotator, item ORDER BY at DESC, seq DESC) AS nth
    FROM answers) a WHERE a.nth = 1"""
_GIVEN = """SELECT 1 FROM answers
    WHERE annotator = ? AND item = ? AND answer = ? AND done = ? AND seconds = ?"""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one annotator last said of one item.

    Attributes:
        annotator: The name's key, see `name_key`.
        done: Whether they went on after it; an answer still being given is not counted.
        seconds: How long the item was on the screen until this answer, summed over visits.
        at: Unix time.
    """

    annotator: str
    item: str
    answer: dict[str, Any]
    done: bool
    seconds: float
    at: float


class Study:
    """An open study; use `make`, `open` or as a context manager.

    Raises:
        UserError: If the folder cannot be read or written, or holds something else.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        file = self.path / STUDY_FILE
        if not is_study(self.path):
            raise UserError(
                f"{self.path} is not a study",
                why=f"it has no {STUDY_FILE}" if self.path.is_dir() else "there is no such folder",
                fix="name the folder that `dramaturg annotate --out` made",
            )
        with self._told():
            self._db = sqlite3.connect(file, timeout=10, isolation_level=None)
            self._db.execute("PRAGMA synchronous = FULL")
            if self._db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise UserError(f"{file} is not a study of Dramaturg")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._meta = dict(self._db.execute("SELECT key, value FROM meta"))
        if int(self._meta["format"]) > FORMAT:
            raise UserError(f"{file} was made by a newer Dramaturg", fix="update Dramaturg")
        self.id = self._meta["id"]
        self.arguments: dict[str, Any] = json.loads(self._meta["arguments"])
        self.questions: dict[str, Any] = json.loads(self._meta["questions"])
        self.about: dict[str, Any] = json.loads(self._meta["about"])
        self.seed = int(self.arguments["seed"])
        self.per_item = int(self.arguments["per_item"])
        with self._told():
            self._items = {
                row[0]: Item(
                    id=row[0], group=row[1], shown=json.loads(row[2]), key=json.loads(row[3])
                )
                for row in self._db.execute("SELECT id, grp, shown, key FROM items ORDER BY id")
            }

    # Making

    @classmethod
    def make(
        cls,
        path: str | Path,
        arguments: Mapping[str, Any],
        questions: Mapping[str, Any],
        plan: Plan,
        verdicts: Iterable[Verdict] = (),
        comparisons: Iterable[Comparison] = (),
    ) -> Study:
        """A new study in an empty or new folder; there is a whole one or none.

        Args:
            arguments: JSON values by name: what was asked for; `seed` and `per_item` are needed.
            verdicts, comparisons: What critics said of the plan's conversations.
        """
        place = Path(path)
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise UserError(
                f"{place} is not empty and is not a study",
                fix="give an --out that is empty or does not exist yet; nothing was changed",
            )
        study_id = content_id("s", [dict(arguments), dict(questions), plan.items])
        meta = {
            "format": str(FORMAT),
            "id": study_id,
            "arguments": json.dumps(dict(arguments)),
            "questions": json.dumps(dict(questions)),
            "about": json.dumps(plan.about),
        }
        part = place / (STUDY_FILE + ".part")
        try:
            place.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(part)) as db:
                db.executescript(_SCHEMA)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
                db.executemany(
                    "INSERT INTO items VALUES (?, ?, ?, ?)",
                    [(i.id, i.group, to_json(i.shown), to_json(i.key)) for i in plan.items],
                )
                db.executemany(
                    "INSERT OR IGNORE INTO conversations VALUES (?, ?)",
                    [(talk.id, to_json(talk)) for talk in plan.conversations],
                )
                db.executemany(
                    "INSERT OR IGNORE INTO verdicts VALUES (?, ?)",
                    [(verdict.id, to_json(verdict)) for verdict in verdicts],
                )
                db.executemany(
                    "INSERT INTO comparisons(body) VALUES (?)",
                    [(to_json(compared),) for compared in comparisons],
                )
                db.commit()
            part.replace(place / STUDY_FILE)
        except (OSError, sqlite3.Error) as error:
            raise UserError(
                f"the study cannot be written to {place}", why=str(error), fix="give another --out"
            ) from error
        return cls(place)

    def refuse_another(self, arguments: Mapping[str, Any]) -> None:
        """Raise UserError, naming what differs, unless the study was made with these arguments."""
        told = differences(self.arguments, dict(arguments))
        if told:
            raise UserError(
                f"{self.path} holds a study with other arguments",
                why="; ".join(told),
                fix=f"give another --out, or go on with it: dramaturg annotate {self.path}",
            )

    def token(self) -> str:
        """The secret of the address on the network: made once, so that a restart keeps links."""
        sql = "INSERT OR IGNORE INTO meta VALUES ('token', ?)"
        self._write(sql, (secrets.token_urlsafe(16),))
        return str(self._all("SELECT value FROM meta WHERE key = 'token'", ())[0][0])

    # What annotators see and say

    @property
    def items(self) -> dict[str, Item]:
        """All items by id."""
        return self._items

    def join(self, written: str) -> str:
        """Let somebody in, new or again; returns the key of the name.

        Raises:
            RecordError: If it is no name.
        """
        name = name_key(written)
        shown = " ".join(written.split())
        self._write("INSERT OR IGNORE INTO annotators VALUES (?, ?, ?)", (name, shown, time.time()))
        return name

    def next_item(self, annotator: str, now: float | None = None) -> Item | None:
        """The next item for somebody, which is theirs from now on; None: nothing is left.

        The first in their own order that they have not finished and that they began, or that
        fewer than `per_item` others have finished or have before them. Checks go to all.
        """
        now = time.time() if now is None else now
        mine = dict(
            self._all("SELECT item, done FROM (" + _LAST + ") WHERE annotator = ?", (annotator,))
        )
        claimed = {
            r[0] for r in self._all("SELECT item FROM claims WHERE annotator = ?", (annotator,))
        }
        others = self._taken(annotator, now)
        for item in order_for(self._items.values(), self.seed, annotator):
            if mine.get(item.id):
                continue
            full = "check" not in item.key and others.get(item.id, 0) >= self.per_item
            if full and item.id not in mine:
                continue
            if item.id not in claimed or item.id not in mine:
                self._claim(annotator, item.id, now)
            return item
        return None

    def save(
        self,
        annotator: str,
        item: str,
        answer: Any,
        *,
        done: bool,
        seconds: float = 0.0,
        at: float | None = None,
    ) -> None:
        """Keep an answer; it is on the disk when this returns.

        Args:
            at: Unix time; None = now, which is also the latest that counts: a clock that is ahead
                must not make an answer the last one for ever.

        Raises:
            RecordError: If the item was not shown to them, or it is no answer to it.
        """
        if item not in self._items:
            raise RecordError(f"there is no item {item!r}"[:80])
        good = checked(self.questions, self._items[item].shown, answer, whole=done)
        seconds = float(seconds) if 0 <= seconds < 86_400 else 0.0
        now = time.time()
        when = now if at is None else min(at, now)
        row = (annotator, item, to_json(good), int(done), round(seconds, 1))
        if at is not None and at > now and self._all(_GIVEN, row):
            return  # a clock that is ahead: the same file once more is no newer
        self._write(
            """INSERT OR IGNORE INTO answers(annotator, item, answer, done, seconds, at)
            VALUES (?, ?, ?, ?, ?, ?)""",
            (*row, when),
        )

    def has_seen(self, annotator: str, item: str) -> bool:
        """Whether the item was shown to them: here, or on a page whose answers were taken in."""
        sql = """SELECT 1 FROM claims WHERE annotator = ?1 AND item = ?2
            UNION SELECT 1 FROM answers WHERE annotator = ?1 AND item = ?2"""
        return bool(self._all(sql, (annotator, item)))

    def answer_of(self, annotator: str, item: str) -> Answer | None:
        """What they last said of it."""
        sql = _LAST + " AND a.annotator = ? AND a.item = ?"
        return next(map(_answer, self._all(sql, (annotator, item))), None)

    def history(self, annotator: str) -> list[str]:
        """The items they have finished, in the order in which they first did."""
        sql = (
            "SELECT item FROM answers WHERE annotator = ? AND done GROUP BY item ORDER BY MIN(seq)"
        )
        return [row[0] for row in self._all(sql, (annotator,))]

    def progress(self, annotator: str) -> tuple[int, int]:
        """How many items they have finished, and how many there are for them in all."""
        done = set(self.history(annotator))
        taken = self._taken(annotator, time.time())
        free = sum(
            "check" in item.key or taken.get(item.id, 0) < self.per_item
            for item in self._items.values()
            if item.id not in done
        )
        return len(done), len(done) + free

    # What comes out

    def annotators(self) -> dict[str, str]:
        """Everybody who joined: the name as they wrote it, by its key, in order of joining."""
        return dict(self._all("SELECT name, written FROM annotators ORDER BY joined, name", ()))

    def answers(self) -> list[Answer]:
        """The last answer of everybody to every item they answered, done or not."""
        return [_answer(row) for row in self._all(_LAST + " ORDER BY a.item, a.annotator", ())]

    def clicks(self) -> int:
        """How many answers were given, changed ones counted each time."""
        return int(self._all("SELECT COUNT(*) FROM answers", ())[0][0])

    def conversations(self) -> Iterator[Conversation]:
        """The conversations shown, checks left out."""
        for (body,) in self._all("SELECT body FROM conversations ORDER BY id", ()):
            yield from_json(body, Conversation)

    def verdicts(self) -> Iterator[Verdict]:
        """What critics had said of them when the study was made."""
        for (body,) in self._all("SELECT body FROM verdicts ORDER BY id", ()):
            yield from_json(body, Verdict)

    def comparisons(self) -> Iterator[Comparison]:
        """Which of two of them critics had preferred when the study was made."""
        for (body,) in self._all("SELECT body FROM comparisons ORDER BY seq", ()):
            yield from_json(body, Comparison)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Study:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Inside

    def _claim(self, annotator: str, item: str, now: float) -> None:
        sql = "INSERT INTO claims VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at"
        self._write(sql, (annotator, item, now))

    def _taken(self, annotator: str, now: float) -> dict[str, int]:
        """By item, how many others have finished it or have it before them."""
        sql = """SELECT item, COUNT(*) FROM (
            SELECT DISTINCT annotator, item FROM answers WHERE done AND annotator <> ?
            UNION SELECT annotator, item FROM claims WHERE at > ? AND annotator <> ?)
            GROUP BY item"""
        return dict(self._all(sql, (annotator, now - CLAIM_S, annotator)))

    def _all(self, sql: str, row: Sequence[Any]) -> list[Any]:
        with self._told():
            return self._db.execute(sql, row).fetchall()

    def _write(self, sql: str, row: Sequence[Any]) -> None:
        with self._told():
            self._db.execute(sql, row)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise UserError(
                f"{self.path / STUDY_FILE} cannot be used",
                why=str(error),
                fix="see that the disk has room and the folder can be written; what was answered "
                "before is kept",
            ) from error


def is_study(path: str | Path) -> bool:
    """Whether the folder holds a study."""
    return (Path(path) / STUDY_FILE).is_file()


def name_key(written: str) -> str:
    """What two spellings of one name share: case and spaces do not count.

    Raises:
        RecordError: If it is empty, longer than 60 characters, or holds control characters.

    >>> name_key("  Ann  LEE ")
    'ann lee'
    """
    text = " ".join(unicodedata.normalize("NFC", written).split())
    if not text or len(text) > NAME_LENGTH:
        raise RecordError(f"a name has 1 to {NAME_LENGTH} characters")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") for c in text):
        raise RecordError("a name has no control characters")
    return text.lower()


def _answer(row: Sequence[Any]) -> Answer:
    annotator, item, answer, done, seconds, at = row
    return Answer(
        annotator=annotator,
        item=item,
        answer=json.loads(answer),
        done=bool(done),
        seconds=seconds,
        at=at,
    )
