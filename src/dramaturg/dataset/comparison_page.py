"""report.html of a comparison: who wins, how far position counts, agreement, pairs to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dramaturg.dataset.page import number, sections, short, table, talk

_PARTS = (("first_wins", "fill-ours"), ("ties", "fill-ties"), ("second_wins", "fill-theirs"))


def comparison_page(report: Mapping[str, Any], examples: Sequence[Mapping[str, Any]]) -> str:
    """The page as one text that needs no network.

    Args:
        report: What is in report.json.
        examples: Pairs to look at: "policy", "model", "outcome" ("first", "second", "tie"),
            "said" (each comparison's "votes", in words, and "reasons"), and "talks", the two
            conversations as `evaluate.shown_talk` cuts them.
    """
    sides = [short(report["a"]), short(report["b"])]
    if sides[0] == sides[1]:
        sides = [report["a"], report["b"]]
    people = "of the same people" if report["same_people"] else "drawn at random"
    return sections(
        " against ".join(sides),
        f"A is {report['a']}, B is {report['b']}. {report['pairs']:,} pairs, {people}. "
        f"Seed {report['seed']}.",
        report["notes"],
        {
            "Results": f"<div class='stack'>{''.join(map(_result, report['results']))}</div>",
            "Figures": f"<div class='scroll'>{_figures(report['results'])}</div>",
            "Agreement": _agreement(report["agreement"]),
            "Classifier": _detector(report["detector"]),
            "Examples": "".join(map(_example, examples)) or "<p>nothing to show</p>",
        },
    )


def _interval(part: Mapping[str, Any]) -> str:
    if part["value"] is None:
        return "–"
    if part["low"] is None:
        return number(part["value"])
    return f"{part['value']:.3f} ({part['low']:.3f} to {part['high']:.3f})"


def _result(row: Mapping[str, Any]) -> str:
    """One bar of wins, ties and losses, 600 wide."""
    if row["first_wins"]["value"] is None:
        return f"<p>{escape(row['policy'])} by {escape(row['model'])}: no pair was judged</p>"
    shapes, at = [], 0.0
    for name, style in _PARTS:
        width = 600 * row[name]["value"]
        shapes.append(f"<rect class='{style}' x='{at:.1f}' y='0' width='{width:.1f}' height='26'/>")
        at += width
    told = (
        f"<span class='ours'>A wins {_interval(row['first_wins'])}</span> · ties "
        f"{_interval(row['ties'])} · <span class='theirs'>B wins {_interval(row['second_wins'])}"
        "</span>"
    )
    return (
        f"<figure><figcaption>{escape(row['policy'])} by {escape(row['model'])} · n "
        f"{row['first_wins']['n']:,} pairs</figcaption><svg class='wide' role='img' "
        f"viewBox='0 0 600 26'>{''.join(shapes)}</svg><p>{told}</p></figure>"
    )


def _figures(rows: Sequence[Mapping[str, Any]]) -> str:
    return table(
        ["asked", "judge", "A preferred, ties as halves (95 %)", "votes for what stood first",
         "both orders agree", "repeats", "no vote", "not judged", "calls a pair", "US dollars"],
        [
            [
                f"{row['policy']} {row['version']}",
                row["model"],
                _interval(row["preference"]),
                _interval(row["shown_first"]),
                _interval(row["consistent"]),
                f"{row['repeats']}",
                f"{row['no_vote']:,}",
                f"{row['not_judged']:,}",
                number(row["calls"]),
                f"{row['cost'].get('usd', 0.0):.4f}",
            ]
            for row in rows
        ],
    )  # fmt: skip


def _agreement(found: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        [policy, part["measure"], _interval(part), part["why"], f"{part['items']:,}",
         f"{part['raters']:,}"]
        for policy, part in found.items()
    ]  # fmt: skip
    head = ["asked", "measure", "value (95 %)", "", "pairs", "judges"]
    return table(head, rows) if rows else ""


def _detector(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return ""
    out = _interval({**found, "value": found["found_out"]})
    return (
        f"<p>A classifier, trained on the other pairs, finds A out in {out} of "
        f"{found['n']:,} pairs (0.5 = not at all). It tells {found['told_right']:.3f} of the "
        f"conversations right, length alone {found['told_right_by_length']:.3f}.</p>"
    )


def _example(pair: Mapping[str, Any]) -> str:
    outcome = {"first": "A wins", "second": "B wins", "tie": "tie"}[pair["outcome"]]
    said = "".join(
        f"<p class='soft'>votes: {escape(', '.join(one['votes']) or 'none')}</p>"
        + "".join(f"<p>{escape(reason)}</p>" for reason in one["reasons"])
        for one in pair["said"]
    )
    sides = "".join(
        f"<div><h3 class='{side}'>{name} · {escape(shown['id'])}</h3>{talk(shown)}</div>"
        for name, side, shown in zip("AB", ("ours", "theirs"), pair["talks"], strict=True)
    )
    return (
        f"<details><summary>{outcome} · {escape(pair['policy'])} by {escape(pair['model'])}"
        f"</summary>{said}<div class='pair'>{sides}</div></details>"
    )
