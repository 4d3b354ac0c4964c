"""A file as lines, rows or tables, whatever its encoding; bad files get one clear sentence."""

from __future__ import annotations

import codecs
import csv
import difflib
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO, cast

from dramaturg.errors import UserError

_MAGIC = {
    b"SQLite format 3": "an SQLite file",
    b"PK\x03\x04": "a ZIP archive (or an office document)",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
_KINDS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}


def existing_file(source: str | Path, what: str) -> Path:
    """The path, if it is a file with something in it.

    Args:
        what: What it should hold, for the message: "personas", "conversations".

    Raises:
        UserError: If it is missing (naming the nearest name beside it), a folder, or empty.
    """
    path = Path(source)
    if path.is_dir():
        raise UserError(
            f"{path} is a folder, and not a run folder",
            fix=f"name a file with {what}, or a run folder",
        )
    if not path.exists():
        raise UserError(f"there is no file {path}", fix=_nearest(path, what))
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty", fix=f"give a file with {what}")
    return path


def files_in(folder: Path) -> list[Path]:
    """Every file of a folder and of the folders in it, in order of name, hidden ones left out.

    What is read and what counts for a run's fingerprint is one list: this one.
    """
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def kind_of(path: Path) -> str:
    """ "parquet", "csv", "jsonl" or "text", by the file's first bytes and its name.

    Raises:
        UserError: If it is a binary file of a known other kind.
    """
    head = head_of(path, 1 << 12)
    if head.startswith(b"PAR1"):
        return "parquet"
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            raise UserError(
                f"{path} is {name}, not text", fix="give text, JSONL, CSV or parquet instead"
            )
    name = path.name.lower().removesuffix(".gz")
    kind = _KINDS.get(Path(name).suffix, "text")
    if kind == "text" and head.lstrip(codecs.BOM_UTF8 + b" \t\r\n").startswith(b'{"'):
        return "jsonl"
    if kind == "parquet":
        raise UserError(f"{path} is not a parquet file", why="it does not begin with PAR1")
    return kind


def open_bytes(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked if it is a gzip file."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return cast("IO[bytes]", gzip.open(path, "rb")) if packed else path.open("rb")
    except OSError as error:
        raise UserError(f"{path} cannot be read", why=str(error)) from error


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Each line with its number from 1, without its end; CRLF and BOMs are taken off.

    Raises:
        UserError: At bytes that are no text, naming line and byte.
    """
    encoding = encoding_of(path)
    number, offset = 0, 0
    try:
        with open_bytes(path) as file:
            if encoding != "utf-8":
                text = io.TextIOWrapper(file, encoding=encoding)
                for number, line in enumerate(text, 1):
                    yield number, line.rstrip("\n")
                return
            for number, raw in enumerate(file, 1):
                yield from _decoded(path, number, offset, raw)
                offset += len(raw)
    except _UNREADABLE as error:
        raise _not_read(path, error, f"after line {number}", encoding) from error


_UNREADABLE = (UnicodeDecodeError, OSError, EOFError, zlib.error)


def _not_read(path: Path, error: Exception, where: str, encoding: str) -> UserError:
    """What stopped the reading of a text file, and where."""
    if isinstance(error, UnicodeDecodeError):
        return UserError(
            f"{path} is not text",
            why=f"{where} it is not {encoding.upper()} ({error.reason})",
            fix="save it as UTF-8",
        )
    return UserError(f"{path} cannot be read to its end", why=f"{where}: {error}")


def chunks(path: Path, size: int = 1 << 16) -> Iterator[str]:
    """A text file in pieces of `size` characters, the byte order mark taken off.

    Raises:
        UserError: If it is no text, or cannot be read to its end.
    """
    encoding = encoding_of(path)
    read = 0
    try:
        with open_bytes(path) as file:
            text = io.TextIOWrapper(file, encoding=encoding, newline="")
            while piece := text.read(size):
                yield piece.removeprefix("\ufeff") if not read else piece
                read += len(piece)
    except _UNREADABLE as error:
        raise _not_read(path, error, f"after {read:,} characters", encoding) from error


def raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each line of a file in UTF-8 as bytes, with its number from 1; blank lines left out.

    Raises:
        UserError: If the file cannot be read to its end.
    """
    number = 0
    try:
        with open_bytes(path) as file:
            for number, raw in enumerate(file, 1):
                if not raw.isspace():
                    yield number, raw
    except _UNREADABLE as error:
        raise _not_read(path, error, f"after line {number}", "utf-8") from error


def decoded_lines(path: Path, number: int, raw: bytes) -> Iterator[str]:
    """One raw line as text: several lines where it has the line ends of old Macs."""
    for _, text in _decoded(path, number, 0, raw):
        yield text


class Bad(str):
    """In words, why a value or a row of a file is none.

    Attributes:
        cells: What can be made out of a CSV row all the same, by column name.
    """

    cells: Mapping[str, str] = MappingProxyType({})


def csv_rows(path: Path, *, exact: bool = False) -> Iterator[tuple[int, dict[str, str] | Bad]]:
    """Each row of a CSV file by column name in lower case, with the line it ends on.

    A row with more cells than the header, and a last row that was cut off, is `Bad`: a text in it
    would be cut short.

    Args:
        exact: Keep the line ends inside cells as they are; otherwise each is a newline.

    Raises:
        UserError: If it is no CSV file.
    """
    names: list[str] = []
    pending: tuple[int, list[str], int] | None = None
    before = 0  # cells of the row before
    for line, cells, begun in _csv_cells(path, exact):
        if not names:
            names = _names(cells)
        elif any(cell.strip() for cell in cells):
            if pending is not None:
                yield _row(names, *pending)
                before = len(pending[1])
            pending = line, cells, begun
    if pending is None:
        return
    line, cells, begun = pending
    short = len(cells) < max(before, 0 if before else len(names))
    if begun or (short and not ends_whole(path)):
        what = "inside a quoted cell" if begun else f"after {len(cells)} of {len(names)} cells"
        bad = Bad(f"the file ends {what}: it was cut off" + (", or lacks a quote" if begun else ""))
        bad.cells = dict(zip(names, cells, strict=False))
        yield begun or line, bad
    else:
        yield _row(names, *pending)


def csv_columns(path: Path) -> list[str]:
    """The column names of a CSV file, in lower case."""
    return next((_names(cells) for _, cells, _ in _csv_cells(path, False)), [])


def _names(cells: Sequence[str]) -> list[str]:
    return [name.strip().lower() for name in cells]


def _row(
    names: Sequence[str], line: int, cells: list[str], begun: int
) -> tuple[int, dict[str, str] | Bad]:
    told = dict(zip(names, cells, strict=False))
    if any(cell.strip() for cell in cells[len(names) :]):
        bad = Bad(
            f"it has {len(cells)} cells, and the header {len(names)}: "
            "a text with a comma, tab or semicolon stands in quotes"
        )
        bad.cells = told
        return line, bad
    return line, told


def _csv_cells(path: Path, exact: bool) -> Iterator[tuple[int, list[str], int]]:
    """The cells of each row and the line it ends on; the line it begins on if it never ends."""
    csv.field_size_limit(1 << 30)
    exact = exact and b"\n" in head_of(path, 1 << 16)  # not with the line ends of old Macs
    source = _whole_lines(path) if exact else (line + "\n" for _, line in lines(path))
    header = next(source, "")
    mark = max(",;\t", key=header.count)
    ended = False

    def rest() -> Iterator[str]:
        nonlocal ended
        yield header
        yield from source
        ended = True

    reader = csv.reader(rest(), delimiter=mark)
    begun = 1
    try:
        for cells in reader:
            yield reader.line_num, cells, begun if ended else 0
            begun = reader.line_num + 1
    except csv.Error as error:
        raise UserError(f"{path} is not a CSV file", why=f"{error}") from error


def ends_whole(path: Path) -> bool:
    """Whether a text file ends with the end of a line; a packed file tells itself if it is cut."""
    with path.open("rb") as file:
        if file.read(2) == b"\x1f\x8b":
            return True
        file.seek(max(0, path.stat().st_size - 4))
        return file.read().rstrip(b"\x00")[-2:].strip(b"\x00").endswith((b"\n", b"\r"))


def _whole_lines(path: Path) -> Iterator[str]:
    """The lines of a file with their ends, the byte order mark taken off."""
    number = 0
    encoding = encoding_of(path)
    try:
        with open_bytes(path) as file:
            text = io.TextIOWrapper(file, encoding=encoding, newline="\n")
            for number, line in enumerate(text, 1):
                yield line.removeprefix("\ufeff") if number == 1 else line
    except _UNREADABLE as error:
        raise _not_read(path, error, f"after line {number}", encoding) from error


def _decoded(path: Path, number: int, offset: int, raw: bytes) -> Iterator[tuple[int, str]]:
    raw = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
    try:
        line = raw.decode("utf-8")
        bad = raw.find(b"\x00")
        why = "it holds a zero byte"
    except UnicodeDecodeError as error:
        line, bad, why = "", error.start, f"it is not UTF-8 ({error.reason})"
    if bad >= 0:
        raise UserError(
            f"{path} is not text: line {number}, byte {offset + bad}",
            why=why,
            fix="give a text file, saved as UTF-8",
        )
    line = line.removesuffix("\n").removesuffix("\r")
    if "\r" in line:  # the line ends of old Macs: numbers then count the parts of this line
        for part in line.split("\r"):
            yield number, part
    else:
        yield number, line


def encoding_of(path: Path) -> str:
    """ "utf-8", or "utf-16" or "utf-32" where a byte order mark says so."""
    head = head_of(path, 4)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8"


def head_of(path: Path, size: int) -> bytes:
    """The first bytes of a file, unpacked if it is a gzip file."""
    try:
        with open_bytes(path) as file:
            return file.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read", why=str(error)) from error


def _nearest(path: Path, what: str) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"there is no folder {path.parent} either"
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    if near:
        return f"did you mean {path.parent / near[0]}?"
    return f"give a file with {what}"
