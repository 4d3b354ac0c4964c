"""Tables for a terminal and for the pages: the same rows, and a place between two markers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "evaluation.md"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows as columns of equal width; the first row is the head."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table; the first row is the head."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def publish(
    name: str, tables: Sequence[tuple[str, Sequence[Sequence[str]]]], *, write: bool
) -> None:
    """Print tables under their titles and, if wanted, put them on the page.

    Args:
        name: The module's name without "evaluation_"; its place on docs/evaluation.md lies between
            `<!-- NAME: begin -->` and `<!-- NAME: end -->`, and is added at the end if missing.
        tables: Title, and rows with the head first.
    """
    for title, rows in tables:
        print(f"\n{title}\n{columns(rows)}", flush=True)
    if write:
        text = "\n\n".join(f"{title}\n\n{markdown(rows)}" for title, rows in tables)
        put(PAGE, name, text)


def put(page: Path, name: str, text: str) -> None:
    """Put text between the markers of that name; a page without them gets them at its end."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    old = page.read_text(encoding="utf-8")
    new = f"{begin}\n{text}\n{end}"
    if begin in old:
        pattern = re.escape(begin) + r".*?" + re.escape(end)
        old = re.sub(pattern, lambda _: new, old, flags=re.DOTALL)
    else:
        old = f"{old.rstrip()}\n\n## {name.replace('_', ' ').capitalize()}\n\n{new}\n"
    page.write_text(old, encoding="utf-8")
