"""A run as a whole: how far it is, what each round came to, what it cost, what went wrong."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from typing import Any

from markupsafe import Markup

from dramaturg import evaluate
from dramaturg.records import Conversation
from dramaturg.scorers.variety import count_tokens, distinct_n
from dramaturg.scorers.words import utterances
from dramaturg.viewer import charts, schema
from dramaturg.viewer.schema import STATUSES
from dramaturg.viewer.source import Source

SAMPLE = 500  # kept conversations over which figures of what is said are taken
LIVE_SAMPLE = 300  # of a round, while the run goes on
PICTURES = (".svg", ".png", ".jpg", ".webp")
WORDS = {
    "utterances": "turns a conversation",
    "words": "tokens a turn",
    "distinct_1": "distinct-1, at equal tokens",
    "distinct_2": "distinct-2, at equal tokens",
    "distinct_3": "distinct-3, at equal tokens",
    "different_utterances": "different utterances",
    "questions": "turns with a question",
    "opens_with_i_like_to": "turns that open with “I like to”",
}
"""The figures of `evaluate.surface` in words."""

_FIGURES = {
    "votes": "votes for the kept draft",
    "distinct_2_equal": "distinct-2 at equal tokens",
    "different": "different utterances",
    "recall": "facts that show",
    "turns": "turns a conversation",
    "words": "tokens a turn",
}


class Overview:
    """The figures of one source, kept a while where they are dear to count."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._surface: tuple[int, int, list[tuple[str, float]]] = (-1, 0, [])
        self._calls: tuple[float, float, dict[str, Any]] = (0.0, 0.0, {})

    def figures(self, db: sqlite3.Connection) -> dict[str, Any]:
        """Everything that the page shows, as values for its template."""
        source = self.source
        info, report = source.info(), self.report()
        settings = dict(info.get("arguments", {}).get("settings") or {})
        statuses = dict(db.execute("SELECT status, COUNT(*) FROM conv GROUP BY 1").fetchall())
        drafts = sum(statuses.values())
        calls = self.calls(info) if source.is_run else {}
        return {
            "state": source.state,
            "info": info,
            "settings": settings,
            "notes": report.get("notes") or [],
            "stopped": report.get("stopped"),
            "statuses": [(STATUSES[name], statuses[name]) for name in STATUSES if name in statuses],
            "kept": statuses.get("kept", 0),
            "drafts": drafts,
            "splits": db.execute(
                "SELECT split, COUNT(*) FROM conv WHERE split <> '' GROUP BY 1 ORDER BY 2 DESC"
            ).fetchall(),
            "people": db.execute("SELECT COUNT(*) FROM person").fetchone()[0],
            "rounds": self._rounds(db, settings),
            "pictures": self._round_pictures(db, report),
            "about": report.get("about") or {},
            "gone": self._gone(db),
            "lengths": self._lengths(db),
            "said": self._said(db),
            "scores": self._scores(db),
            "calls": calls,
            "quiet_s": max(0.0, time.time() - calls["newest"]) if calls.get("newest") else None,
            "files": self.files(),
        }

    def report(self) -> dict[str, Any]:
        """report.json, or {} while there is none."""
        try:
            found = json.loads((self.source.folder / "report.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def files(self) -> list[str]:
        """The pictures and pages of the report that may be shown: names inside the folder."""
        if not self.source.is_run:
            return []
        root = self.source.folder
        places = [root, *(root / name for name in ("report", "pictures", "figures"))]
        names = [
            entry.relative_to(root).as_posix()
            for place in places
            if place.is_dir() and not place.is_symlink()
            for entry in sorted(place.iterdir())
            if entry.is_file()
            and not entry.is_symlink()
            and (entry.suffix.lower() in PICTURES or entry.name == "report.html")
        ]
        return names[:60]

    def calls(self, info: dict[str, Any]) -> dict[str, Any]:
        """What the calls took, and how they ended.

        Counting reads the whole table of calls, so a large journal is counted less often; a run
        that is over has its totals in run.json.
        """
        counted, took, kept = self._calls
        running = self.source.state == "running"
        if kept and (not running or time.monotonic() - counted < max(1.0, 10 * took)):
            return kept
        begun = time.monotonic()
        noted = dict(info.get("totals") or {}).get("calls")
        if running or noted is None:
            noted = [
                {"role": role, "task": task, "calls": cost.calls, "tokens_in": cost.tokens_in,
                 "tokens_out": cost.tokens_out, "usd": cost.usd, "seconds": cost.seconds}
                for (role, task), cost in self.source.journal.totals().items()
            ]  # fmt: skip
        states: Counter[str] = Counter()
        newest = 0.0
        for _, _, state, count, at in self.source.journal.states():
            states[state] += count
            newest = max(newest, at if state == "done" else 0.0)
        errors: Counter[str] = Counter()
        for _, error, count in self.source.journal.failures():
            errors[error.partition(":")[0].strip()[:80] or "no reason given"] += count
        found = {
            "tasks": noted,
            "total": {
                name: sum(row.get(name, 0) for row in noted)
                for name in ("calls", "tokens_in", "tokens_out", "usd")
            },
            "states": dict(states),
            "errors": errors.most_common(20),
            "newest": newest,
        }
        self._calls = (time.monotonic(), time.monotonic() - begun, found)
        return found

    def _rounds(self, db: sqlite3.Connection, settings: dict[str, Any]) -> list[dict[str, Any]]:
        """What each round came to, from the index: it is there while the run goes on, too."""
        rows = db.execute(
            "SELECT round, COUNT(*), COUNT(DISTINCT scene), SUM(status IN ('kept', 'earlier')), "
            "SUM(status = 'dropped'), SUM(status = 'lost') FROM conv GROUP BY round ORDER BY round"
        ).fetchall()
        wanted = settings.get("conversations")
        return [
            {
                "round": number,
                "drafts": drafts,
                "pairs": pairs,
                "kept": kept,
                "dropped": dropped,
                "lost": lost,
                "acceptance": kept / drafts if drafts else None,
                "bar": charts.share(pairs, wanted, label=f"{pairs} of {wanted} pairs decided")
                if isinstance(wanted, int)
                else "",
                "wanted": wanted,
            }
            for number, drafts, pairs, kept, dropped, lost in rows
            if number
        ]

    def _round_pictures(
        self, db: sqlite3.Connection, report: dict[str, Any]
    ) -> list[tuple[str, str, Markup]]:
        """(what, over what it is counted, picture)."""
        rounds = report.get("rounds") or []
        told = []
        for key, words in _FIGURES.items():
            values = [
                (f"round {row['round']}", float(row[key]))
                for row in rounds
                if isinstance(row, dict) and row.get(key) is not None
            ]
            if values:
                n = ", ".join(f"{row.get('kept', 0):,}" for row in rounds)
                told.append((words, f"n = {n} kept", charts.line(values, label=words)))
        return told or self._live_variety(db)

    def _live_variety(self, db: sqlite3.Connection) -> list[tuple[str, str, Markup]]:
        if self.source.state != "running":
            return []
        by_round: dict[int, list[Conversation]] = {}
        sql = """SELECT id FROM conv JOIN face USING (n) WHERE round = ?
            AND status IN ('kept', 'earlier') ORDER BY n DESC LIMIT ?"""
        for (number,) in db.execute("SELECT DISTINCT round FROM conv WHERE round > 0").fetchall():
            ids = db.execute(sql, (number, LIVE_SAMPLE)).fetchall()
            by_round[number] = [self.source.talk(db, row[0]) for row in ids]
        sizes = [count_tokens(utterances(talks)) for talks in by_round.values() if talks]
        if not sizes:
            return []
        values = [
            (f"round {number}", distinct_n(utterances(talks), 2, at_tokens=min(sizes)))
            for number, talks in sorted(by_round.items())
            if talks
        ]
        about = f"so far, over {min(sizes):,} tokens of the newest kept of each round"
        return [("distinct-2", about, charts.line(values, label="distinct-2"))]

    def _lengths(self, db: sqlite3.Connection) -> Markup:
        rows = db.execute(
            "SELECT MIN(turns, 40), COUNT(*) FROM conv WHERE status = 'kept' GROUP BY 1"
        ).fetchall()
        if len(rows) < 2:
            return Markup("")
        counts = dict(rows)
        values = [
            (f"{i}{' or more' if i == 40 else ''} turns", float(counts.get(i, 0)))
            for i in range(min(counts), max(counts) + 1)
        ]
        return charts.columns(values, label="Kept conversations by turns")

    def _said(self, db: sqlite3.Connection) -> tuple[int, list[tuple[str, float]]]:
        """(over how many conversations, figures of what is said in them), once all is indexed."""
        if not self.source.complete or self.source.state == "running":
            return 0, []
        if self._surface[0] != self.source.revision:
            talks = sample(self.source, db)
            values = evaluate.surface(talks)
            figures = [(words.partition(",")[0], values[key]) for key, words in WORDS.items()]
            self._surface = (self.source.revision, len(talks), figures)
        return self._surface[1:]

    def _scores(self, db: sqlite3.Connection) -> list[tuple[str, Markup]]:
        return [
            (name, charts.columns(histogram(db, name), label=f"{name}, all drafts", height=70))
            for name in sorted(schema.scorers(db))
        ]

    def _gone(self, db: sqlite3.Connection) -> Markup:
        rows = db.execute(
            "SELECT kind || ' ' || class, COUNT(*) FROM gone GROUP BY kind, class "
            "ORDER BY 2 DESC LIMIT 14"
        ).fetchall()
        return charts.bars(rows, label="Dropped, by what it was and why")


def sample(source: Source, db: sqlite3.Connection, most: int = SAMPLE) -> list[Conversation]:
    """Kept conversations spread evenly over the source, so that the same page shows the same."""
    count = db.execute("SELECT COUNT(*) FROM conv WHERE status = 'kept'").fetchone()[0]
    step = max(1, -(-count // most))
    sql = """SELECT id FROM face JOIN (SELECT n, ROW_NUMBER() OVER (ORDER BY n) - 1 AS place
        FROM conv WHERE status = 'kept') USING (n) WHERE place % ? = 0 ORDER BY n"""
    return [source.talk(db, row[0]) for row in db.execute(sql, (step,)).fetchall()]


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
