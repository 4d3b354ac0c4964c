"""People one row at a time, from whatever file they are in, and back into one.

A row is written as it was read: a line of JSON keeps its bytes, a parquet row its columns. Nothing
is held, so a source may be larger than the memory; it is read once for every look at it.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from dramaturg.dataset.facts import clean
from dramaturg.dataset.source import (
    Bad,
    csv_rows,
    decoded_lines,
    encoding_of,
    existing_file,
    kind_of,
    raw_lines,
)
from dramaturg.dataset.source import lines as text_lines
from dramaturg.errors import UserError
from dramaturg.records import Drop
from dramaturg.store import RunFolder, is_run_folder

MAX_CHARACTERS = 100_000  # of all that is known of a person
_TEXTS = ("text", "fact", "persona", "attribute", "sentence", "input persona")
_LISTS = ("facts", "profile", "personas")
_BATCH = 10_000


class Row(NamedTuple):
    """One person as a file has them.

    Attributes:
        line: Line or row of the file, from 1.
        facts: What is known of the person, each a sentence; at least one.
        value: The record: a text, or its fields by name.
        raw: The line of JSON that it was read from, else None.
    """

    line: int
    facts: tuple[str, ...]
    value: Any
    raw: bytes | None = None

    @property
    def text(self) -> str:
        """All that is known, a sentence a line."""
        return "\n".join(self.facts)

    @property
    def fields(self) -> Mapping[str, Any]:
        """The record's fields by name; of a plain text only "text"."""
        return self.value if isinstance(self.value, dict) else {"text": self.value}


def read(source: str | Path) -> Iterator[Row | Drop]:
    """Each person of a source; a row that is none comes as a `Drop` with its line and reason.

    Args:
        source: Text, a person a line (blank lines and "# comments" are skipped); JSONL, CSV or
            parquet with a text (`text`, `fact`, `persona`, `attribute`, `sentence`,
            `input persona`) or a list of facts (`facts`, `profile`, `persona`); a run folder. Text
            forms may be gzipped.

    Raises:
        UserError: If the file is missing, empty, or no text.
    """
    path = Path(source)
    if path.is_dir() and is_run_folder(path):
        return _of_a_run(path)
    tables = sorted(path.glob("personas/*.parquet")) if path.is_dir() else []
    if tables:
        return _numbered(row for table in tables for row in _parquet(table))
    path = existing_file(path, "a person a line")
    return {"text": _text, "jsonl": _jsonl, "csv": _csv, "parquet": _parquet}[kind_of(path)](path)


def _numbered(rows: Iterator[Row | Drop]) -> Iterator[Row | Drop]:
    for n, row in enumerate(rows, 1):
        yield row._replace(line=n) if isinstance(row, Row) else row


def _of_a_run(path: Path) -> Iterator[Row | Drop]:
    with RunFolder.read(path) as folder:
        for n, body in enumerate(folder.journal.records("persona"), 1):
            yield _row(n, json.loads(body), body.encode())


def _text(path: Path) -> Iterator[Row | Drop]:
    for n, line in text_lines(path):
        text = line.strip()
        if text and not text.startswith("#"):
            yield _row(n, line)


def _jsonl(path: Path) -> Iterator[Row | Drop]:
    decode = msgspec.json.Decoder().decode
    if encoding_of(path) != "utf-8":
        lines: Iterator[tuple[int, bytes]] = ((n, s.encode()) for n, s in text_lines(path) if s)
    else:
        lines = raw_lines(path)
    for n, raw in lines:
        raw = raw.strip().removeprefix(b"\xef\xbb\xbf")
        if not raw:
            continue
        try:
            value = decode(raw)
        except (msgspec.DecodeError, RecursionError) as error:
            shown = next(decoded_lines(path, n, raw[:200]), "") if raw.isascii() else repr(raw[:99])
            yield _drop(n, "not JSON", f"({error})", shown)
            continue
        yield _row(n, value, raw)


def _csv(path: Path) -> Iterator[Row | Drop]:
    for n, cells in csv_rows(path):
        if isinstance(cells, Bad):
            yield _drop(n, "not a whole row", f"cannot be used: {cells}")
        else:
            yield _row(n, cells)


def _parquet(path: Path) -> Iterator[Row | Drop]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    n = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH):
                for value in batch.to_pylist():
                    n += 1
                    yield _row(n, value)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is not a whole parquet file", why=str(error)) from error


def _row(line: int, value: Any, raw: bytes | None = None) -> Row | Drop:
    told = facts_of(value)
    if isinstance(told, str):
        return _drop(line, "not a persona", told, str(value)[:200])
    size = sum(map(len, told))
    if size > MAX_CHARACTERS:
        much = f"has {size:,} characters, the limit is {MAX_CHARACTERS:,}"
        return _drop(line, "too long", much, told[0][:200])
    if not size:
        return _drop(line, "no words", "is empty")
    return Row(line, told, value, raw)


def facts_of(value: Any) -> tuple[str, ...] | str:
    """What a record knows of a person, a sentence each; or in words why it is no person."""
    if isinstance(value, str):
        return (clean(value),)
    if isinstance(value, list):
        value = {"facts": value}
    if not isinstance(value, dict):
        return f"is neither a text nor an object, but {value!r}"[:200]
    for name in (*_LISTS, "persona"):
        told = value.get(name)
        if isinstance(told, list):
            texts = [fact.get("text") if isinstance(fact, dict) else fact for fact in told]
            plain = [clean(text) for text in texts if isinstance(text, str)]
            if len(plain) < len(texts):
                return f"has {name} that are no texts"
            return tuple(filter(None, plain))
    for name in _TEXTS:
        if isinstance(text := value.get(name), str):
            if "\n" in text.strip():
                return tuple(filter(None, map(clean, text.split("\n"))))
            return (clean(text),)
    keys = ", ".join(map(repr, list(value)[:12])) or "nothing"
    return f"needs a text or a list of facts, but has {keys}"


def categories_of(row: Row) -> list[str]:
    """The categories of a record: `categories`, else `category`, else those of its facts."""
    told = row.fields.get("categories")
    if not isinstance(told, list):
        told = [row.fields.get("category")]
        facts = row.fields.get("facts")
        if told == [None] and isinstance(facts, list):
            told = [fact.get("category") for fact in facts if isinstance(fact, dict)]
    return list(dict.fromkeys(str(name) for name in told if name not in (None, "")))


def _drop(line: int, reason: str, particulars: str, subject: str = "") -> Drop:
    return Drop(
        kind="input_line", reason=f"{reason}: line {line} {particulars}", subject=clean(subject)
    )


class Writer:
    """Writes rows into a new file, as its name says: .jsonl, .txt, .csv or .parquet; .gz packs.

    Raises:
        UserError: If the name is of another kind, or a row has no place in a file of that kind.
    """

    def __init__(self, path: Path, name: Path) -> None:
        """
        Args:
            path: Where it is written.
            name: What it will be called, which says of what kind it is.
        """
        self.rows = 0
        self.lost: Counter[str] = Counter()  # fields that the file has no place for
        self._path, self._name = path, name
        kind = format_of(name)
        self._write: Callable[[Row, Mapping[str, Any]], None]
        self._file: IO[bytes] | None = None
        self._batch: list[dict[str, Any]] = []
        self._parquet: Any = None
        if kind == "parquet":
            self._write = self._to_parquet
        else:
            packed = name.name.lower().endswith(".gz")
            raw = path.open("wb")
            self._file = gzip.GzipFile("", "wb", 6, raw, mtime=0) if packed else raw  # type: ignore[assignment]
            self._raw = raw
            self._write = {"jsonl": self._to_jsonl, "txt": self._to_txt}[kind]

    def write(self, row: Row, **more: Any) -> None:
        """Write one row, with further fields where there are any."""
        self._write(row, more)
        self.rows += 1

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._raw.close()
            return
        if not failed:
            self._flush()
        if self._parquet is not None:
            self._parquet.close()

    def _to_jsonl(self, row: Row, more: Mapping[str, Any]) -> None:
        assert self._file is not None
        plain = row.raw if row.raw is not None and not more else None
        self._file.write((plain or json_line({**row.fields, **more})) + b"\n")

    def _to_txt(self, row: Row, _: Mapping[str, Any]) -> None:
        if len(row.facts) != 1:
            raise UserError(
                f"a person of {len(row.facts)} facts has no place in a line of {self._name}",
                why=f"line {row.line} is one",
                fix="write .jsonl or .parquet",
            )
        assert self._file is not None
        self._file.write(row.text.encode() + b"\n")
        if isinstance(row.value, dict) and len(row.value) > 1:
            self.lost.update(name for name in row.value if row.value[name] != row.text)

    def _to_parquet(self, row: Row, more: Mapping[str, Any]) -> None:
        self._batch.append({**row.fields, **more})
        if len(self._batch) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self._batch and self._parquet is not None:
            return
        try:
            schema = self._parquet.schema if self._parquet is not None else None
            if schema is None and not self._batch:
                schema = pa.schema([("text", pa.string())])
            if schema is not None and self._batch:
                lost = {name for row in self._batch for name in row} - set(schema.names)
                if lost:
                    raise pa.ArrowInvalid(f"the first {_BATCH:,} rows lack {sorted(lost)[0]!r}")
            table = pa.Table.from_pylist(self._batch, schema=schema)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise UserError(
                f"these rows do not fit into the columns of {self._name}",
                why=str(error)[:300],
                fix="write .jsonl, which takes rows of any kind",
            ) from error
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(self._path, table.schema)
        self._parquet.write_table(table)
        self._batch = []


def format_of(name: Path) -> str:
    """ "jsonl", "txt" or "parquet", by the name.

    Raises:
        UserError: If it is none of these.
    """
    suffix = Path(name.name.lower().removesuffix(".gz")).suffix
    kinds = {".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "txt", ".parquet": "parquet"}
    if suffix not in kinds or (suffix == ".parquet" and name.name.lower().endswith(".gz")):
        raise UserError(
            f"{name} says no format that people are written in",
            fix="end it in .jsonl, .txt, .jsonl.gz, .txt.gz or .parquet",
        )
    return kinds[suffix]


def json_line(value: Any) -> bytes:
    """One record as JSON, without a line end."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, UnicodeEncodeError):
        return json.dumps(value, default=str).encode()


def size_of(path: Path) -> int:
    """Bytes of a file or of all files of a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return os.stat(path).st_size
