"""Pieces of a page that opens without a network: a template filled, tables, bars; all escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib import resources
from typing import Any


def fill(template: str, parts: Mapping[str, str]) -> str:
    """A template of this room with its `{{names}}` replaced; `{{style}}` is the house's.

    Args:
        parts: HTML by name, escaped where it holds anybody's text.
    """
    known = {"style": piece("style.css"), **parts}
    return re.sub(r"\{\{(\w+)\}\}", lambda m: known[m[1]], piece(template))


@cache
def piece(name: str) -> str:
    """A file of the templates as it stands."""
    path = resources.files("dramaturg.dataset").joinpath("templates", name)
    return path.read_text(encoding="utf-8")


def data(value: Any) -> str:
    """JSON that can stand in a script element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of plain texts under a head."""
    if not rows:
        return "<p>nothing yet</p>"
    titles = "".join(f"<th scope='col'>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def bars(values: Sequence[tuple[str, float]], *, whole: bool = False) -> str:
    """Horizontal bars, the longest 300 wide, each with its name and number."""
    if not values:
        return "<p>nothing</p>"
    most = max(value for _, value in values) or 1.0
    rows = []
    for i, (name, value) in enumerate(values):
        y, width = 24 * i, 300 * value / most
        shown = f"{value:,.0f}" if whole else f"{value:.3f}"
        rows.append(
            f'<text x="0" y="{y + 15}">{escape(name[:40])}</text>'
            f'<rect class="bar" x="260" y="{y + 3}" width="{width:.1f}" height="16"/>'
            f'<text x="{265 + width:.1f}" y="{y + 15}">{shown}</text>'
        )
    height = 24 * len(values) + 4
    return f'<svg role="img" width="640" height="{height}">{"".join(rows)}</svg>'


def histogram(name: str, sides: Sequence[Sequence[int]], low: float, high: float) -> str:
    """Counts in bins of equal width from `low` to `high` as shares of each side, as a figure."""
    wide, tall = 300, 110
    tops = [[count / max(sum(part), 1) for count in part] for part in sides]
    most = max(max(part) for part in tops) or 1.0
    shapes = []
    for side, part in zip(("ours", "theirs"), tops, strict=False):
        step = wide / len(part)
        for i, share in enumerate(part):
            height = (tall - 4) * share / most
            if share:
                shapes.append(
                    f"<rect class='fill-{side}' fill-opacity='.55' x='{i * step + 0.5:.1f}' "
                    f"y='{tall - height:.1f}' width='{step - 1:.1f}' height='{height:.1f}'/>"
                )
    axis = (
        f"<line class='axis' x1='0' x2='{wide}' y1='{tall}' y2='{tall}'/>"
        f"<text class='faint' x='0' y='{tall + 15}'>{number(low)}</text>"
        f"<text class='faint' x='{wide}' y='{tall + 15}' text-anchor='end'>{number(high)}</text>"
    )
    n = " and ".join(f"{sum(side):,}" for side in sides if sum(side))
    return (
        f"<figure><figcaption>{escape(name)} · n {n} · up to {100 * max(map(max, tops)):.0f} %"
        f"</figcaption><svg class='wide' role='img' viewBox='0 0 {wide} {tall + 18}'>"
        f"{''.join(shapes)}{axis}</svg></figure>"
    )


def talk(shown: Mapping[str, Any], marked: Sequence[int] = ()) -> str:
    """People and turns of a conversation as `evaluate.shown_talk` cuts it; an ellipsis where cut.

    Args:
        marked: Numbers of turns in the whole conversation.
    """
    people = "".join(
        f"<p class='facts'>{escape(p['name'])}: {escape(' · '.join(p['facts']))}</p>"
        for p in shown["people"]
        if p["facts"]
    )
    lines = []
    wanted = set(marked)
    after = 0
    for place, (speaker, text) in zip(shown["places"], shown["turns"], strict=True):
        if place > after:
            lines.append(_left_out(place - after))
        style = "turn marked" if place in wanted else "turn"
        who = escape(shown["people"][speaker]["name"])
        lines.append(
            f"<p class='{style}'><span class='who'>{who}</span> <bdi>{escape(text)}</bdi></p>"
        )
        after = place + 1
    rest = len(shown["turns"]) + shown["cut"] - after
    if rest:
        lines.append(_left_out(rest))
    return people + "".join(lines)


def _left_out(turns: int) -> str:
    return f"<p class='soft'>… {turns:,} more turn{'' if turns == 1 else 's'} …</p>"


def case(found: Mapping[str, Any]) -> str:
    """A conversation with what was said of it: verdicts, reasons, and the turns they name."""
    failed = any(verdict["passed"] is False for verdict in found["verdicts"])
    told = "; ".join(f"{v['scorer']} {v['value']:.2f}" for v in found["verdicts"])
    reasons = "".join(
        f"<p class='{'bad' if v['passed'] is False else 'soft'}'>{escape(reason)}</p>"
        for v in found["verdicts"]
        for reason in v["reasons"]
    )
    return (
        f"<details class='{'failed' if failed else 'passed'}'><summary>{escape(told)} · "
        f"<span class='soft'>{escape(found['id'])}</span></summary>{reasons}"
        f"{talk(found, found['marked'])}</details>"
    )


def sections(title: str, summary: str, notes: Sequence[str], parts: Mapping[str, str]) -> str:
    """A whole page of parts under headings, with links to them.

    Args:
        title, summary, notes: Plain texts.
        parts: HTML by heading, escaped where it holds anybody's text; "" is left out.
    """
    shown = {name.lower().replace(" ", "-"): (name, text) for name, text in parts.items() if text}
    return fill(
        "judged.html",
        {
            "title": escape(title),
            "summary": escape(summary),
            "notes": "".join(f"<p class='note'>{escape(note)}</p>" for note in notes),
            "nav": "".join(f"<a href='#{key}'>{escape(n)}</a>" for key, (n, _) in shown.items()),
            "body": "".join(
                f"<h2 id='{key}'>{escape(n)}</h2>{text}" for key, (n, text) in shown.items()
            ),
        },
    )


def short(source: str) -> str:
    """The last part of a path."""
    return source.rstrip("/").rsplit("/", 1)[-1]


def number(value: float | None) -> str:
    """A number with as many places as it needs, "–" for none."""
    if value is None:
        return "–"
    size = abs(value)
    if value == int(value) and size >= 2:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if size >= 100 else f"{value:,.2f}" if size >= 10 else f"{value:,.3f}"
