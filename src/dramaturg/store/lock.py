"""One process a folder: a lock that the system gives back when its holder dies."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import IO

from dramaturg.errors import RunFolderError

_FAR = 1 << 30  # where Windows locks a byte, so that the holder's name can be read


class FolderLock:
    """Holds `folder/.lock` from `acquire` to `release`, or until the process dies.

    The file stays behind; what counts is the system's lock on it, so a dead holder blocks nobody.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            RunFolderError: If another process holds it, naming that process, or if the lock
                file cannot be written.
        """
        try:
            file = self.path.open("a+", encoding="utf-8")
        except OSError as error:
            raise RunFolderError(
                f"{self.path.parent} cannot be written", why=str(error), fix="give another --out"
            ) from error
        try:
            if not _take(file):
                raise self._held(file)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        file.truncate()
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "start": int(time.time())}
        with contextlib.suppress(OSError):  # a full disk: the lock holds without its name
            file.write(json.dumps(holder) + "\n")
            file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back; nothing if it is not held."""
        if self._file is None:
            return
        file, self._file = self._file, None
        with contextlib.suppress(OSError):
            file.close()

    def is_held(self) -> bool:
        """Whether a living process holds it, this one included."""
        if self._file is not None:
            return True
        try:
            with self.path.open("r+", encoding="utf-8") as file:
                return not _take(file)
        except OSError:
            return False

    def _held(self, file: IO[str]) -> RunFolderError:
        try:
            file.seek(0)
            holder = json.loads(file.read())
            since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(holder["start"]))
            who = f"process {holder['pid']} on {holder['host']} has held it since {since}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "another process holds it"
        return RunFolderError(
            f"{self.path.parent} is in use",
            why=who,
            fix="wait for it or stop it, or give another --out",
        )


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> bool:
        file.seek(_FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(file: IO[str]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise RunFolderError(
                f"{Path(file.name).parent} cannot be locked",
                why=f"its file system does not support locks ({error})",
                fix="give an --out on a local disk",
            ) from error
        return True
