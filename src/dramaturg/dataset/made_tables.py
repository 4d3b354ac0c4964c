"""Tables of a run folder that hold no conversations: what recipes make beside them or instead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dramaturg.dataset.export import RESERVED


@dataclass(frozen=True)
class MadeTable:
    """One table.

    Attributes:
        told: Rows and columns in a sentence.
        fields: Name, Croissant type and description of each column of plain values.
    """

    rows: int
    told: str
    fields: tuple[tuple[str, str, str], ...]


def made_tables(folder: Path) -> dict[str, MadeTable]:
    """By name, sorted, as the files themselves say; {} where there are none."""
    import pyarrow.parquet as pq

    found = {}
    for place in sorted(p for p in folder.iterdir() if p.is_dir() and p.name not in RESERVED):
        files = sorted(place.glob(f"{place.name}-*-of-*.parquet"))
        if not files:
            continue
        rows = sum(pq.read_metadata(file).num_rows for file in files)
        schema = pq.read_schema(files[0])
        columns = ", ".join(f"`{name}`" for name in schema.names)
        fields = tuple(
            (field.name, kind, f"column {field.name} of the table {place.name}")
            for field in schema
            if (kind := _kind(str(field.type)))
        )
        found[place.name] = MadeTable(rows, f"{rows:,} rows; columns {columns}", fields)
    return found


def _kind(arrow: str) -> str:
    """The Croissant type of a column of plain values, "" for any other."""
    for start, kind in (
        ("string", "sc:Text"),
        ("large_string", "sc:Text"),
        ("int", "sc:Integer"),
        ("double", "sc:Float"),
        ("float", "sc:Float"),
        ("bool", "sc:Boolean"),
    ):
        if arrow.startswith(start):
            return kind
    return ""
