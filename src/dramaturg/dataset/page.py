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


def number(value: float | None) -> str:
    """A number with as many places as it needs, "–" for none."""
    if value is None:
        return "–"
    size = abs(value)
    if value == int(value) and size >= 2:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if size >= 100 else f"{value:,.2f}" if size >= 10 else f"{value:,.3f}"
