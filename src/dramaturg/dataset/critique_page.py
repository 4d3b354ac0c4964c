"""report.html of a critique: how the scores lie, the worst conversations, exams, cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dramaturg.dataset.page import case, histogram, number, sections, short, table


def critique_page(report: Mapping[str, Any], worst: Sequence[Mapping[str, Any]]) -> str:
    """The page as one text that needs no network.

    Args:
        report: What is in report.json.
        worst: The worst conversations as `evaluate.shown_talk` cuts them, each with "marked" and
            "verdicts".
    """
    notes = list(report["notes"])
    if report["stopped"]:
        notes.insert(0, f"stopped early: {report['stopped']}")
    if report["failed_calls"]:
        notes.insert(0, f"{report['failed_calls']:,} calls got no reply")
    if report["broken_row_count"]:
        notes.append(
            f"{report['broken_row_count']:,} rows could not be read: {report['broken_rows'][0]}"
        )
    return sections(
        f"Critique of {short(report['source'])}",
        f"{report['source']}: {report['conversations']:,} conversations, judged by "
        f"{report['critic']}.",
        notes,
        {
            "Scores": f"<div class='scroll how'>{_scores(report['scorers'])}</div>",
            "Distributions": _distributions(report["scorers"]),
            "Worst": "<p class='soft'>What failed, the worst first; the turns that the verdict "
            "names are marked.</p>" + "".join(map(case, worst))
            if worst
            else "<p>nothing failed</p>",
            "Ends": _ends(report["scorers"]),
            "Exams": _exams(report["exams"]),
            "Not judged": table(
                ["scorer and reason", "conversations"],
                [[name, f"{count:,}"] for name, count in report["unjudged"].items()],
            )
            if report["unjudged"]
            else "",
        },
    )


def _scores(rows: Sequence[Mapping[str, Any]]) -> str:
    return table(
        ["scorer", "says", "judge", "range", "good", "n", "mean", "failed (95 %)", "not judged",
         "calls", "US dollars", "s per 1,000"],
        [
            [
                f"{row['scorer']} {row['version']}",
                row["says"],
                row["model"] + ("" if row["counts"] else ", failed its exam"),
                f"{row['range'][0]:g} "
                + ("or more" if row["range"][1] is None else f"to {row['range'][1]:g}"),
                row["better"],
                f"{row['n']:,}",
                number(row["mean"]),
                _failed(row),
                f"{row['not_judged_count']:,}",
                f"{row['calls']:,}",
                f"{row['usd']:.4f}",
                number(row["seconds_per_1000"]),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _failed(row: Mapping[str, Any]) -> str:
    if row["failed_share"] is None:
        return "–"
    low, high = row["failed_interval"]
    return f"{row['failed']:,}: {row['failed_share']:.3f} ({low:.3f} to {high:.3f})"


def _distributions(rows: Sequence[Mapping[str, Any]]) -> str:
    drawn = "".join(
        histogram(f"{row['scorer']}, good is {row['better']}", [row["histogram"]], *row["range"])
        for row in rows
        if row["histogram"]
    )
    if not drawn:
        return "<p>nothing to show</p>"
    told = "One value a conversation; the height is the share of conversations."
    return f"<p class='soft'>{told}</p><div class='grid'>{drawn}</div>"


def _ends(rows: Sequence[Mapping[str, Any]]) -> str:
    """The lowest and the highest of every scorer."""
    found = [
        [f"{row['scorer']}, {which}", number(end["value"]), end["conversation"],
         "; ".join(end["reasons"])]
        for row in rows
        for which, ends in (("lowest", row["low_end"]), ("highest", row["high_end"]))
        for end in ends
    ]  # fmt: skip
    shown = table(["end", "value", "conversation", "reasons"], found)
    return (
        "<details class='how'><summary>lowest and highest values of every scorer</summary>"
        f"<div class='scroll'>{shown}</div></details>"
    )


def _exams(exams: Sequence[Mapping[str, Any]]) -> str:
    if not exams:
        return ""
    rows = []
    for exam in exams:
        shares = [
            f"{name.replace('_', ' ')} {number(part['hits'])} of {part['n']}"
            for name in ("caught", "false_alarms", "ranked")
            if (part := exam.get(name))
        ]
        rows.append(
            [
                exam["judge"],
                exam["model"],
                "passed" if exam["passed"] else "failed",
                exam["needed"],
                "; ".join(shares),
            ]
        )
    shown = table(["scorer", "judge", "exam", "needed", "found"], rows)
    return f"<div class='scroll how'>{shown}</div>"
