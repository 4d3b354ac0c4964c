"""Hugging Face `datasets`: a folder of `save_to_disk`, or a data set of the hub by name.

Both go through the library `datasets` (extra `hub`), loaded on use; rows stream, and each is read
by its shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dramaturg.dataset.formats.base import Format
from dramaturg.dataset.formats.peek import Peek
from dramaturg.errors import UserError

PREFIX = "hf:"


def hub_rows(reference: str) -> Iterator[tuple[int, Any, str]]:
    """Number, row and split of each row of a data set on the hub.

    Args:
        reference: "hf:org/name", "hf:org/name/config", or either with "#split" at the end.

    Raises:
        UserError: If the library is not installed, or the hub does not give the data set.
    """
    name, _, split = reference.removeprefix(PREFIX).partition("#")
    parts = [part for part in name.split("/") if part]
    if not parts or len(parts) > 3:
        raise UserError(f"{reference} names no data set", fix="give e.g. hf:org/name")
    datasets = _library()
    config = parts[2] if len(parts) == 3 else None
    try:
        told = datasets.load_dataset(
            "/".join(parts[:2]), config, split=split or None, streaming=True
        )
        many = {split: told} if split else dict(told)
        n = 0
        for part, rows in many.items():
            for row in rows:
                n += 1
                yield n, row, part
    except UserError:
        raise
    except Exception as error:  # the library's own errors have no common root
        raise UserError(
            f"the hub does not give {reference.removeprefix(PREFIX)}",
            why=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:300],
            fix="see that the name is right and the network is there; a private one needs HF_TOKEN",
        ) from error


def disk_rows(path: Path) -> Iterator[tuple[int, Any, str]]:
    """Number, row and split of each row of a folder that `save_to_disk` wrote.

    Raises:
        UserError: If the library is not installed, or the folder is damaged.
    """
    datasets = _library()
    try:
        told = datasets.load_from_disk(str(path))
        many = told if isinstance(told, dict) else {"": told}
        n = 0
        for part, rows in many.items():
            for row in rows:
                n += 1
                yield n, row, part
    except (OSError, ValueError, json.JSONDecodeError) as error:
        raise UserError(f"{path} cannot be read by datasets", why=str(error)) from error


def _library() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise UserError(
            "reading a data set of the hub needs the library datasets",
            why="it is not installed",
            fix="pip install 'dramaturg[hub]'",
        ) from error
    datasets.disable_progress_bars()
    return datasets


def _looks(peek: Peek) -> bool:
    return peek.is_folder and any(
        (peek.path / name).is_file() for name in ("dataset_dict.json", "state.json")
    )


DATASETS = Format(
    name="datasets",
    about="Hugging Face datasets: a folder of `save_to_disk`, or `hf:org/name`",
    looks=_looks,
    shaped=disk_rows,
)
