"""report.html: the report as one file that opens without a network, every text escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from dramaturg.dataset.page import bars, fill, table
from dramaturg.records import Conversation, Drop, from_json
from dramaturg.store import RunFolder, write_atomically

_SOME = (
    '<h2>Some conversations</h2>\n<p class="soft">The first, the middle and the last by id; not '
    "chosen. For a map of all of them, distributions and figures with intervals: "
    "<code>dramaturg evaluate</code> this folder.</p>"
)
_COLUMNS = {
    "round": "round",
    "pairs": "pairs",
    "kept": "kept",
    "drafts": "drafts",
    "precision": "precision",
    "recall": "recall",
    "distinct_2": "distinct-2",
    "different": "different utterances",
    "turns": "turns",
    "words": "tokens a turn",
    "votes": "votes",
    "tokens": "tokens",
}


def write_report_page(
    folder: RunFolder, report: Mapping[str, Any], conversations: Sequence[Conversation]
) -> Path:
    """Write report.html of a run.

    Args:
        report: What is in report.json.
        conversations: The kept ones; three of them are shown.
    """
    rounds: list[dict[str, Any]] = list(report.get("rounds", []))
    splits: Mapping[str, int] = report.get("splits", {})
    parts = ", ".join(f"{name} {count:,}" for name, count in splits.items())
    filled = {
        "title": escape(f"{report['recipe']}: {_made(report)}"),
        "summary": escape(
            f"Splits: {parts or 'none yet'}. State: {report.get('stopped') or 'complete'}. "
            "Models: " + ", ".join(f"{r} {m}" for r, m in report.get("models", {}).items()) + "."
        ),
        "notes": "".join(f'<p class="note">{escape(str(n))}</p>' for n in report.get("notes", [])),
        "rounds": _rounds(rounds, report.get("about", {})) if rounds else "",
        "figures": _figures(report.get("figures", [])),
        "dropped": bars(_reasons(rounds) if rounds else _dropped(folder), whole=True),
        "totals": table(
            ["role/task", "calls", "tokens in", "tokens out", "US dollars"],
            [
                [name, *(_cell(row[k]) for k in ("calls", "tokens_in", "tokens_out", "usd"))]
                for name, row in report.get("totals", {}).items()
            ],
        ),
        "samples": "".join(_sample(talk) for talk in _some(conversations)) if conversations else "",
        "some": _SOME if conversations else "",
    }
    text = fill("report.html", filled)
    page = folder.path / "report.html"
    write_atomically(page, text.encode("utf-8", "replace"))
    return page


def _made(report: Mapping[str, Any]) -> str:
    """What was made, in words: "12 conversations", "3 items, 20 people"."""
    kept = sum(report.get("splits", {}).values())
    made: Mapping[str, int] = report.get("made", {"conversations": kept})
    told = [f"{n:,} {what}" for what, n in made.items() if n]
    return ", ".join(told) or "0 conversations"


def _rounds(rounds: Sequence[Mapping[str, Any]], about: Mapping[str, Any]) -> str:
    """The table of the rounds, what its columns mean, and how variety went."""
    rows = [[_cell(row.get(key)) for key in _COLUMNS] for row in rounds]
    told = escape("; ".join(f"{k}: {v}" for k, v in about.items()))
    variety = bars([(f"round {r['round']}", float(r["distinct_2_equal"])) for r in rounds])
    return (
        f"<h2>Rounds</h2>\n{table(list(_COLUMNS.values()), rows)}\n"
        f'<p class="soft">{told}</p>\n<h2>Variety by round</h2>\n'
        "<p>distinct-2 of the kept conversations, at as many tokens as the smaller of this round "
        f"and the first</p>\n{variety}"
    )


def _figures(figures: Sequence[Mapping[str, Any]]) -> str:
    """What the recipe measured, each number with its n, unit, split and scorer."""
    if not figures:
        return ""
    columns = ["name", "value", "n", "unit", "split", "scorer"]
    rows = [[escape(_plain(row.get(key))) for key in columns] for row in figures]
    return f"<h2>Figures</h2>\n{table(columns, rows)}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else _cell(value)


def _dropped(folder: RunFolder) -> list[tuple[str, float]]:
    folder.journal.flush()
    drops = (from_json(body, Drop) for body in folder.journal.records("drop"))
    counts = Counter(f"{drop.kind}: {drop.reason_class}" for drop in drops)
    return [(name, float(count)) for name, count in counts.most_common(12)]


def _reasons(rounds: Sequence[Mapping[str, Any]]) -> list[tuple[str, float]]:
    counts: Counter[str] = Counter()
    for row in rounds:
        counts.update(row["dropped"])
    return [(name, float(count)) for name, count in counts.most_common(12)]


def _some(conversations: Sequence[Conversation]) -> list[Conversation]:
    ordered = sorted((talk.id, i) for i, talk in enumerate(conversations))
    places = sorted({0, len(ordered) // 2, len(ordered) - 1}) if ordered else []
    return [conversations[ordered[i][1]] for i in places]


def _sample(talk: Conversation) -> str:
    facts = {
        fact_id: fact
        for speaker in talk.speakers
        for fact_id, fact in zip(speaker.fact_ids, speaker.persona, strict=False)
    }
    people = "".join(
        f"<p class='facts'>{escape(s.name)}: {escape(' · '.join(s.persona))}</p>"
        for s in talk.speakers
    )
    turns = "".join(
        f"<p class='turn'><span class='who'>{escape(talk.speakers[t.speaker].name)}</span> "
        f"<bdi>{escape(t.text)}</bdi>"
        + "".join(
            f" <span class='mark {escape(g.relation)}'>[{escape(g.relation)}: "
            f"{escape(facts.get(g.fact_id, g.fact_id))}]</span>"
            for g in t.grounding
        )
        + "</p>"
        for t in talk.turns
    )
    return f"<details open><summary>{escape(talk.id)}</summary>{people}{turns}</details>"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,.3f}" if isinstance(value, float) else f"{value:,}"
