"""Every format by name; which one a path is in."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.formats import (
    alpaca,
    characters,
    chatml,
    convai2,
    convokit,
    folders,
    hub,
    label_studio,
    messages,
    msc,
    ours,
    personachat_json,
    preference,
    ratings,
    rows,
    sharegpt,
    sheets,
    spc,
    trl,
)
from dramaturg.dataset.formats.base import Format, Row, Shape
from dramaturg.dataset.formats.peek import Peek
from dramaturg.errors import UserError
from dramaturg.records import Conversation

# In the order in which a path, or a row, is asked whether it is one: particular ones first.
FORMATS: tuple[Format, ...] = (
    ours.RUN,
    convokit.CONVOKIT,
    hub.DATASETS,
    folders.CROISSANT,
    folders.FOLDER,
    personachat_json.PERSONACHAT_JSON,  # before those that look at rows: it may be one long line
    characters.CARD,
    ours.PARQUET,
    ours.JSONL,
    spc.SPC,
    spc.SPC_JSONL,
    convai2.CONVAI2,
    msc.MSC,
    label_studio.LABEL_STUDIO,
    characters.PIPPA,
    ratings.USR,
    ratings.FED,
    preference.PREFERENCE,
    trl.PROMPT_COMPLETION,
    trl.SFT,
    messages.OPENAI,
    messages.MESSAGES,
    sharegpt.SHAREGPT,
    alpaca.ALPACA,
    chatml.CHATML,
    ratings.TURNS,
    sheets.CSV,
)
OF_ROWS = tuple(form for form in FORMATS if form.decode is not None)


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
    found = {one.name: one for row in shapes if (one := of_row(row)) is not None}
    return next(iter(found.values())) if len(found) == 1 else None


def of_row(row: Shape) -> Format | None:
    """The format whose shape a row has."""
    return next((f for f in OF_ROWS if f.matches is not None and f.matches(row)), None)


def for_name(path: Path) -> Format | None:
    """The format that the name of a file to be written means."""
    name = path.name.lower().removesuffix(".gz")
    suffix = Path(name).suffix
    if not suffix:
        return ours.RUN
    return next((form for form in FORMATS if suffix in form.suffixes and form.write), None)


def name_of(source: str | Path) -> str:
    """The name of the format that a source looks like, "mixed" if of none as a whole."""
    if str(source).startswith(hub.PREFIX):
        return hub.DATASETS.name
    form = sniff(Peek(Path(source)))
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
    if form is not None:
        _refuse_another(peek, form)
    if chosen is None:
        yield from rows.read(peek, OF_ROWS, None)
    elif chosen.files is not None:
        yield from folders.read(chosen.files(path), read)
    elif chosen.shaped is not None:
        yield from shaped(chosen.shaped(path))
    elif chosen.decode is not None and peek.kind in {"json", "csv", "parquet"}:
        yield from rows.read(peek, OF_ROWS, form)
    elif chosen.read is not None:
        yield from chosen.read(path)
    elif chosen.decode is not None:
        yield from rows.read(peek, OF_ROWS, form)
    else:
        raise UserError(f"the format {chosen.name} is only written", fix="give --from another")


def _refuse_another(peek: Peek, form: Format) -> None:
    """Say so where a file is plainly of another kind than the format that was named."""
    other = sniff(peek)
    if other is None or other is form or form.looks(peek):
        return
    rows_of = {"json", "csv", "parquet"}
    if form.decode is not None and peek.kind in rows_of and other.decode is not None:
        return  # row by row: some may fit
    raise UserError(
        f"{peek.path} is no {form.name}",
        why=f"it looks like {other.name}",
        fix=f"give --from {other.name}, or leave --from out",
    )


def shaped(given: Iterator[tuple[int, Any, str]]) -> Iterator[Row]:
    """The conversations of rows that a library gave, each read by its shape."""
    for line, value, split in given:
        for n, made in rows.made_of(line, value, OF_ROWS, None):
            if isinstance(made, Conversation) and split and not made.split:
                yield n, msgspec.structs.replace(made, split=split)
            else:
                yield n, made
