"""A folder that a command writes: ours alone, held by one process, with a journal of its calls."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Set
from pathlib import Path

from dramaturg.errors import UserError
from dramaturg.store import Journal, is_run_folder
from dramaturg.store.lock import FolderLock

CALLS = "calls.sqlite"
_ALWAYS = {"report.json.tmp", ".lock", CALLS, f"{CALLS}-wal", f"{CALLS}-shm", f"{CALLS}-journal"}


@contextlib.contextmanager
def held(
    out: str | Path | None, ours: Set[str], *, calls: bool
) -> Iterator[tuple[Path | None, Journal | None]]:
    """The folder and where calls of chat models are kept; (None, None) where none is wanted.

    Args:
        ours: Names of the files that the command writes; `report.json` and the journal go without
            saying.
        calls: Whether calls of chat models are to be kept.

    Raises:
        UserError: If it is a run folder, holds other things, is held, or cannot be written.
    """
    if out is None:
        yield None, None
        return
    folder = Path(out)
    if is_run_folder(folder):
        raise UserError(
            f"{folder} is a run folder, and has a report of its own", fix="give another --out"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        known = ours | {f"{name}.tmp" for name in ours} | _ALWAYS | {"report.json"}
        strangers = {entry.name for entry in folder.iterdir()} - known
        if strangers:
            raise UserError(
                f"{folder} holds other things, e.g. {min(strangers)}", fix="give another --out"
            )
        lock = FolderLock(folder)
        lock.acquire()
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written", why=str(error), fix="give another --out"
        ) from error
    try:
        if not calls:
            yield folder, None
            return
        with contextlib.closing(Journal(folder / CALLS)) as journal:
            yield folder, journal
    finally:
        lock.release()
