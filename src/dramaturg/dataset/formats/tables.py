"""Parquet files: ours, and other people's, whose rows have the shape of some JSON format."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dramaturg.dataset.formats.base import Losses, Row
from dramaturg.dataset.parquet import (
    BATCH_ROWS,
    columns_of,
    conversation_schema,
    conversation_table,
    conversations_in,
    write_rows,
)
from dramaturg.errors import UserError
from dramaturg.records import Conversation


def is_ours(path: Path) -> bool:
    """Whether a parquet file has the columns that we write."""
    return {"scene_id", "speakers", "turns"} <= set(columns_of(path))


def read_parquet(path: Path) -> Iterator[Row]:
    """The conversations of a parquet file that we wrote."""
    yield from enumerate(conversations_in(path), 1)


def table_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row of any parquet file by column name, counted from 1."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    n = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                for row in batch.to_pylist():
                    n += 1
                    yield n, row
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is not a whole parquet file", why=str(error)) from error


def write_parquet(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    """One parquet file; scores are JSON text, since scorers are not known before the end."""
    source = iter(rows)
    batches = iter(lambda: list(itertools.islice(source, BATCH_ROWS)), [])
    tables = (conversation_table(batch, ()) for batch in batches)
    write_rows(path, tables, conversation_schema(()))
