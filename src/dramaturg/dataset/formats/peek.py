"""A first look at a file or folder: enough to say which format it is."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.dataset import source
from dramaturg.dataset.formats import containers
from dramaturg.errors import UserError

_HEAD = 1 << 16
_ROWS = 5


class Peek:
    """What can be seen of a path without reading it through.

    Attributes:
        path: The file or folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @functools.cached_property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path.is_dir()

    @functools.cached_property
    def kind(self) -> str:
        """ "folder", "png", "parquet", "csv", "json" or "text"."""
        if self.is_folder:
            return "folder"
        if self.head.startswith(b"\x89PNG\r\n\x1a\n"):
            return "png"
        kind = source.kind_of(self.path)
        return (
            kind if kind == "parquet" else self._kind_of_text("json" if kind == "jsonl" else kind)
        )

    def _kind_of_text(self, named: str) -> str:
        """The kind that the text itself shows, where it shows one; else what its name says."""
        head = self._decoded.lstrip()
        if re.match(r"\{\s*[\"}]|\[\s*[\[{\"\]]", head):
            return "json"
        if named == "json" and re.search(r"^\s*[\[{]", head, re.MULTILINE):
            return "json"  # begins with a broken line
        first = head.partition("\n")[0].lower()
        if sum(name in first for name in ("user 1 personas", "user 2 personas")) == 2:
            return "csv"
        return "text" if re.match(r"\d+ ", head) else named

    @functools.cached_property
    def head(self) -> bytes:
        """The first 64 KiB, unpacked."""
        return b"" if self.is_folder else source.head_of(self.path, _HEAD)

    @functools.cached_property
    def text(self) -> str:
        """The head as text, as far as it is."""
        if self.kind in {"folder", "png", "parquet"}:
            return ""
        return self._decoded

    @functools.cached_property
    def _decoded(self) -> str:
        return self.head.decode(source.encoding_of(self.path), "replace").lstrip("\ufeff")

    @functools.cached_property
    def rows(self) -> list[Mapping[str, Any]]:
        """The first objects of a JSON file; those that cannot be read are passed over."""
        if self.kind != "json":
            return []
        found: list[Mapping[str, Any]] = []
        try:
            for _, value in containers.json_rows(self.path):
                if isinstance(value, dict):
                    found.append(value)
                if len(found) >= _ROWS:
                    break
        except UserError:
            pass
        return found

    @functools.cached_property
    def columns(self) -> list[str]:
        """The columns of a CSV or parquet file, in lower case."""
        if self.kind == "csv":
            return list(dict.fromkeys(source.csv_columns(self.path)))
        if self.kind == "parquet":
            from dramaturg.dataset.parquet import columns_of

            return [name.lower() for name in columns_of(self.path)]
        return []

    def json_file(self, name: str) -> Any:
        """The JSON in a file of this folder, None where there is none."""
        file = self.path / name
        try:
            return json.loads(file.read_bytes()) if self.is_folder and file.is_file() else None
        except (OSError, ValueError):
            return None
