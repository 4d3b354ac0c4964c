"""People: who is there, how often each is used, who is like whom, and how a profile grew."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dramaturg.errors import UserError
from dramaturg.records import Drop, from_json
from dramaturg.viewer import schema
from dramaturg.viewer.fill import growth_key
from dramaturg.viewer.schema import key_of, spaced
from dramaturg.viewer.search import match, page_of
from dramaturg.viewer.source import Source

PER_PAGE = 40
ORDERS = {
    "": "as made",
    "-used": "most used first",
    "used": "least used first",
    "-new": "most made facts first",
    "-facts": "most facts first",
}


@dataclass(frozen=True)
class PeopleQuery:
    """What a list of people shows."""

    q: str = ""
    category: str = ""
    sort: str = ""
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str]) -> PeopleQuery:
        """The query of an address."""
        page, sort = given.get("page", "1"), given.get("sort", "")
        return cls(
            q=given.get("q", "").strip()[:500],
            category=given.get("category", "").strip()[:2_000],
            sort=sort if sort in ORDERS else "",
            page=page_of(page),
        )

    def address(self, page: int = 1) -> str:
        """The query as the part of an address behind "?"."""
        parts = {"q": self.q, "category": self.category, "sort": self.sort}
        told = {name: value for name, value in parts.items() if value}
        return urlencode(told | ({"page": str(page)} if page > 1 else {}), errors="replace")


@dataclass(frozen=True)
class FactLine:
    """One fact of a person."""

    text: str
    id: str
    category: str
    status: str
    provider: str


@dataclass(frozen=True)
class PersonLine:
    """One person of a list; `used` counts kept conversations."""

    id: str
    name: str
    used: int
    new: int
    facts: list[FactLine]
    shared: list[str]

    @property
    def label(self) -> str:
        """What the person is called on a page: the name, or what is first known of them."""
        return self.name or (self.facts[0].text if self.facts else self.id)


@dataclass(frozen=True)
class Step:
    """One step of a profile's growth: what was refused before a fact was taken.

    Attributes:
        fact: The fact that was taken at last.
        refused: What the profile refused while it had the facts before this one.
    """

    fact: FactLine
    refused: list[dict[str, Any]]


def people(db: sqlite3.Connection, query: PeopleQuery) -> tuple[list[PersonLine], int, int]:
    """One page of people, how many there are, and how many pages."""
    parts, values = ["1"], []
    if query.q:
        told = match(query.q)
        parts.append("n IN (SELECT rowid FROM about WHERE about MATCH ?)" if told else "0")
        values += [told] if told else []
    if query.category:
        parts.append(
            "key IN (SELECT person FROM holds JOIN fact ON fact.key = holds.fact "
            "WHERE category = ?)"
        )
        values.append(query.category)
    where = " AND ".join(parts)
    count = db.execute(f"SELECT COUNT(*) FROM person WHERE {where}", values).fetchone()[0]
    pages = max(1, -(-count // PER_PAGE))
    column, way = query.sort.removeprefix("-") or "n", "DESC" if query.sort[:1] == "-" else "ASC"
    order = f"{column} {way}" + (", n" if column != "n" else "")
    sql = f"SELECT key FROM person WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
    at = (min(query.page, pages) - 1) * PER_PAGE
    keys = [row[0] for row in db.execute(sql, (*values, PER_PAGE, at))]
    return [_person(db, key) for key in keys], count, pages


def categories(db: sqlite3.Connection, most: int = 200) -> list[tuple[str, int]]:
    """(category, how many facts), the largest first."""
    sql = """SELECT category, COUNT(*) FROM fact WHERE category <> '' GROUP BY category
        ORDER BY 2 DESC, 1 LIMIT ?"""
    return db.execute(sql, (most,)).fetchall()


def person(db: sqlite3.Connection, identity: str) -> PersonLine:
    """One person.

    Raises:
        UserError: If there is none with this id.
    """
    key = key_of(identity)
    if db.execute("SELECT 1 FROM person WHERE key = ?", (key,)).fetchone() is None:
        raise UserError(f"there is no person {identity[:200]}", fix="look among the people")
    return _person(db, key)


def similar(db: sqlite3.Connection, who: PersonLine, most: int = 8) -> list[PersonLine]:
    """People whose facts share rare words with this person's, the nearest first.

    By words (BM25 over the facts), without a model: it finds another baker, not another cook.
    """
    from dramaturg.scorers.words import shown_words  # lazily: it brings numpy along

    texts = [fact.text for fact in who.facts]
    words = sorted({w for text in texts for w in shown_words(spaced(text[:2_000]))})[:60]
    quoted = " OR ".join(f'"{word}"' for word in words if '"' not in word)
    if not quoted:
        return []
    sql = "SELECT rowid FROM about WHERE about MATCH ? ORDER BY bm25(about) LIMIT ?"
    found = []
    for (n,) in db.execute(sql, (quoted, most + 1)).fetchall():
        key = db.execute("SELECT key FROM person WHERE n = ?", (n,)).fetchone()[0]
        if key != key_of(who.id):
            found.append(_person(db, key, like=who))
    return found[:most]


def growth(source: Source, db: sqlite3.Connection, who: PersonLine) -> list[Step]:
    """How the profile grew, fact by fact, with what it refused; [] where the run does not say."""
    if not source.is_run:
        return []
    steps: list[Step] = []
    held: list[str] = []
    for fact in who.facts:
        sql = "SELECT id FROM link WHERE key = ? AND kind = 'drop' LIMIT 200"
        rows = db.execute(sql, (key_of(growth_key(held)),)).fetchall() if held else []
        bodies = (source.journal.record("drop", row[0]) for row in rows)
        steps.append(Step(fact, [_refusal(from_json(b, Drop)) for b in bodies if b]))
        held.append(fact.id)
    return steps


def _refusal(drop: Drop) -> dict[str, Any]:
    detail = json.loads(drop.detail or "{}")
    return {"class": drop.reason_class, "fact": detail.get("fact", drop.subject),
            "against": detail.get("against", ""), "why": detail.get("why", ""),
            "score": detail.get("score"), "by": detail.get("by", "")}  # fmt: skip


def _person(db: sqlite3.Connection, key: int, like: PersonLine | None = None) -> PersonLine:
    (row,) = schema.rows(db, "SELECT id, name, used, new FROM person WHERE key = ?", (key,))
    sql = """SELECT text, id, category, status, provider FROM holds
        JOIN fact ON fact.key = holds.fact WHERE person = ? ORDER BY place LIMIT 200"""
    facts = [FactLine(*fact) for fact in db.execute(sql, (key,))]
    shared: list[str] = []
    if like is not None:
        from dramaturg.scorers.words import shown_words

        mine = set().union(*(shown_words(fact.text) for fact in facts)) if facts else set()
        theirs = set().union(*(shown_words(fact.text) for fact in like.facts))
        shared = sorted(mine & theirs)
    return PersonLine(row["id"], row["name"], row["used"], row["new"], facts, shared)
