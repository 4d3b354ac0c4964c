"""One limit for all runs on a machine that ask the same endpoint with the same key.

Each process has a row in a small file that all map into memory: how many of its requests are out,
and whether it wants more. A lock of the kernel on a file of its own says that the process lives; a
row whose lock is free belongs to nobody, so a kill gives everything back. The rows are read and a
request is entered under one lock, held for some microseconds; nobody waits for it in the event
loop. Where a process must wait it looks again after a moment.

Fair: while another process waits, none takes more than its equal part of the slots, nor runs ahead
of it in requests a minute.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import mmap
import os
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from dramaturg.errors import UserError

_LOOK_S = 0.02  # between two looks for room
_LONGEST_S = 0.25  # the longest wait between two looks
_BUSY_S = 0.002  # another process is just at it
_FRESH_S = 1.0  # who waits says so again at each look; older words do not count
_REAP_S = 0.25  # between two looks for dead processes
_RECENT_S = 20.0  # over which it counts who had how much of a limit a minute
_SECONDS = 61  # a started second and the sixty before it: never too few

_HEAD = struct.Struct("=8sddq")  # magic, nothing before this time, last entry at, rows used
_MAGIC = b"drmtlim2"
_SECOND = struct.Struct("=qqq")  # second, requests, tokens started in it
_ROW = struct.Struct("=qqddddd")  # see _Row
_ROWS = 512
_SECONDS_AT = 64
_ROWS_AT = _SECONDS_AT + _SECONDS * _SECOND.size
_SIZE = _ROWS_AT + _ROWS * _ROW.size


class _Row(NamedTuple):
    """One process: its requests that are out, whether it wants more and when it said so, how many
    it started of late and when that was counted, and the limits that it was given (0 = none)."""

    in_flight: int
    maximum: int
    wanted_at: float
    recent: float
    recent_at: float
    rpm: float
    tpm: float


class SharedLimits:
    """This process's part in the limit of an endpoint; `shared_limits` gives it out.

    Args:
        file: The file that the processes share.

    Raises:
        UserError: If it cannot be used.
    """

    def __init__(self, file: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.file = file
        self._clock = clock  # of the machine, the same for all processes
        self._guard = threading.Lock()
        self._row = -1
        self._pid = 0
        self._alive: IO[bytes] | None = None
        self._reaped_at = -math.inf
        try:
            descriptor = self._open()
            with self._locked(wait=True):
                if os.fstat(descriptor).st_size < _SIZE:
                    os.ftruncate(descriptor, _SIZE)
                self._map = mmap.mmap(descriptor, _SIZE)
                if self._map[: len(_MAGIC)] != _MAGIC:
                    self._map[:] = bytes(_SIZE)
                    _HEAD.pack_into(self._map, 0, _MAGIC, 0.0, 0.0, 0)
        except OSError as error:
            raise UserError(
                f"the shared limit in {file.parent} cannot be used",
                why=str(error),
                fix="give --share-limits another name, or a folder on a local disk",
            ) from error

    def take(self, tokens: int, *, maximum: int, rpm: int | None, tpm: int | None) -> float:
        """Enter a request that starts now.

        Args:
            maximum: The most requests of all processes together; of what they were given, the
                least counts, here and below.
            rpm, tpm: Requests and tokens a minute of all together.

        Returns:
            0 = it may start, and `give` says when it is over; else seconds until to ask again.
        """
        with self._guard, self._locked() as mine:
            if not mine:
                return _BUSY_S
            now = self._clock()
            self._attend(now)
            row = self._get(self._row)
            row = row._replace(maximum=maximum, rpm=float(rpm or 0), tpm=float(tpm or 0))
            wait = self._wait(row, tokens, now)
            if wait > 0:
                self._put(self._row, row._replace(wanted_at=now))
                return wait
            recent = _faded(row, now) + 1
            self._put(
                self._row,
                row._replace(
                    in_flight=row.in_flight + 1, wanted_at=0.0, recent=recent, recent_at=now
                ),
            )
            self._start(tokens, now)
            return 0.0

    def give(self) -> None:
        """A request is over. (Only its own process writes a row: no lock is needed.)"""
        with self._guard:
            if self._row >= 0 and self._pid == os.getpid():
                row = self._get(self._row)
                self._put(self._row, row._replace(in_flight=max(0, row.in_flight - 1)))

    def hold(self, seconds: float) -> None:
        """Nobody starts anything for so long (at most a minute): the server has nothing left."""
        with self._guard, self._locked(wait=True):
            _, until, last, used = _HEAD.unpack_from(self._map)
            until = max(until, self._clock() + min(seconds, 60.0))
            _HEAD.pack_into(self._map, 0, _MAGIC, until, last, used)

    @property
    def processes(self) -> int:
        """How many living processes have a part in it."""
        with self._guard, self._locked(wait=True):
            self._reap(self._clock(), at_once=True)
            return sum(1 for _ in self._living())

    def _open(self) -> int:
        """Open the file: a lock belongs to the opening, and a forked child needs one of its own."""
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._lock_file = os.fdopen(descriptor, "r+b", buffering=0)
        self._opened_by = os.getpid()
        return descriptor

    # Inside; everything below happens under the lock

    def _wait(self, row: _Row, tokens: int, now: float) -> float:
        """Seconds until a request may start; 0 = now."""
        self._reap(now)
        rows = dict(self._living())
        rows[self._row] = row
        maximum = min(one.maximum for one in rows.values() if one.maximum)
        out = sum(one.in_flight for one in rows.values())
        waiting = [
            one
            for number, one in rows.items()
            if number != self._row and now - one.wanted_at < _FRESH_S
        ]
        if out >= maximum:
            return _LOOK_S
        if waiting:
            busy = sum(
                one.in_flight > 0 or now - one.wanted_at < _FRESH_S or number == self._row
                for number, one in rows.items()
            )
            if row.in_flight >= math.ceil(maximum / busy):
                return _LOOK_S
        rpm = min((one.rpm for one in rows.values() if one.rpm), default=0.0)
        tpm = min((one.tpm for one in rows.values() if one.tpm), default=0.0)
        held_until = _HEAD.unpack_from(self._map)[1]
        wait = held_until - now
        if rpm or tpm:
            wait = max(wait, self._wait_for_minute(rpm, tpm, tokens, now))
            if wait <= 0 and waiting:
                least = min(_faded(one, now) for one in waiting)
                if _faded(row, now) > least + max(1.0, 0.02 * rpm):
                    return _LOOK_S
        return min(wait, _LONGEST_S) if wait > 0 else 0.0

    def _wait_for_minute(self, rpm: float, tpm: float, tokens: int, now: float) -> float:
        started = sorted(one for one in self._seconds(now) if one[1])
        requests = sum(count for _, count, _ in started)
        used = sum(size for _, _, size in started)
        over_requests = requests + 1 - rpm if rpm else 0
        over_tokens = used + tokens - tpm if tpm else 0
        wait = 0.0
        for second, count, size in started:
            if over_requests <= 0 and over_tokens <= 0:
                break
            wait = second + _SECONDS - now
            over_requests -= count
            over_tokens -= size
        return wait  # one that is larger than the limit starts when nothing else did for a minute

    def _seconds(self, now: float) -> Iterator[tuple[int, int, int]]:
        first = int(now) - _SECONDS + 1
        for place in range(_SECONDS):
            found = _SECOND.unpack_from(self._map, _SECONDS_AT + place * _SECOND.size)
            if found[0] >= first:
                yield found

    def _start(self, tokens: int, now: float) -> None:
        second = int(now)
        place = _SECONDS_AT + second % _SECONDS * _SECOND.size
        at, requests, used = _SECOND.unpack_from(self._map, place)
        if at != second:
            requests = used = 0
        _SECOND.pack_into(self._map, place, second, requests + 1, used + tokens)
        _, held_until, _, used_rows = _HEAD.unpack_from(self._map)
        _HEAD.pack_into(self._map, 0, _MAGIC, held_until, now, used_rows)

    def _attend(self, now: float) -> None:
        """Have a row of one's own; a forked child takes another than its parent's."""
        if self._row >= 0 and self._pid == os.getpid():
            return
        if _HEAD.unpack_from(self._map)[2] > now + 1:  # the machine was started anew
            self._map[_SECONDS_AT:] = bytes(_SIZE - _SECONDS_AT)
            _HEAD.pack_into(self._map, 0, _MAGIC, 0.0, 0.0, 0)
        self._reap(now, at_once=True)
        for number in range(_ROWS):
            file = _try_alive(self._alive_file(number))
            if file is not None:
                self._alive, self._row, self._pid = file, number, os.getpid()
                self._put(number, _Row(0, 0, 0.0, 0.0, now, 0.0, 0.0))
                _, until, last, used = _HEAD.unpack_from(self._map)
                _HEAD.pack_into(self._map, 0, _MAGIC, until, last, max(used, number + 1))
                return
        raise UserError(
            f"{_ROWS} processes share the limit in {self.file.parent} already",
            fix="give --share-limits another name",
        )

    def _reap(self, now: float, *, at_once: bool = False) -> None:
        """Rows of the dead become nobody's."""
        if not at_once and now - self._reaped_at < _REAP_S:
            return
        self._reaped_at = now
        for number, _ in list(self._living()):
            if number == self._row and self._pid == os.getpid():
                continue
            file = _try_alive(self._alive_file(number))
            if file is not None:
                self._put(number, _Row(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0))
                file.close()

    def _living(self) -> Iterator[tuple[int, _Row]]:
        for number in range(_HEAD.unpack_from(self._map)[3]):
            row = self._get(number)
            if row.recent_at:
                yield number, row

    def _get(self, number: int) -> _Row:
        return _Row(*_ROW.unpack_from(self._map, _ROWS_AT + number * _ROW.size))

    def _put(self, number: int, row: _Row) -> None:
        _ROW.pack_into(self._map, _ROWS_AT + number * _ROW.size, *row)

    def _alive_file(self, number: int) -> Path:
        return self.file.with_name(f"{self.file.name}.{number}")

    @contextlib.contextmanager
    def _locked(self, *, wait: bool = False) -> Iterator[bool]:
        """Within this block no other process is at the file; False = one is, and we are not."""
        import fcntl

        if self._opened_by != os.getpid():
            self._open()
        how = fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(self._lock_file, how)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)


def _faded(row: _Row, now: float) -> float:
    """How many requests a process started of late."""
    return row.recent * math.exp(-max(0.0, now - row.recent_at) / _RECENT_S)


def _try_alive(path: Path) -> IO[bytes] | None:
    """The file, locked, if nobody alive holds it."""
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    file = os.fdopen(descriptor, "r+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


_known: dict[Path, SharedLimits] = {}
_opening = threading.Lock()


def _in_a_forked_child() -> None:
    """Its copy of a parent's lock must not outlive the parent."""
    for one in _known.values():
        if one._alive is not None:
            one._alive.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_forked_child)


def shared_limits(name: str, address: str, key: str) -> SharedLimits:
    """The limit of an endpoint and key that all runs of this name share, on this machine.

    Runs of one process share one part in it.

    Args:
        name: A plain name, or a folder of a local disk.
        key: Used in a hash only; it is written nowhere.

    Raises:
        UserError: If the folder cannot be used, or the system has no such locks.
    """
    if sys.platform == "win32":
        raise UserError("--share-limits needs the file locks of Unix", fix="leave it out")
    folder = _folder(name)
    mark = hashlib.blake2b(f"{address}\n{key}".encode(), digest_size=12).hexdigest()
    file = folder / f"{mark}.limits"
    with _opening:
        if file not in _known:
            _known[file] = SharedLimits(file)
        return _known[file]


def _folder(name: str) -> Path:
    if os.sep in name or name.startswith("."):
        folder = Path(name).expanduser().resolve()
    elif not name.strip():
        raise UserError("--share-limits has no name", fix="e.g. --share-limits openai")
    else:
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        base = Path(runtime) if runtime and Path(runtime).is_dir() else None
        base = base / "dramaturg" if base else Path(tempfile.gettempdir(), f"dramaturg-{_user()}")
        folder = base / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != _user():
            raise PermissionError("it belongs to another user")
    except OSError as error:
        raise UserError(
            f"the folder {folder} of a shared limit cannot be used",
            why=str(error),
            fix="give --share-limits another name, or a folder of yours",
        ) from error
    return folder


def _user() -> int:
    return os.getuid()  # type: ignore[attr-defined,unused-ignore]
