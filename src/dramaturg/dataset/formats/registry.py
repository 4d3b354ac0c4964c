"""Every format by name; which one a path is in."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from dramaturg.dataset.formats import messages, ours, rows, sheets, spc
from dramaturg.dataset.formats.base import Format, Row
from dramaturg.dataset.formats.peek import Peek
from dramaturg.errors import UserError

# In the order in which a path, or a row, is asked whether it is one: particular ones first.
FORMATS: tuple[Format, ...] = (
    ours.RUN,
    ours.PARQUET,
    ours.JSONL,
    spc.SPC,
    spc.SPC_JSONL,
    messages.OPENAI,
    messages.MESSAGES,
    sheets.CSV,
)
_OF_ROWS = tuple(form for form in FORMATS if form.decode is not None)


def find(name: str) -> Format:
    """The format of this name.

    Raises:
        UserError: If there is none; names the nearest.
    """
    for form in FORMATS:
        if form.name == name:
            return form
    names = [form.name for form in FORMATS]
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.4)
    raise UserError(
        f"there is no format {name!r}",
        fix=(f"did you mean {near[0]}? " if near else "") + f"the formats are {', '.join(names)}",
    )


def sniff(peek: Peek) -> Format | None:
    """The format that a file or folder looks like; None if like no single one."""
    for form in FORMATS:
        if form.looks(peek):
            return form
    shapes = peek.rows or ([dict.fromkeys(peek.columns)] if peek.columns else [])
    for row in shapes:
        for form in _OF_ROWS:
            if form.matches is not None and form.matches(row):
                return form
    return None


def for_name(path: Path) -> Format | None:
    """The format that the name of a file to be written means."""
    name = path.name.lower().removesuffix(".gz")
    suffix = Path(name).suffix
    if not suffix:
        return ours.RUN
    return next((form for form in FORMATS if suffix in form.suffixes and form.write), None)


def name_of(path: Path) -> str:
    """The name of the format that a path looks like, "mixed" if of none as a whole."""
    form = sniff(Peek(path))
    return form.name if form else "mixed"


def read(path: Path, form: Format | None = None) -> Iterator[Row]:
    """The rows of a path: line, and the conversation or why it is none.

    Args:
        form: Read it as this; None = as what it looks like, row by row.

    Raises:
        UserError: If the path cannot be read as that.
    """
    peek = Peek(path)
    chosen = form or sniff(peek)
    if (
        chosen is not None
        and chosen.read is not None
        and not (form is None and chosen.decode is not None and peek.kind == "json")
    ):
        yield from chosen.read(path)
        return
    if chosen is not None and chosen.decode is None:
        raise UserError(f"{chosen.name} is only written", fix="give --from another format")
    yield from rows.read(peek, _OF_ROWS, form)
