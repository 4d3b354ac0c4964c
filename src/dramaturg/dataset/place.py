"""Where a dataset is put: what may be replaced, and a replacement that loses nothing on the way."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from dramaturg.errors import UserError
from dramaturg.store import FolderLock, is_run_folder

_CORPUS = {"utterances.jsonl", "speakers.json", "conversations.json", "index.json", "corpus.json"}
_DATASET = {"data", "personas", "preferences", "dropped", "README.md", "croissant.json"} | {
    "lineage.json", "report.json", "report.html", "run.json",
}  # fmt: skip
_BEGUN = {".lock", "run.json.tmp", "run.json"} | {
    f"journal.sqlite{end}" for end in ("", "-wal", "-shm", "-journal")
}
_TABLE = re.compile(r"\w+-\d{5}-of-\d{5}\.parquet")


def check_place(path: Path, sources: Iterable[Path], force: bool) -> None:
    """Refuse a target that is a source, holds one or lies in one, or that must not be replaced.

    Args:
        force: Allow a file, or a folder that is a dataset of ours, to be replaced.

    Raises:
        UserError: If it is refused.
    """
    for source in sources:
        _refuse_overlap(path, source)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UserError(f"{path} is neither a file nor a folder", fix="give another target")
    if path.is_dir():
        if not any(path.iterdir()):
            return
        if not is_ours(path):
            raise UserError(
                f"{path} exists already, and is no dataset of ours",
                why="a folder is replaced whole, with all that is in it",
                fix="give another target, or take that folder away yourself",
            )
        _refuse_use(path)
    if path.exists() and not force:
        raise UserError(f"{path} exists already", fix="give another target, or --force")


def _refuse_use(path: Path) -> None:
    if FolderLock(path).is_held():
        raise UserError(
            f"{path} is in use", why="another process writes it", fix="wait for it, or stop it"
        )


def _refuse_overlap(path: Path, source: Path) -> None:
    if not source.exists():
        return
    if path.exists() and path.samefile(source):
        raise UserError(f"{path} is the source itself", fix="give another target")
    target, origin = path.resolve(), source.resolve()
    if target in origin.parents:
        raise UserError(f"{path} holds the source {source}", fix="give another target")
    if origin.is_dir() and origin in target.parents:
        raise UserError(f"{path} lies in the source {source}", fix="give a target beside it")


def is_ours(path: Path) -> bool:
    """Whether a folder is a run folder, or a dataset or corpus and nothing else."""
    if is_run_folder(path):
        return True
    names = {entry.name for entry in path.iterdir()}
    if names and names <= _CORPUS and "utterances.jsonl" in names:
        return True
    tables = [file.name for file in (path / "data").glob("*")]
    return names <= _DATASET and bool(tables) and all(map(_TABLE.fullmatch, tables))


def part_of(path: Path) -> Path:
    """Where a target is written before it is whole: a place that is free.

    What a killed conversion left there is taken away.

    Raises:
        UserError: If something of another make is there, or another process writes there.
    """
    part = path.with_name(path.name + ".part")
    if part.is_dir() and not part.is_symlink():
        names = {entry.name for entry in part.iterdir()}
        if names and not (names <= _CORPUS or names <= _BEGUN or is_ours(part)):
            raise UserError(
                f"{part} is in the way, and is no dataset of ours",
                fix="move it, or give another target",
            )
        _refuse_use(part)
    remove(part)
    return part


def put(part: Path, path: Path) -> None:
    """Move what is whole to its place; what was there goes when the new one stands.

    A kill between the two moves leaves the old folder beside it as `NAME.old`.
    """
    if not path.is_dir() or path.is_symlink():
        if part.is_dir() and path.exists():
            _swap(part, path)
        else:
            os.replace(part, path)
        return
    _swap(part, path)


def _swap(part: Path, path: Path) -> None:
    old = _free(path)
    os.rename(path, old)
    try:
        os.rename(part, path)
    except BaseException:
        if not path.exists():
            os.rename(old, path)
        raise
    remove(old)


def _free(path: Path) -> Path:
    """A name beside the path that nothing has."""
    old, n = path.with_name(path.name + ".old"), 1
    while os.path.lexists(old):
        n += 1
        old = path.with_name(f"{path.name}.old{n}")
    return old


def remove(path: Path) -> None:
    """Take away a file or folder, if it is there; of a link only the link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
