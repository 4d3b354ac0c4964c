"""report.html: the report as one file that opens without a network, every text escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from dramaturg.dataset.page import bars, fill, table
from dramaturg.records import Conversation
from dramaturg.store import RunFolder, write_atomically

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
        "title": escape(f"{report['recipe']}: {sum(splits.values()):,} conversations"),
        "summary": escape(
            f"Splits: {parts or 'none yet'}. State: {report.get('stopped') or 'complete'}. "
            "Models: " + ", ".join(f"{r} {m}" for r, m in report.get("models", {}).items()) + "."
        ),
        "notes": "".join(f'<p class="note">{escape(str(n))}</p>' for n in report.get("notes", [])),
        "rounds": table(
            list(_COLUMNS.values()), [[_cell(row.get(key)) for key in _COLUMNS] for row in rounds]
        ),
        "about": escape("; ".join(f"{k}: {v}" for k, v in report.get("about", {}).items())),
        "variety": bars([(f"round {r['round']}", float(r["distinct_2_equal"])) for r in rounds]),
        "dropped": bars(_reasons(rounds), whole=True),
        "totals": table(
            ["role/task", "calls", "tokens in", "tokens out", "US dollars"],
            [
                [name, *(_cell(row[k]) for k in ("calls", "tokens_in", "tokens_out", "usd"))]
                for name, row in report.get("totals", {}).items()
            ],
        ),
        "samples": "".join(_sample(talk) for talk in _some(conversations)),
    }
    text = fill("report.html", filled)
    page = folder.path / "report.html"
    write_atomically(page, text.encode("utf-8", "replace"))
    return page


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
