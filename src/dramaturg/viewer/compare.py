"""Two sources side by side: figures over equal samples, and pairs that both wrote for."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from dramaturg import evaluate
from dramaturg.scorers.variety import count_tokens
from dramaturg.scorers.words import utterances
from dramaturg.viewer import charts, schema
from dramaturg.viewer.overview import WORDS, histogram, sample
from dramaturg.viewer.source import Source

MOST_PAIRS = 30


@dataclass(frozen=True)
class Side:
    """One source with its connection for this page."""

    source: Source
    db: sqlite3.Connection


def figures(one: Side, two: Side) -> dict[str, Any]:
    """The values of the page's template."""
    sides = (one, two)
    samples = [sample(side.source, side.db) for side in sides]
    tokens = min(count_tokens(utterances(talks)) for talks in samples)
    surfaces = [evaluate.surface(talks, at_tokens=tokens or None) for talks in samples]
    shown = [evaluate.shown(talks) for talks in samples]
    rows = [(words, surfaces[0][key], surfaces[1][key]) for key, words in WORDS.items()]
    rows += [
        ("facts that their owner shows", shown[0].owner, shown[1].owner),
        ("facts that nobody shows", shown[0].neither, shown[1].neither),
    ]
    return {
        "counts": [_counts(side) for side in sides],
        "samples": [len(talks) for talks in samples],
        "tokens": tokens,
        "rows": rows,
        "scorers": [_scorer(name, sides) for name in _scorers(sides)],
        "gone": [_gone(side) for side in sides],
        "pairs": both(one, two),
    }


def both(one: Side, two: Side, most: int = MOST_PAIRS) -> list[dict[str, str]]:
    """Pairs of people for whom both have a kept conversation, the same one left out."""
    found: list[dict[str, str]] = []
    sql = "SELECT scene, id, line FROM conv JOIN face USING (n) WHERE status = 'kept' ORDER BY n"
    other = """SELECT id, line FROM conv JOIN face USING (n)
        WHERE scene = ? AND status = 'kept' LIMIT 1"""
    for i, (scene, identity, line) in enumerate(one.db.execute(sql)):
        theirs = two.db.execute(other, (scene,)).fetchone()
        if theirs and theirs[0] != identity:
            found.append({"left": identity, "right": theirs[0], "line": line, "other": theirs[1]})
        if len(found) >= most or i > 20_000:
            break
    return found


def _counts(side: Side) -> dict[str, Any]:
    db = side.db
    return {
        "kept": db.execute("SELECT COUNT(*) FROM conv WHERE status = 'kept'").fetchone()[0],
        "drafts": db.execute("SELECT COUNT(*) FROM conv").fetchone()[0],
        "people": db.execute("SELECT COUNT(*) FROM person").fetchone()[0],
        "models": side.source.info().get("models") or {},
        "recipe": side.source.info().get("recipe") or "",
    }


def _scorers(sides: tuple[Side, Side]) -> list[str]:
    return sorted({name for side in sides for name in schema.scorers(side.db)})


def _scorer(name: str, sides: tuple[Side, Side]) -> dict[str, Any]:
    return {"name": name, "sides": [_values(name, side) for side in sides]}


def _values(name: str, side: Side) -> dict[str, Any]:
    known = schema.scorers(side.db)
    if name not in known:
        return {"n": 0, "mean": None, "failed": None, "picture": Markup("")}
    k = known[name]
    n, mean, failed = side.db.execute(
        f"SELECT COUNT(s{k}), AVG(s{k}), AVG(p{k} = 0) FROM conv WHERE status = 'kept'"
    ).fetchone()
    picture = charts.columns(histogram(side.db, name), label=f"{name}, all drafts", height=64)
    return {"n": n, "mean": mean, "failed": failed, "picture": picture}


def _gone(side: Side) -> Markup:
    rows = side.db.execute(
        "SELECT kind || ' ' || class, COUNT(*) FROM gone GROUP BY kind, class ORDER BY 2 DESC "
        "LIMIT 8"
    ).fetchall()
    return charts.bars(rows, label=f"Dropped in {side.source.title}", width=480)
