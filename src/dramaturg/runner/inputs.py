"""Files that a recipe reads: what counts is what is in them, not where they lie."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dramaturg import dataset
from dramaturg.errors import UserError

_CHUNK = 1 << 20


def hash_of_path(path: Path, setting: str) -> str:
    """24 hex digits over a file's bytes, or over the names and bytes of all files of a folder.

    Args:
        setting: The setting that names it, for the error.

    Raises:
        UserError: If it is not there, cannot be read, or is a folder without a file.
    """
    option = f"--{setting.replace('_', '-')}"
    try:
        files = _files(path)
        if not files:
            raise UserError(
                f"{option}: there is nothing in {path}", fix="name a file, or a folder with files"
            )
        digest = hashlib.blake2b(digest_size=12)
        for file in files:
            if path.is_dir():
                name = file.relative_to(path).as_posix()
                digest.update(f"{name}\0{file.stat().st_size}\0".encode())
            with file.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
    except OSError as error:
        raise UserError(
            f"{option}: cannot read {path}",
            why=error.strerror or str(error),
            fix="check the name; a relative one is meant from the folder you are in",
        ) from error
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return dataset.files_in(path)
