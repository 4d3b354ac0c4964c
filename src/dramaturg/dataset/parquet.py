"""The dataset's parquet files: their columns, how they are written, and how they are read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dramaturg.errors import RecordError, UserError
from dramaturg.records import Conversation, from_arrow, schema_for, to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 512
SPLITS = ("train", "validation", "test")  # in this order; others follow by name
COLUMNS = (
    "id",
    "split",
    "recipe",
    "round",
    "scene_id",
    "scene",
    "speakers",
    "turns",
    "scores",
    "provenance",
    "previous",
)
_SETTINGS: dict[str, Any] = {  # fixed, so that the same records give the same bytes
    "compression": "zstd",
    "compression_level": 3,
    "version": "2.6",
    "data_page_version": "1.0",
    "use_dictionary": True,
    "write_statistics": True,
}


def conversation_table(conversations: Iterable[Conversation], scorers: Sequence[str]) -> pa.Table:
    """Conversations as a table with the columns of docs/run-folder.md.

    Args:
        scorers: The fields of the column `scores`; every scorer of these conversations.
    """
    import pyarrow as pa

    rows = list(conversations)
    table = to_arrow(rows, Conversation, {"scores": list(scorers)})
    made = [row.provenance for row in rows]
    table = table.append_column("recipe", pa.array([m.recipe for m in made], pa.string()))
    table = table.append_column("round", pa.array([m.round for m in made], pa.int64()))
    return table.select(COLUMNS)


def conversation_schema(scorers: Sequence[str]) -> pa.Schema:
    """The schema of `conversation_table`."""
    import pyarrow as pa

    schema = schema_for(Conversation, {"scores": list(scorers)})
    schema = schema.append(pa.field("recipe", pa.string())).append(pa.field("round", pa.int64()))
    return pa.schema([schema.field(name) for name in COLUMNS])


def conversations_in(path: Path) -> Iterator[Conversation]:
    """The conversations of one parquet file, batch by batch.

    Raises:
        UserError: If it is no whole parquet file, or holds something else.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            missing = [n for n in ("id", "scene_id", "speakers", "turns") if n not in names]
            if missing:
                raise UserError(
                    f"{path} holds no conversations as Dramaturg writes them",
                    why=f"it has no column {missing[0]!r}, but {', '.join(names)}",
                    fix="give JSONL with turns or messages, or parquet from a run",
                )
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                yield from from_arrow(pa.Table.from_batches([batch]), Conversation)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is not a whole parquet file", why=str(error)) from error
    except RecordError as error:
        raise UserError(
            f"{path} holds no conversations as Dramaturg writes them", why=error.why
        ) from error


def columns_of(path: Path) -> list[str]:
    """The names of a parquet file's columns.

    Raises:
        UserError: If it is no whole parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names: list[str] = pq.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is not a whole parquet file", why=str(error)) from error
    return names


def read_dataset(out: str | Path, split: str | None = None) -> Iterator[Conversation]:
    """The conversations that a run folder (or a copy of its data/) holds: train first.

    Args:
        split: Only this one.

    Raises:
        UserError: If there are none.
    """
    files = sorted((Path(out) / "data").glob(f"{split or '*'}-*.parquet"), key=_order)
    if not files:
        raise UserError(
            f"{out} holds no data" + (f" for the split {split!r}" if split else ""),
            fix="finish the run first: the same `dramaturg run` command goes on with it",
        )
    for file in files:
        yield from conversations_in(file)


def write_rows(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> int:
    """Write tables to one parquet file and see it to the disk.

    Returns:
        The number of rows.
    """
    import pyarrow.parquet as pq

    rows = 0
    with path.open("wb") as file:
        with pq.ParquetWriter(file, schema, **_SETTINGS) as writer:
            for table in tables:
                writer.write_table(table, row_group_size=BATCH_ROWS)
                rows += table.num_rows
        file.flush()
        os.fsync(file.fileno())
    return rows


def split_of(file: Path) -> str:
    """The split that a file of data/ belongs to, by its name."""
    return file.name.rsplit("-", 3)[0]


def _order(file: Path) -> tuple[int, str]:
    name = split_of(file)
    return (SPLITS.index(name) if name in SPLITS else len(SPLITS), file.name)
