"""The formats as a table for docs/formats.md; `python -m dramaturg.dataset.formats.table PAGE`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from dramaturg.dataset.formats.aspects import ASPECTS
from dramaturg.dataset.formats.base import Format
from dramaturg.dataset.formats.registry import FORMATS

MARKS = ("<!-- formats: begin -->", "<!-- formats: end -->")


def as_markdown() -> str:
    """One row a format: name, ways, what it is, what it holds, what it loses at times."""
    lines = ["| format | | what it is | holds, beside the words | at times lost |"]
    lines.append("|---|---|---|---|---|")
    for form in FORMATS:
        cells = [f"`{form.name}`", form.ways, form.about, _holds(form), form.partly]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _holds(form: Format) -> str:
    if form.write is None:
        return ""
    told = [ASPECTS[name].words for name in ASPECTS if name in form.holds]
    words = "everything" if not form.missing else ", ".join(told) or "nothing"
    return f"{words}; two speakers" if form.speakers == 2 else words


def renewed(page: str) -> str:
    """A page with the table between its marks written anew."""
    told = f"{MARKS[0]}\n{as_markdown()}\n{MARKS[1]}"
    pattern = re.escape(MARKS[0]) + ".*?" + re.escape(MARKS[1])
    return re.sub(pattern, lambda _: told, page, flags=re.DOTALL)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(renewed(file.read_text(encoding="utf-8")), encoding="utf-8")
