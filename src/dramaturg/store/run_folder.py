"""A run is a folder: open or resume it, read it, find what is in it.

The journal is the truth. `run.json` says the same of the run as a whole to people and to other
tools, and is replaced in one step whenever the run's state changes.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.errors import RunFolderError, UserError
from dramaturg.records import Conversation, from_json
from dramaturg.store.fingerprint import differences, fingerprint, without_secrets
from dramaturg.store.journal import Journal
from dramaturg.store.lock import FolderLock

RUN_FILE = "run.json"
JOURNAL_FILE = "journal.sqlite"
_OURS = {RUN_FILE, JOURNAL_FILE}
_HARMLESS = {".lock", ".DS_Store", "Thumbs.db", RUN_FILE + ".tmp"}
_LIBRARIES = ("msgspec", "numpy", "pyarrow")


class RunFolder:
    """An open run folder; make one with `open` or `read`.

    Attributes:
        path: The folder.
        journal: Its journal.
        resumed: Whether the folder held this run already.
        arguments: The run's arguments, less every secret.
        fingerprint: Hash of the arguments that count.
    """

    def __init__(
        self, path: Path, journal: Journal, arguments: dict[str, Any], lock: FolderLock | None
    ) -> None:
        self.path = path
        self.journal = journal
        self.arguments = arguments
        self.fingerprint = fingerprint(arguments)
        self.resumed = False
        self._lock = lock
        self._info: dict[str, Any] = {}

    @classmethod
    def open(cls, out: str | Path, arguments: Mapping[str, Any], version: str) -> RunFolder:
        """Make the run folder `out`, or resume it when it holds the same run.

        Args:
            arguments: JSON values by name; `fingerprint.LEFT_OUT` lists those that do not count.
            version: The package's data version: it counts as an argument, so that a version that
                makes other rows does not go on with an older run.

        Raises:
            RunFolderError: If `out` is a file, holds other things, holds a run with other
                arguments (each is named), is damaged, or is held by another process.
        """
        path = Path(out)
        counted = {**without_secrets(arguments), "data_version": version}
        _check_place(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunFolderError(
                f"{path} cannot be made", why=str(error), fix="give another --out"
            ) from error
        lock = FolderLock(path)
        lock.acquire()
        try:
            journal = Journal(path / JOURNAL_FILE)
            try:
                folder = cls(path, journal, counted, lock)
                folder._begin()
            except BaseException:
                journal.close()
                raise
        except BaseException:
            lock.release()
            raise
        return folder

    @classmethod
    def read(cls, path: str | Path) -> RunFolder:
        """Open a run folder to read it, finished or running; nothing in it is changed.

        Raises:
            RunFolderError: If it is no run folder, or is damaged.
        """
        place = Path(path)
        if not is_run_folder(place):
            raise RunFolderError(
                f"{place} is not a run folder",
                why="there is no such folder" if not place.exists() else f"it has no {RUN_FILE}",
                fix="give the folder that `dramaturg run --out` named",
            )
        info = _read_info(place / RUN_FILE)
        journal = Journal(place / JOURNAL_FILE, read_only=True)
        folder = cls(place, journal, dict(info.get("arguments", {})), None)
        folder.resumed = True
        folder._info = info
        return folder

    @property
    def state(self) -> str:
        """ "running", "finished" or "stopped"; a run whose process died is "stopped"."""
        if self._lock is not None:
            return str(self._info.get("state", "stopped"))
        return state_of(self.path, self._info)

    @property
    def info(self) -> dict[str, Any]:
        """What run.json says."""
        return dict(self._info)

    def finish(self) -> None:
        """Say that the run is complete."""
        self._save("finished")

    def write_json(self, name: str, content: Any) -> Path:
        """Write one JSON file of the run in one step, e.g. report.json.

        Args:
            content: JSON values or records; a tuple as a key becomes its parts joined by " ".
        """
        text = json.dumps(_plain(content), indent=2, ensure_ascii=False) + "\n"
        write_atomically(self.path / name, text.encode("utf-8", "replace"))
        return self.path / name

    def close(self) -> None:
        """Commit, say "stopped" unless the run is finished, and let the folder go."""
        try:
            if self._lock is not None and self._info.get("state") == "running":
                self._save("stopped")
        finally:
            try:
                self.journal.close()
            finally:
                if self._lock is not None:
                    self._lock.release()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        try:
            self.close()
        except UserError:
            if kind is None:  # the first error is the one to tell
                raise

    def find(self, conversation: str) -> Conversation:
        """The conversation with this id, or whose id is the only one that begins so.

        Args:
            conversation: "c-0123456789abcdef", "c-0123" or "0123".

        Raises:
            UserError: If there is none, or more than one.
        """
        wanted = conversation.strip().encode("utf-8", "replace").decode()
        ids: list[str] = []
        for prefix in (wanted, f"c-{wanted}"):
            ids = ids or (self.journal.ids_starting("conversation", prefix) if wanted else [])
        if wanted in ids:
            ids = [wanted]
        if len(ids) != 1:
            some = ids or self.journal.ids_starting("conversation", "", 3)
            raise UserError(
                f"no conversation {wanted!r} in {self.path}"
                if not ids
                else f"{wanted!r} could be several conversations of {self.path}",
                why="" if some else "this run holds no conversation yet",
                fix=f"give one of these ids: {', '.join(some)}" if some else "",
            )
        body = self.journal.record("conversation", ids[0])
        assert body is not None
        return from_json(body, Conversation)

    def _begin(self) -> None:
        kept = self.journal.meta("arguments")
        if kept is None:
            if (self.path / RUN_FILE).exists():
                raise RunFolderError(
                    f"{self.path} has a {RUN_FILE}, and its journal is empty or gone",
                    why=f"{JOURNAL_FILE} holds every call and record of a run",
                    fix=f"restore {JOURNAL_FILE}, or give another --out",
                )
            self._begin_anew()
        elif fingerprint(json.loads(kept)) != self.fingerprint and self._unused():
            self._begin_anew()  # a run that was refused before its first call left nothing behind
        else:
            before = json.loads(kept)
            self._refuse_another_run(before)
            self.resumed = True
            self._info = {"created": self.journal.meta("created") or _now()}
        self._save("running")

    def _begin_anew(self) -> None:
        self._info = {"created": _now()}
        self.journal.remember("created", self._info["created"])
        self.journal.remember("arguments", json.dumps(self.arguments, sort_keys=True))
        self.journal.flush()

    def _unused(self) -> bool:
        """Whether no call was made here and nothing was kept: drops alone are no work."""
        kept = self.journal.kinds().keys() - {"drop"}
        return not kept and not self.journal.states()

    def _refuse_another_run(self, before: dict[str, Any]) -> None:
        if fingerprint(before) == self.fingerprint:
            return
        told = differences(before, self.arguments)
        raise RunFolderError(
            f"{self.path} holds a run with other arguments",
            why="; ".join(told),
            fix="give another --out to start a new run, or the same arguments to go on with it",
        )

    def _save(self, state: str, figures: Mapping[Any, Any] | None = None) -> None:
        calls = [
            {
                "role": role,
                "task": task,
                "calls": cost.calls,
                "tokens_in": cost.tokens_in,
                "tokens_out": cost.tokens_out,
                "seconds": round(cost.seconds, 3),
                "usd": round(cost.usd, 6),
            }
            for (role, task), cost in self.journal.totals().items()
        ]
        self._info = {
            "format": 1,
            "recipe": self.arguments.get("recipe", ""),
            "state": state,
            "created": self._info["created"],
            "updated": _now(),
            "fingerprint": self.fingerprint,
            "models": self.arguments.get("models", {}),
            "seed": dict(self.arguments.get("settings") or {}).get("seed"),
            "arguments": self.arguments,
            "versions": _versions(),
            "totals": {"calls": calls, "records": self.journal.kinds()},
        }
        if figures:
            self._info["totals"]["figures"] = _plain(figures)
        self.write_json(RUN_FILE, self._info)


def state_of(path: str | Path, info: Mapping[str, Any]) -> str:
    """The state of a run that is only read: what run.json says, unless its process died."""
    state = str(info.get("state", "stopped"))
    if state == "running" and not FolderLock(Path(path)).is_held():
        return "stopped"
    return state


def is_run_folder(path: str | Path) -> bool:
    """Whether the folder has the files of a run."""
    return (Path(path) / RUN_FILE).is_file() and (Path(path) / JOURNAL_FILE).is_file()


def latest(root: str | Path = ".") -> Path:
    """The newest run folder: in `root/runs`, in `root`, or `root` itself.

    Raises:
        UserError: If there is none.
    """
    base = Path(root)
    places = [base, *_folders(base / "runs"), *_folders(base)]
    runs = [place for place in places if is_run_folder(place)]
    if not runs:
        raise UserError(
            f"no run folder in {base.resolve()}",
            fix="name one, or make one with `dramaturg run`",
        )
    return max(runs, key=lambda place: (place / RUN_FILE).stat().st_mtime_ns)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a kill at any instant, sees the old or the new one.

    Raises:
        UserError: If it cannot be written, e.g. on a full disk.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written",
            why=str(error),
            fix="see that the disk has room and the folder can be written, then run the same "
            "command again: everything finished is kept",
        ) from error


def _folders(place: Path) -> list[Path]:
    try:
        return [entry for entry in place.iterdir() if entry.is_dir()]
    except OSError:
        return []


def _check_place(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise RunFolderError(f"{path} is a file, not a folder", fix="give another --out")
    if not path.is_dir():
        return
    try:
        names = {entry.name for entry in path.iterdir()}
    except OSError as error:
        raise RunFolderError(
            f"{path} cannot be read", why=str(error), fix="give another --out"
        ) from error
    strangers = sorted(names - _HARMLESS)
    if strangers and not names & _OURS:
        shown = ", ".join(strangers[:3]) + (", ..." if len(strangers) > 3 else "")
        raise RunFolderError(
            f"{path} is not empty and is not a run folder",
            why=f"it holds {shown}",
            fix="give an --out that is empty or does not exist yet; nothing was changed",
        )
    if RUN_FILE in names:
        _read_info(path / RUN_FILE)


def _read_info(file: Path) -> dict[str, Any]:
    try:
        info = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(info, dict) or "fingerprint" not in info:
            raise ValueError("it lacks what Dramaturg writes")
    except (OSError, ValueError) as error:
        raise RunFolderError(
            f"{file} is not of a run of Dramaturg, or is damaged",
            why=str(error),
            fix="give another --out; nothing was changed",
        ) from error
    return info


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            " ".join(map(str, key)) if isinstance(key, tuple) else str(key): _plain(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return msgspec.to_builtins(value, enc_hook=str)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("dramaturg", *_LIBRARIES):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
