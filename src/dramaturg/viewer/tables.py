"""Tables of a run that hold no conversations (items, texts, profiles): read from their files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from aiohttp import web

from dramaturg.dataset.made_tables import made_tables

ROWS_A_PAGE = 20


@dataclass(frozen=True)
class Rows:
    """One page of a table.

    Attributes:
        rows: Each a list of (column, text to show), without columns that hold nothing.
        count: Of all rows that fit.
    """

    rows: list[list[tuple[str, str]]]
    count: int
    pages: int
    number: int


def tables(folder: Path) -> dict[str, int]:
    """Rows by name of the table; {} where there are none."""
    return {name: table.rows for name, table in made_tables(folder).items()}


def rows(folder: Path, name: str, words: str = "", number: int = 1) -> Rows:
    """A page of a table: the rows that hold all of some words, in any column, any case.

    Raises:
        HTTPNotFound: If there is no such table.
    """
    known = tables(folder)
    if name not in known:
        raise web.HTTPNotFound(text=f"There is no table {name!r} in this run.")
    wanted = words.casefold().split()
    count = sum(_fits(row, wanted) for row in _read(folder, name)) if wanted else known[name]
    pages = max(1, -(-count // ROWS_A_PAGE))
    number = min(number, pages)
    fitting = (row for row in _read(folder, name) if _fits(row, wanted))
    start = (number - 1) * ROWS_A_PAGE
    page = [_shown(row) for row in islice(fitting, start, start + ROWS_A_PAGE)]
    return Rows(page, count, pages, number)


def _read(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    for file in sorted((folder / name).glob(f"{name}-*-of-*.parquet")):
        with pq.ParquetFile(file) as table:
            for batch in table.iter_batches(batch_size=500):
                yield from batch.to_pylist()


def _fits(row: dict[str, Any], wanted: list[str]) -> bool:
    if not wanted:
        return True
    text = " ".join(_text(value) for value in row.values()).casefold()
    return all(word in text for word in wanted)


def _shown(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (column, _text(value)) for column, value in row.items() if value not in (None, "", [], "{}")
    ]


def _text(value: Any) -> str:
    """Plain values as they are, lists a line an entry, records as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return "\n".join(map(str, value))
    return json.dumps(value, ensure_ascii=False, indent=1)
