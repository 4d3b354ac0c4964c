"""A shard on a disk of its own machine: fast, and safe where the shared disk has no good locks.

It is worked on under the scratch folder and copied to the shared one whenever it stops: after each
round, at its end, and when it is stopped. A machine that dies in between costs the calls since.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from pathlib import Path

from dramaturg.errors import UserError
from dramaturg.runner.shards import Shard, round_file
from dramaturg.store import FolderLock
from dramaturg.store.run_folder import JOURNAL_FILE, RUN_FILE

_LEFT_OUT = (".lock", ".part", ".tmp", "-wal", "-shm")


class Scratch:
    """The place of one shard on this machine.

    Args:
        place: A folder of a local disk.
        home: The shared folder of all shards.
    """

    def __init__(self, place: Path, home: Path, shard: Shard) -> None:
        name = hashlib.blake2b(str(home.resolve()).encode(), digest_size=6).hexdigest()
        self.folder = place / f"dramaturg-{name}" / shard.name
        self._shared = home / shard.name
        self._host = home / f"{shard.name}.host"
        self._seen = self.folder.with_name(f"{shard.name}.seen")

    def fetch(self) -> None:
        """Have what was copied to the shared folder, unless what is here goes on from it.

        What is here is older where another machine has worked on the shard and copied it since.

        Raises:
            UserError: If the scratch folder cannot be used.
        """
        try:
            if not self._goes_on():
                if self.folder.exists():
                    shutil.rmtree(self.folder)
                self.folder.mkdir(parents=True)
                if (self._shared / JOURNAL_FILE).exists():
                    shutil.copytree(self._shared, self.folder, dirs_exist_ok=True)
                self._remember()
            self._host.write_text(socket.gethostname(), encoding="utf-8")
        except OSError as error:
            raise UserError(
                f"the scratch folder {self.folder} cannot be used",
                why=str(error),
                fix="give --scratch a folder on a local disk that has room",
            ) from error

    def publish(self) -> None:
        """Copy the shard to the shared folder, each file in one step; what others wait for last."""
        self._shared.mkdir(parents=True, exist_ok=True)
        files = [f for f in self.folder.rglob("*") if f.is_file() and not _left_out(f)]
        for file in sorted(files, key=_when):
            target = self._shared / file.relative_to(self.folder)
            if _same(file, target):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            aside = target.with_name(target.name + ".tmp")
            shutil.copyfile(file, aside)
            shutil.copystat(file, aside)
            os.replace(aside, target)
        self._remember()

    def _goes_on(self) -> bool:
        """Whether the shard lies here and nobody has copied a later state of it since."""
        journal = self.folder / JOURNAL_FILE
        if not journal.exists():
            return False
        if FolderLock(self.folder).is_held():
            return True  # whoever opens it is told so
        known = self._seen.read_text(encoding="utf-8") if self._seen.exists() else None
        return known == self._stamp() or _same(journal, self._shared / JOURNAL_FILE)

    def _remember(self) -> None:
        self._seen.write_text(self._stamp(), encoding="utf-8")

    def _stamp(self) -> str:
        """Which state of the shard lies in the shared folder; "" = none."""
        try:
            found = (self._shared / JOURNAL_FILE).stat()
        except OSError:
            return ""
        return f"{found.st_size} {found.st_mtime_ns}"


def host_of(home: Path, shard: Shard) -> str:
    """The machine whose scratch folder has the shard; "" = none."""
    try:
        return (home / f"{shard.name}.host").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _left_out(file: Path) -> bool:
    return file.name.endswith(_LEFT_OUT)


def _when(file: Path) -> int:
    """Journal first, then the files of rounds, run.json (whose state says finished) at the end."""
    kept = round_file(file.parent, 1).name.removeprefix("round-1")
    return 3 if file.name == RUN_FILE else 2 if file.name.endswith(kept) else 1


def _same(file: Path, other: Path) -> bool:
    try:
        one, two = file.stat(), other.stat()
    except OSError:
        return False
    return (one.st_size, one.st_mtime_ns) == (two.st_size, two.st_mtime_ns)
