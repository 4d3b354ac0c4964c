"""JSON lines and JSON arrays, read one value at a time and written one value at a time."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from dramaturg.dataset import source
from dramaturg.dataset.source import Bad
from dramaturg.errors import UserError

_CHUNK = 1 << 20
__all__ = ["Bad", "json_rows", "keyed_rows", "open_out", "parsed", "texts_of", "write_array"]
__all__ += ["write_json", "write_lines"]


def json_rows(path: Path) -> Iterator[tuple[int, Any]]:
    """Each value of a JSON file with its line: JSON lines, an array, or one object over lines.

    A value that cannot be read is given as `Bad`.

    Raises:
        UserError: If the file is no text, or breaks off in a way that hides what follows.
    """
    shape = _shape(path)
    if shape == "lines":
        if source.encoding_of(path) == "utf-8":
            for n, raw in source.raw_lines(path):
                for text in texts_of(path, n, raw):
                    if isinstance(text, Bad):
                        yield n, text
                    elif text.strip():
                        yield n, parsed(text)
            return
        for n, text in source.lines(path):
            if text.strip():
                yield n, parsed(text)
        return
    stream = _Stream(path)
    if shape == "array":
        stream.expect("[")
        yield from stream.elements()
    else:
        line = stream.line
        yield line, stream.value()


def keyed_rows(path: Path) -> Iterator[tuple[int, str, Any]]:
    """Each element of the arrays of one JSON object, with its line and the array's key.

    Raises:
        UserError: If the file is not one object.
    """
    stream = _Stream(path)
    stream.expect("{")
    while stream.peek() == '"':
        key = stream.value()
        if isinstance(key, Bad):
            yield stream.line, "", key
            return
        stream.expect(":")
        if stream.peek() == "[":
            stream.expect("[")
            for line, value in stream.elements():
                yield line, key, value
        else:
            yield stream.line, key, stream.value()
        if stream.peek() == ",":
            stream.expect(",")


def texts_of(path: Path, line: int, raw: bytes) -> Iterator[str]:
    """A raw line as text, `Bad` where its bytes are no UTF-8: one bad line ends no file."""
    try:
        yield from source.decoded_lines(path, line, raw)
    except UserError as error:
        yield Bad(error.why)


def parsed(text: str) -> Any:
    """The JSON value of a line, or `Bad`."""
    try:
        return json.loads(text)
    except RecursionError:
        return Bad("not JSON that can be read: it is nested too deeply")
    except ValueError as error:
        return Bad(f"not JSON: {error}"[:200])


@contextlib.contextmanager
def open_out(path: Path) -> Iterator[IO[bytes]]:
    """A file to write bytes to, packed where its name ends in .gz; seen to the disk at the end."""
    with path.open("wb") as raw:
        if path.name.lower().endswith((".gz", ".gz.part")):
            with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                yield cast("IO[bytes]", packed)
        else:
            yield raw
        raw.flush()
        os.fsync(raw.fileno())


def write_lines(path: Path, values: Iterable[Any]) -> None:
    """One JSON value a line."""
    encode = msgspec.json.Encoder().encode_into
    buffer = bytearray()
    with open_out(path) as file:
        for value in values:
            encode(value, buffer, -1)
            buffer += b"\n"
            if len(buffer) > _CHUNK:
                file.write(buffer)
                buffer.clear()
        file.write(buffer)


def write_array(path: Path, values: Iterable[Any]) -> None:
    """A JSON array, one element a line."""
    encode = msgspec.json.Encoder().encode
    with open_out(path) as file:
        before = b"[\n"
        for value in values:
            file.write(before + encode(value))
            before = b",\n"
        file.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def write_json(path: Path, values: Iterable[Any]) -> None:
    """An array where the name ends in .json, else JSON lines."""
    name = path.name.lower().removesuffix(".part").removesuffix(".gz")
    (write_array if name.endswith(".json") else write_lines)(path, values)


def _shape(path: Path) -> str:
    """ "lines", "array" or "object", by the beginning of the file."""
    if source.encoding_of(path) == "utf-8":
        texts = (
            "{" if isinstance(text, Bad) and n > 1 else _text(path, text).strip()
            for n, raw in source.raw_lines(path)
            for text in texts_of(path, n, raw)
            if text.strip()
        )
    else:
        texts = (line.strip() for _, line in source.lines(path) if line.strip())
    first = next(texts, "")
    if first.startswith("["):
        return "array"
    if first == "{" or (first.startswith("{") and isinstance(parsed(first), Bad)):
        return "object" if not next(texts, "{").startswith("{") else "lines"
    return "lines"


def _text(path: Path, text: str) -> str:
    """The first line; a file that begins with what is no text is no text."""
    if isinstance(text, Bad):
        raise UserError(f"{path} is not text: line 1", why=text, fix="save it as UTF-8")
    return text.removeprefix("\ufeff")


class _Stream:
    """JSON text, read a chunk at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 1
        self._text = ""
        self._at = 0
        self._chunks = source.chunks(path)
        self._ended = False
        self._decoder = json.JSONDecoder()

    def peek(self) -> str:
        """The next character that is not blank, "" at the end."""
        while True:
            while self._at < len(self._text):
                c = self._text[self._at]
                if c not in " \t\r\n\ufeff":
                    return c
                self.line += c == "\n"
                self._at += 1
            if not self._more():
                return ""

    def expect(self, mark: str) -> None:
        """Go past a mark."""
        found = self.peek()
        if found != mark:
            raise UserError(
                f"{self.path} is not JSON from line {self.line} on",
                why=f"{mark!r} should stand where " + (f"{found!r} stands" if found else "it ends"),
                fix="see that the file is whole",
            )
        self._at += 1

    def elements(self) -> Iterator[tuple[int, Any]]:
        """The elements of an array whose bracket is behind us, and past its end."""
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            self.peek()
            line = self.line
            value = self.value()
            yield line, value
            if isinstance(value, Bad):
                return
            mark = self.peek()
            if mark == "":
                yield self.line, Bad("the file ends inside an array: it was cut off")
                return
            if mark == "]":
                self._at += 1
                return
            self.expect(",")

    def value(self) -> Any:
        """The next value, or `Bad` if the file ends inside it."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                return Bad("not JSON that can be read: it is nested too deeply")
            except json.JSONDecodeError as error:
                open_end = error.pos > len(self._text) - 16 or "Unterminated" in error.msg
                if open_end and self._more(len(self._text) - self._at):
                    continue
                if open_end:
                    return Bad(f"the file ends inside a value: it was cut off ({error.msg})")
                line = self.line + self._text.count("\n", self._at, error.pos)
                raise UserError(
                    f"{self.path} is not JSON from line {line} on",
                    why=error.msg,
                    fix="mend that line, or give JSON lines: there one bad line costs only itself",
                ) from error
            if end == len(self._text) and self._more():
                continue  # a number may go on in the next chunk
            self.line += self._text.count("\n", self._at, end)
            self._at = end
            return value

    def _more(self, size: int = 0) -> bool:
        """Take in about as much again as is not read yet; False at the end of the file."""
        if self._ended:
            return False
        parts = [self._text[self._at :]]
        wanted = max(1, size)
        for piece in self._chunks:
            parts.append(piece)
            wanted -= len(piece)
            if wanted <= 0:
                break
        else:
            self._ended = True
        self._text, self._at = "".join(parts), 0
        return len(parts) > 1
