"""report.html of an evaluation: pictures first, then every figure with its interval and its n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dramaturg.dataset.page import bars, case, data, fill, histogram, number, piece, short, table

_CARDS = ("turns", "words", "distinct_2", "different_utterances", "shown_by_owner", "told_apart")
_BINS = 24


def evaluation_page(
    report: Mapping[str, Any],
    *,
    titles: Mapping[str, tuple[str, str]],
    groups: Mapping[str, str],
    distributions: Mapping[str, Sequence[Sequence[float]]],
    points: Mapping[str, Any],
    rounds: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The page as one text that needs no network.

    Args:
        report: What is in report.json.
        titles: For each figure its name for people and what it tells.
        groups: Title by group, in order.
        distributions: By title the values of each side, one a conversation.
        points: The two maps: "talks" and "people".
        rounds: For diversity by round; () for none.
    """
    named = [report["source"], *([report["against"]] if report["against"] else [])]
    counts = report["conversations"]
    sides = ["ours", "theirs"]
    who = " and ".join(
        f"<span class='{side}'>● {escape(name)}</span> ({count:,} conversations)"
        for side, name, count in zip(sides, named, counts, strict=False)
    )
    links = {"map": "Map", "distributions": "Distributions", "figures": "Figures"}
    links |= {"rounds": "Rounds"} if rounds else {}
    links |= {"worst": "Worst", "best": "Best", "how": "How it was measured"}
    figures = {row["name"]: row for row in report["figures"]}
    theirs = {row["name"]: row for row in report["reference"]}
    parts = {
        "title": "Evaluation of " + escape(" beside ".join(short(name) for name in named)),
        "summary": f"{who}. Split: {escape(report['split'])}. Judges: {escape(_judges(report))}. "
        f"Seed {report['seed']}.",
        "nav": "".join(f"<a href='#{key}'>{escape(name)}</a>" for key, name in links.items()),
        "notes": "".join(f"<p class='note'>{escape(note)}</p>" for note in report["notes"]),
        "cards": "".join(
            _card(figures[name], theirs.get(name), titles) for name in _CARDS if name in figures
        ),
        "map": _map(points, named),
        "distributions": "".join(
            _histogram(name, values)
            for name, values in distributions.items()
            if any(len(side) for side in values)
        )
        or "<p>nothing</p>",
        "rounds": _rounds(rounds),
        "reading": "The bar is the 95 % interval, the dot the value. "
        + ("A difference in bold leaves out 0." if theirs else ""),
        "figures": _figures(report, titles, groups),
        "worst": "".join(map(case, report["worst"])) or "<p>nothing was judged</p>",
        "best": "".join(map(case, report["best"])) or "<p>nothing was judged</p>",
        "how": _how(report, titles),
    }
    return fill("evaluation.html", parts)


def _judges(report: Mapping[str, Any]) -> str:
    return ", ".join(dict.fromkeys(report["models"].values()))


def _range(row: Mapping[str, Any]) -> str:
    return "" if row["low"] is None else f"{number(row['low'])} to {number(row['high'])}"


def _card(
    row: Mapping[str, Any],
    other: Mapping[str, Any] | None,
    titles: Mapping[str, tuple[str, str]],
) -> str:
    name = titles.get(row["name"], (row["name"], ""))[0]
    beside = ""
    if other is not None:
        beside = f" <span class='theirs'>{number(other['value'])}</span>"
    return (
        f"<div class='card'><span class='soft'>{escape(name)}</span>"
        f"<b><span class='ours'>{number(row['value'])}</span>{beside}</b>"
        f"<span class='soft'>{escape(_range(row) or row['why'])}</span></div>"
    )


def _figures(
    report: Mapping[str, Any],
    titles: Mapping[str, tuple[str, str]],
    groups: Mapping[str, str],
) -> str:
    theirs = {row["name"]: row for row in report["reference"]}
    apart = {row["name"]: row for row in report["differences"]}
    head = ["", "this dataset", *(["reference", "difference"] if theirs else []), ""]
    lines = ["<table><thead><tr>", *(f"<th scope='col'>{escape(h)}</th>" for h in head), "</tr>"]
    lines.append("</thead><tbody>")
    for group, group_title in groups.items():
        rows = [row for row in report["figures"] if row["group"] == group]
        if rows:
            lines.append(
                f"<tr class='group'><th colspan='{len(head)}'>{escape(group_title)}</th></tr>"
            )
        for row in rows:
            name, meaning = titles.get(row["name"], (row["name"].replace("_", " "), ""))
            note = row["why"] if row["value"] is None else meaning or row["why"]
            other = theirs.get(row["name"])
            lines.append(f"<tr><td>{escape(name)}<small>{escape(note)}</small></td>")
            lines.append(f"<td>{_value(row)}</td>")
            if theirs:
                lines.append(f"<td>{_value(other) if other else ''}</td>")
                lines.append(_difference(apart.get(row["name"])))
            lines.append(f"<td>{_whiskers(row, other)}</td></tr>")
    return "".join([*lines, "</tbody></table>"])


def _value(row: Mapping[str, Any]) -> str:
    return f"{number(row['value'])}<small>{escape(_range(row))}</small>"


def _difference(row: Mapping[str, Any] | None) -> str:
    if row is None or row["value"] is None:
        return "<td></td>"
    sign = "+" if row["value"] > 0 else ""
    style = " class='clear'" if row["clear"] else ""
    return (
        f"<td><span{style}>{sign}{number(row['value'])}</span>"
        f"<small>{escape(_range(row))}{' paired' if row['how'] == 'paired' else ''}</small></td>"
    )


def _whiskers(row: Mapping[str, Any], other: Mapping[str, Any] | None) -> str:
    """Both intervals on one scale of their own, 180 wide."""
    sides = [(side, r) for side, r in (("ours", row), ("theirs", other)) if r is not None]
    drawn = [(side, r) for side, r in sides if r["value"] is not None and r["low"] is not None]
    if not drawn:
        return ""
    low = min(min(r["low"], r["value"]) for _, r in drawn)
    high = max(max(r["high"], r["value"]) for _, r in drawn)
    if len(drawn) == 1:
        low, high = min(low, 0.0), max(high, 1.0 if high <= 1 else high)
    width = (high - low) or 1.0

    def at(value: float) -> float:
        return float(6 + 168 * (value - low) / width)

    shapes = [f"<line class='axis' x1='6' x2='174' y1='{20}' y2='{20}'/>"]
    for i, (side, r) in enumerate(drawn):
        y = 8 + 9 * i
        shapes.append(
            f"<line class='line-{side}' x1='{at(r['low']):.1f}' x2='{at(r['high']):.1f}' y1='{y}' "
            f"y2='{y}' stroke-width='3' stroke-opacity='.5'/>"
            f"<circle class='fill-{side}' cx='{at(r['value']):.1f}' cy='{y}' r='3.5'/>"
        )
    return f"<svg role='img' width='180' height='24'>{''.join(shapes)}</svg>"


def _histogram(name: str, sides: Sequence[Sequence[float]]) -> str:
    every = sorted(value for side in sides for value in side)
    low, high = every[0], every[int(0.995 * (len(every) - 1))]
    if high <= low:
        high = low + 1
    counts = []
    for values in sides:
        mine = [0] * _BINS
        for value in values:
            mine[max(0, min(int(_BINS * (value - low) / (high - low)), _BINS - 1))] += 1
        counts.append(mine)
    return histogram(name, counts, low, high)


def _map(points: Mapping[str, Any], named: Sequence[str]) -> str:
    if not points["talks"]:
        return "<p>nothing to show</p>"
    kept = data({**points, "names": [short(name) for name in named]})
    people = (
        "<button data-kind='people' aria-pressed='false'>people</button>"
        if points["people"]
        else ""
    )
    return (
        "<p class='soft'>Near means alike by sentence vectors, laid flat. Hover for the text, "
        "click for the whole.</p>"
        "<div class='tools'><button data-kind='talks' aria-pressed='true'>conversations</button>"
        f"{people}<input id='find' type='search' placeholder='words to find' aria-label='words "
        "to find'><span id='found' class='soft'></span></div>"
        "<div class='map'><svg id='dots' viewBox='0 0 600 600' role='img' aria-label='map'></svg>"
        "<div id='panel' class='card panel'><p class='soft'>Nothing picked yet.</p></div></div>"
        "<div id='tip'></div>"
        f"<script type='application/json' id='points'>{kept}</script>"
        f"<script>{piece('map.js')}</script>"
    )


def _rounds(rounds: Sequence[Mapping[str, Any]]) -> str:
    shown = {
        "distinct_2_equal": "distinct-2 at equal length",
        "different": "different utterances",
        "different_equal": "different utterances, equal number",
        "precision": "faithfulness, precision",
        "recall": "faithfulness, recall",
    }
    figures = []
    for key, name in shown.items():
        values = [(f"round {row['round']}", row.get(key)) for row in rounds if "round" in row]
        good = [(label, float(value)) for label, value in values if isinstance(value, int | float)]
        if good:
            figures.append(f"<figure><figcaption>{escape(name)}</figcaption>{bars(good)}</figure>")
    if not figures:
        return ""
    return f"<h2 id='rounds'>Round by round</h2>{''.join(figures)}"


def _how(report: Mapping[str, Any], titles: Mapping[str, tuple[str, str]]) -> str:
    return table(
        ["figure", "n", "of", "unit", "scorer", "interval", "sample"],
        [
            [
                titles.get(row["name"], (row["name"], ""))[0],
                f"{row['n']:,}",
                row["of"],
                row["unit"],
                row["scorer"],
                row["interval"] or row["why"] or "none",
                row["sample"] or "all",
            ]
            for row in report["figures"]
        ],
    )
