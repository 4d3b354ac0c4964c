"""Folders of data files: those that Croissant metadata describe, and any folder with such files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.formats.base import Format, Reader, Row
from dramaturg.dataset.formats.peek import Peek
from dramaturg.errors import UserError
from dramaturg.records import Conversation

_DATA = re.compile(r"\.(?:parquet|jsonl|ndjson|json|csv|tsv)(?:\.gz)?", re.IGNORECASE)
_SPLITS = (
    ("train", re.compile(r"(?:^|[^a-z])train(?:ing)?(?:$|[^a-z])")),
    ("validation", re.compile(r"(?:^|[^a-z])(?:valid(?:ation)?|dev|val)(?:$|[^a-z])")),
    ("test", re.compile(r"(?:^|[^a-z])test(?:$|[^a-z])")),
)
_NO_DATA = {"croissant.json", "dataset_info.json", "dataset_dict.json", "state.json"}


def croissant_files(path: Path) -> list[Path]:
    """The data files that croissant.json names and that are there.

    Raises:
        UserError: If one lies outside the folder, or none is there.
    """
    told = Peek(path).json_file("croissant.json")
    records = {
        str((part.get("source") or {}).get(kind, {}).get("@id"))
        for record in told.get("recordSet") or ()
        for part in record.get("field") or ()
        for kind in ("fileSet", "fileObject")
    }
    found: list[Path] = []
    for item in told.get("distribution") or ():
        if records - {"None"} and item.get("@id") not in records:
            continue  # another table: persons, preferences
        for pattern in _patterns(item):
            if "://" in pattern:
                continue
            if ".." in Path(pattern).parts or Path(pattern).is_absolute():
                raise UserError(f"croissant.json of {path} names a file outside: {pattern}")
            found += [p for p in path.glob(pattern) if p.is_file()]
    files = [file for file in dict.fromkeys(found) if _DATA.search(file.name)]
    if not files:
        raise UserError(
            f"none of the data files that {path / 'croissant.json'} names is there",
            fix="download them beside it, or name another folder",
        )
    return sorted(files, key=_order)


def _patterns(item: dict[str, Any]) -> list[str]:
    given = item.get("includes", item.get("contentUrl"))
    return [str(one) for one in (given if isinstance(given, list) else [given]) if one]


def data_files(path: Path) -> list[Path]:
    """The data files of a folder, or of its folder data/: by split, then by name."""
    for place in (path / "data", path):
        if place.is_dir():
            files = [
                file
                for file in place.iterdir()
                if file.is_file() and _DATA.search(file.name) and file.name not in _NO_DATA
            ]
            if files:
                return sorted(files, key=_order)
    return []


def _order(file: Path) -> tuple[int, str]:
    names = [name for name, _ in _SPLITS]
    split = split_named(file)
    return (names.index(split) if split else len(names)), file.name


def split_named(file: Path) -> str:
    """The split that a file's name tells, or ""."""
    stem = file.name.lower().split(".")[0].replace("_", "-")
    return next((split for split, pattern in _SPLITS if pattern.search(stem)), "")


def read(files: list[Path], each: Reader) -> Iterator[Row]:
    """The rows of several files, one after another; conversations without a split get the file's.

    Args:
        each: Reads one file.
    """
    for file in files:
        split = split_named(file)
        for line, made in each(file):
            if isinstance(made, str):
                yield line, f"of {file.name}: {made}"
            elif isinstance(made, Conversation) and split and not made.split:
                yield line, msgspec.structs.replace(made, split=split)
            else:
                yield line, made


def _looks_like_croissant(peek: Peek) -> bool:
    told = peek.json_file("croissant.json")
    return isinstance(told, dict) and "distribution" in told


CROISSANT = Format(
    name="croissant",
    about="a folder with croissant.json: the data files that it describes",
    looks=_looks_like_croissant,
    files=croissant_files,
)
FOLDER = Format(
    name="folder",
    about="a folder of data files, e.g. a data set of the Hugging Face hub on your disk",
    looks=lambda peek: peek.is_folder and bool(data_files(peek.path)),
    files=data_files,
)
