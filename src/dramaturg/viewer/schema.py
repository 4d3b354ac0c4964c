"""The index: one SQLite file that answers what a page asks, made from a run or a dataset.

It holds numbers, ids and words, and for a dataset that is not a run also the conversations
(packed). It can be deleted at any time: it is made again.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

VERSION = 1
KEPT, EARLIER, LOST, DROPPED = "kept", "earlier", "lost", "dropped"
STATUSES = {
    KEPT: "kept",
    EARLIER: "kept in an earlier round",
    LOST: "lost the vote",
    DROPPED: "dropped by a critic",
}
"""What became of a conversation, with its words for a page."""

_SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE conv(
    n INTEGER PRIMARY KEY, key INTEGER NOT NULL, scene INTEGER NOT NULL, status TEXT NOT NULL,
    split TEXT NOT NULL, round INTEGER NOT NULL, turns INTEGER NOT NULL, words INTEGER NOT NULL,
    uses INTEGER NOT NULL, denies INTEGER NOT NULL, claims INTEGER NOT NULL, reason TEXT);
CREATE TABLE face(n INTEGER PRIMARY KEY, id TEXT NOT NULL, names TEXT NOT NULL,
    line TEXT NOT NULL, why TEXT NOT NULL DEFAULT '');
CREATE TABLE body(n INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE judged(key INTEGER, scorer INTEGER, value REAL, passed INTEGER,
    PRIMARY KEY(key, scorer)) WITHOUT ROWID;
CREATE TABLE spare(key INTEGER, id TEXT, body TEXT NOT NULL, PRIMARY KEY(key, id)) WITHOUT ROWID;
CREATE TABLE link(key INTEGER, kind TEXT, id TEXT, PRIMARY KEY(key, kind, id)) WITHOUT ROWID;
CREATE TABLE part(person INTEGER, n INTEGER, PRIMARY KEY(person, n)) WITHOUT ROWID;
CREATE TABLE person(n INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE, id TEXT NOT NULL,
    name TEXT NOT NULL, facts INTEGER NOT NULL, new INTEGER NOT NULL, whole INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE fact(key INTEGER PRIMARY KEY, id TEXT NOT NULL, text TEXT NOT NULL,
    category TEXT NOT NULL, status TEXT NOT NULL, provider TEXT NOT NULL);
CREATE TABLE holds(person INTEGER, place INTEGER, fact INTEGER, PRIMARY KEY(person, place))
    WITHOUT ROWID;
CREATE TABLE gone(n INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL,
    class TEXT NOT NULL, reason TEXT NOT NULL, subject TEXT NOT NULL, key INTEGER NOT NULL,
    round INTEGER NOT NULL);
CREATE VIRTUAL TABLE said USING fts5(turns, facts, content='', tokenize='unicode61');
CREATE VIRTUAL TABLE about USING fts5(facts, content='',
    tokenize='unicode61');
CREATE UNIQUE INDEX conv_key ON conv(key);
CREATE INDEX conv_scene ON conv(scene);
CREATE INDEX conv_status ON conv(status);
CREATE INDEX holds_fact ON holds(fact);
CREATE INDEX fact_category ON fact(category);
CREATE INDEX gone_key ON gone(key);
CREATE INDEX gone_kind ON gone(kind, class);
"""

_HEX = re.compile(r"[a-z]-([0-9a-f]{16})")
_WIDE = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af])")


def create(path: Path) -> sqlite3.Connection:
    """A new, empty index, open for writing."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=OFF")  # a crash costs an index, which is made again
    db.execute("PRAGMA cache_size=-65536")
    db.executescript(_SCHEMA)
    return db


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    uri = f"{path.resolve().as_uri()}?mode=ro"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
    db.execute("PRAGMA query_only=1")
    db.execute("PRAGMA cache_size=-32768")
    return db


def key_of(identity: str) -> int:
    """An id as a number that SQLite keeps in 8 bytes; ids of ours are hashes already."""
    found = _HEX.fullmatch(identity)
    if found:
        return int(found[1], 16) - (1 << 63)
    digest = hashlib.blake2b(identity.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") - (1 << 63)


def spaced(text: str) -> str:
    """The text with characters of Chinese, Japanese and Korean apart, so that each is a word."""
    return text if text.isascii() else _WIDE.sub(r" \1 ", text)


def scorers(db: sqlite3.Connection) -> dict[str, int]:
    """Scorer name -> its number: columns s{number} (value) and p{number} (passed) of conv."""
    rows = db.execute("SELECT key, value FROM meta WHERE key >= 'scorer:' AND key < 'scorer;'")
    return {key.removeprefix("scorer:"): int(value) for key, value in rows}


def add_scorer(db: sqlite3.Connection, name: str, number: int) -> None:
    """Two more columns."""
    db.execute(f"ALTER TABLE conv ADD COLUMN s{number} REAL")
    db.execute(f"ALTER TABLE conv ADD COLUMN p{number} INTEGER")
    db.execute("INSERT INTO meta VALUES (?, ?)", (f"scorer:{name}", str(number)))


def meta(db: sqlite3.Connection) -> dict[str, str]:
    """Everything noted about the index itself."""
    return dict(db.execute("SELECT key, value FROM meta").fetchall())


def rows(
    db: sqlite3.Connection, sql: str, values: tuple[object, ...] = ()
) -> Iterator[sqlite3.Row]:
    """Rows by name."""
    cursor = db.execute(sql, values)
    cursor.row_factory = sqlite3.Row
    return iter(cursor)
