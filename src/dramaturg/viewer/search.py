"""The list of conversations: what is asked for, as an address and as SQL, and a page of it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from dramaturg.errors import UserError
from dramaturg.viewer import schema
from dramaturg.viewer.schema import STATUSES, key_of, spaced

PER_PAGE = 50
MARKS = {
    "uses": "a turn uses a fact",
    "denies": "a turn denies a fact",
    "claims": "a turn claims the other's fact",
    "none": "no turn is marked",
}
_ORDERS = {
    "n": "as made",
    "round": "round",
    "turns": "turns",
    "words": "words",
    "uses": "facts used",
    "denies": "facts denied",
    "claims": "facts claimed",
}
_TERM = re.compile(r'-?"[^"]*"|\S+')


@dataclass(frozen=True)
class Bound:
    """What is asked of one scorer: a range of its value, and whether it passed."""

    low: float | None = None
    high: float | None = None
    verdict: str = ""  # "passed", "failed" or ""


@dataclass(frozen=True)
class Query:
    """What a list shows. The same query is always the same address.

    Attributes:
        q: Words of turns or facts; "a phrase", -without.
        fact: Words of facts only.
        status: One of STATUSES, "all", or "" for the kept ones (for all, where a reason is asked
            for).
        person: A person's id.
        scores: By scorer.
        sort: A column of `_ORDERS` or a scorer, with "-" before it for the highest first.
        page: From 1.
    """

    q: str = ""
    fact: str = ""
    status: str = ""
    split: str = ""
    round: str = ""
    marks: str = ""
    reason: str = ""
    person: str = ""
    scores: Mapping[str, Bound] = field(default_factory=dict)
    sort: str = ""
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Query:
        """The query of an address; what is unknown or no number is passed over."""
        plain = {
            name: given.get(name, "").strip()[:500]
            for name in ("q", "fact", "status", "split", "round", "marks", "reason", "person",
                         "sort")
        }  # fmt: skip
        scores: dict[str, dict[str, Any]] = {}
        for name, value in given.items():
            kind, _, scorer = name.partition(".")
            if kind in ("min", "max") and scorer and (number := _number(value)) is not None:
                scores.setdefault(scorer, {})["low" if kind == "min" else "high"] = number
            elif kind == "verdict" and scorer and value in ("passed", "failed"):
                scores.setdefault(scorer, {})["verdict"] = value
        page = given.get("page", "1")
        return cls(
            **plain,
            scores={name: Bound(**bound) for name, bound in scores.items()},
            page=page_of(page),
        )

    def address(self, **changes: Any) -> str:
        """The query as the part of an address behind "?"; "" for the plain list.

        >>> Query(q="dogs", page=2).address()
        'q=dogs&page=2'
        """
        me = replace(self, **changes)
        parts = [
            (name, getattr(me, name))
            for name in ("q", "fact", "status", "split", "round", "marks", "reason", "person")
            if getattr(me, name)
        ]
        for name, bound in sorted(me.scores.items()):
            for kind, end in (("min", bound.low), ("max", bound.high)):
                if end is not None:
                    parts.append((f"{kind}.{name}", repr(end).removesuffix(".0")))
            parts += [(f"verdict.{name}", bound.verdict)] * bool(bound.verdict)
        parts += [("sort", me.sort)] * bool(me.sort)
        parts += [("page", str(me.page))] * (me.page > 1)
        return urlencode(parts, errors="replace")

    @property
    def shown_status(self) -> str:
        """One of STATUSES, or "all": what was kept has no reason why it was dropped."""
        return self.status or ("all" if self.reason else schema.KEPT)

    @property
    def narrowed(self) -> bool:
        """Whether anything but order and page was asked for."""
        return bool(replace(self, sort="", page=1).address())


@dataclass(frozen=True)
class Row:
    """One line of the list.

    Attributes:
        at: Its place in the whole list, from 0.
        why: Why it was dropped, or "".
        scores: (scorer, value, passed) where there is a value.
    """

    at: int
    id: str
    names: str
    line: str
    status: str
    split: str
    round: int
    turns: int
    uses: int
    denies: int
    claims: int
    why: str
    scores: tuple[tuple[str, float, bool | None], ...]


@dataclass(frozen=True)
class Found:
    """A page of the list, and how many there are in all."""

    rows: list[Row]
    count: int
    pages: int


def search(db: sqlite3.Connection, query: Query) -> Found:
    """One page of what the query asks for."""
    where, values = _where(db, query)
    count = _count(db, where, values)
    pages = max(1, -(-count // PER_PAGE))
    page = min(query.page, pages)
    at = (page - 1) * PER_PAGE
    known = schema.scorers(db)
    sql = f"SELECT n FROM conv WHERE {where} ORDER BY {_order(query, known)} LIMIT ? OFFSET ?"
    ids = [row[0] for row in db.execute(sql, (*values, PER_PAGE, at))]
    return Found([_row(db, n, at + i, known) for i, n in enumerate(ids)], count, pages)


def neighbour(db: sqlite3.Connection, query: Query, at: int) -> str | None:
    """The id at a place of the list, or None beyond its ends."""
    if at < 0:
        return None
    where, values = _where(db, query)
    order = _order(query, schema.scorers(db))
    sql = f"SELECT n FROM conv WHERE {where} ORDER BY {order} LIMIT 1 OFFSET ?"
    row = db.execute(sql, (*values, at)).fetchone()
    if row is None:
        return None
    return str(db.execute("SELECT id FROM face WHERE n = ?", row).fetchone()[0])


def facets(db: sqlite3.Connection) -> dict[str, list[tuple[Any, int]]]:
    """What there is to filter by, each value with how many conversations have it."""
    found = {
        name: db.execute(
            f"SELECT {name}, COUNT(*) FROM conv WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).fetchall()
        for name in ("status", "split", "round", "reason")
    }
    found["reason"].sort(key=lambda row: -row[1])
    order = list(STATUSES)
    found["status"].sort(key=lambda row: order.index(row[0]))
    return found


def scorer_facts(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """Each scorer with its lowest and highest value, how many values, and how many failed."""
    told = []
    for name, k in sorted(schema.scorers(db).items()):
        low, high, count, failed, judged = db.execute(
            f"SELECT MIN(s{k}), MAX(s{k}), COUNT(s{k}), SUM(p{k} = 0), COUNT(p{k}) FROM conv"
        ).fetchone()
        told.append({"name": name, "low": low, "high": high, "count": count,
                     "failed": failed or 0, "judged": judged})  # fmt: skip
    return told


def histogram(db: sqlite3.Connection, scorer: str, bins: int = 20) -> list[tuple[str, float]]:
    """How many conversations have which value: (upper end of the bin, count)."""
    k = schema.scorers(db)[scorer]
    low, high = db.execute(f"SELECT MIN(s{k}), MAX(s{k}) FROM conv").fetchone()
    if low is None or high <= low:
        return []
    width = (high - low) / bins
    counts = dict(
        db.execute(
            f"SELECT MIN(CAST((s{k} - ?) / ? AS INTEGER), ?), COUNT(*) FROM conv "
            f"WHERE s{k} IS NOT NULL GROUP BY 1",
            (low, width, bins - 1),
        ).fetchall()
    )
    ends = [low + width * (i + (i == bins - 1)) for i in range(bins)]
    return [(f"{end:.2f}".rstrip("0").rstrip("."), float(counts.get(i, 0)))
            for i, end in enumerate(ends)]  # fmt: skip


def counts(db: sqlite3.Connection) -> dict[str, Any]:
    """Facets, and what is known of each scorer with its histogram: what every list shows beside
    it. Of an index that is whole they stand in it; they take a third of a second to count."""
    kept = schema.meta(db).get("counts")
    if kept is not None:
        found: dict[str, Any] = json.loads(kept)
        return found
    told = [{**fact, "histogram": histogram(db, fact["name"])} for fact in scorer_facts(db)]
    return {"facets": facets(db), "scorers": told}


def orders(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """What a list can be sorted by: (value for `sort`, in words)."""
    known = [(name, word) for name, word in _ORDERS.items() if name != "n"]
    scores = [(name, name) for name in sorted(schema.scorers(db))]
    both = [(f"{sign}{name}", f"{word}, {end} first") for name, word in (*scores, *known)
            for sign, end in (("", "lowest"), ("-", "highest"))]  # fmt: skip
    return [("", "as made"), ("-n", "newest first"), *both]


def match(text: str, column: str = "") -> str | None:
    """Words as a person types them, in the full-text engine's language; None = nothing to find.

    >>> match('dogs -cats "two red')
    '"dogs" "two" "red" * NOT "cats"'
    """
    wanted: list[str] = []
    without: list[str] = []
    for term in _TERM.findall(text.replace("\x00", " ")):
        negated = term.startswith("-") and len(term) > 1
        whole = len(term) > 1 and term.rstrip().endswith('"') and term.lstrip("-").startswith('"')
        word = spaced(term[1:] if negated else term).replace('"', " ").strip()
        if not any(c.isalnum() for c in word):
            continue
        quoted = f'"{word}"' if whole or negated else f'"{word}" *'
        (without if negated else wanted).append(quoted)
    if not wanted:
        return None
    wanted = [*(w.removesuffix(" *") for w in wanted[:-1]), wanted[-1]]
    told = " ".join(wanted) + "".join(f" NOT {word}" for word in without)
    return f"{column} : ({told})" if column else told


def words_of(text: str) -> list[str]:
    """The words that a search looked for, to mark them in what it found."""
    terms = (t for t in _TERM.findall(text) if not (t.startswith("-") and len(t) > 1))
    return [w for term in terms for w in re.findall(r"\w+", term)]


def _where(db: sqlite3.Connection, query: Query) -> tuple[str, list[Any]]:
    parts: list[str] = ["1"]
    values: list[Any] = []

    def need(sql: str, *given: Any) -> None:
        parts.append(sql)
        values.extend(given)

    if query.shown_status != "all":
        need("status = ?", query.shown_status)
    if query.split:
        need("split = ?", query.split)
    if query.round:
        need("round = ?", query.round if query.round.isdecimal() else -1)
    if query.reason:
        need("reason = ?", query.reason)
    if query.marks in ("uses", "denies", "claims"):
        need(f"{query.marks} > 0")
    elif query.marks == "none":
        need("uses + denies + claims = 0")
    if query.person:
        need("n IN (SELECT n FROM part WHERE person = ?)", key_of(query.person))
    for text, column in ((query.q, ""), (query.fact, "facts")):
        if text:
            told = match(text, column)
            if told is None:
                need("0")
            else:
                need("n IN (SELECT rowid FROM said WHERE said MATCH ?)", told)
    known = schema.scorers(db)
    for name, bound in query.scores.items():
        if name not in known:
            need("0")
            continue
        k = known[name]
        if bound.low is not None:
            need(f"s{k} >= ?", bound.low)
        if bound.high is not None:
            need(f"s{k} <= ?", bound.high)
        if bound.verdict:
            need(f"p{k} = ?", int(bound.verdict == "passed"))
    return " AND ".join(parts), values


def _count(db: sqlite3.Connection, where: str, values: list[Any]) -> int:
    try:
        return int(db.execute(f"SELECT COUNT(*) FROM conv WHERE {where}", values).fetchone()[0])
    except sqlite3.OperationalError as error:
        raise UserError("this search cannot be read", why=str(error)) from error


def _order(query: Query, known: Mapping[str, int]) -> str:
    name, down = query.sort.removeprefix("-"), query.sort.startswith("-")
    column = name if name in _ORDERS else f"s{known[name]}" if name in known else "n"
    way = "DESC" if down else "ASC"
    nulls = f"{column} IS NULL, " if column.startswith("s") else ""
    return f"{nulls}{column} {way}" + (", n" if column != "n" else "")


def _row(db: sqlite3.Connection, n: int, at: int, known: Mapping[str, int]) -> Row:
    (row,) = schema.rows(db, "SELECT * FROM conv JOIN face USING (n) WHERE n = ?", (n,))
    values = ((name, row[f"s{k}"], row[f"p{k}"]) for name, k in sorted(known.items()))
    return Row(
        at=at, id=row["id"], names=row["names"], line=row["line"], status=row["status"],
        split=row["split"], round=row["round"], turns=row["turns"], uses=row["uses"],
        denies=row["denies"], claims=row["claims"], why=row["why"],
        scores=tuple(
            (name, value, None if passed is None else bool(passed))
            for name, value, passed in values
            if value is not None
        ),
    )  # fmt: skip


def page_of(text: str) -> int:
    """The number of a page, from 1; 1 where the text is none.

    >>> page_of("12"), page_of("0"), page_of("²"), page_of("9" * 5_000)
    (12, 1, 1, 1)
    """
    return max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None
