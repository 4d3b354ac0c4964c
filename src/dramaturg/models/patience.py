"""How long to wait for an endpoint: learnt time-outs, and a breaker for one that is down."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

from dramaturg.errors import BackendError
from dramaturg.models.pressure import Clock


class Patience:
    """How long to wait for a reply: learnt for each kind of work from the latencies seen.

    The user's time-out until 50 replies are known; then 2.5 times their 99th percentile, but at
    least `floor_s` and at most the user's. A call that timed out twice is given twice the time,
    and so on, so that truly slow replies are seen and counted; five time-outs in a row and all is
    forgotten. What is learnt holds for calls that are out already, so that a hang among the first
    is not waited for at the user's length.
    """

    def __init__(self, timeout_s: float, *, floor_s: float = 0.5, needed: int = 50) -> None:
        self.timeout_s, self.floor_s, self.needed = timeout_s, floor_s, needed
        self._seen: dict[str, deque[float]] = {}
        self._count: dict[str, int] = {}
        self._learnt: dict[str, float] = {}
        self._p99: dict[str, float] = {}
        self._p95: dict[str, float] = {}
        self._in_a_row: dict[str, int] = {}
        self._out: dict[str, dict[asyncio.Timeout, float]] = {}

    def timeout(self, work: str, timed_out: int = 0) -> float:
        """Seconds to wait for a reply to this kind of work after so many time-outs."""
        learnt = self._learnt.get(work, self.timeout_s)
        return min(self.timeout_s, float(learnt * 2 ** max(0, timed_out - 1)))

    def p99_s(self, work: str) -> float:
        """The 99th percentile of the seconds that this kind of work took; 0 = not known yet."""
        return self._p99.get(work, 0.0)

    def late_s(self, work: str) -> float | None:
        """Seconds after which a reply is later than 95 in 100; None = not known yet."""
        return self._p95.get(work)

    def within(self, work: str, timed_out: int = 0) -> _Within:
        """A block that ends in TimeoutError once patience is out."""
        return _Within(self._out.setdefault(work, {}), self.timeout(work, timed_out))

    def saw(self, work: str, seconds: float) -> None:
        """A reply took so long."""
        self._in_a_row[work] = 0
        seen = self._seen.setdefault(work, deque(maxlen=500))
        seen.append(seconds)
        count = self._count[work] = self._count.get(work, 0) + 1
        if count >= self.needed and count % 25 == 0:
            ordered = sorted(seen)
            p99 = ordered[min(len(seen) - 1, int(len(seen) * 0.99))]
            self._p99[work], self._p95[work] = p99, ordered[int(len(seen) * 0.95)]
            limit = self._learnt[work] = max(self.floor_s, 2.5 * p99)
            if count < self.needed + 25:
                for deadline, begun in self._out.get(work, {}).items():
                    when = deadline.when()
                    if when is not None and begun + limit < when and not deadline.expired():
                        deadline.reschedule(begun + limit)

    def struck(self, work: str) -> None:
        """No reply came in time. (Its length is unknown: counting the limit would let the limit
        feed on itself.)"""
        self._in_a_row[work] = self._in_a_row.get(work, 0) + 1
        if self._in_a_row[work] >= 5:
            for known in (self._seen, self._count, self._learnt, self._p99, self._p95):
                known.pop(work, None)


class _Within:
    """An asyncio.timeout that stands in a register while it runs."""

    __slots__ = ("_deadline", "_out", "_seconds")

    def __init__(self, out: dict[asyncio.Timeout, float], seconds: float) -> None:
        self._out, self._seconds = out, seconds

    async def __aenter__(self) -> None:
        now = asyncio.get_running_loop().time()
        self._deadline = asyncio.timeout_at(now + self._seconds)
        await self._deadline.__aenter__()
        self._out[self._deadline] = now

    async def __aexit__(self, *error: Any) -> None:
        del self._out[self._deadline]
        await self._deadline.__aexit__(*error)


class Breaker:
    """Stops trying an endpoint that cannot be reached.

    Opens after `after` failures to connect in a row, once they last `patience_s` (at once if the
    endpoint never answered); then one call in `probe_s` seconds may try again.

    Attributes:
        down_since: Wall-clock time of the first failure in this row, or None.
    """

    def __init__(
        self,
        *,
        after: int = 8,
        patience_s: float = 10.0,
        probe_s: float = 5.0,
        clock: Clock = time.monotonic,
    ) -> None:
        self.after, self.patience_s, self.probe_s = after, patience_s, probe_s
        self.down_since: float | None = None
        self._clock = clock
        self._failures = 0
        self._first = 0.0
        self._ever_up = False
        self._next_probe = 0.0
        self._told = False

    @property
    def ever_up(self) -> bool:
        """Whether the endpoint ever answered."""
        return self._ever_up

    @property
    def failing(self) -> bool:
        """Whether the last try to connect failed."""
        return self._failures > 0

    @property
    def due(self) -> bool:
        """Whether it is time to try again an endpoint that fails."""
        return self._clock() >= self._next_probe

    @property
    def since(self) -> str:
        """The time of day of the first failure in this row."""
        return time.strftime("%H:%M:%S", time.localtime(self.down_since or time.time()))

    @property
    def lasted_s(self) -> float:
        """Seconds since the first failure in this row."""
        return self._clock() - self._first if self.failing else 0.0

    @property
    def open(self) -> bool:
        """Whether the endpoint counts as down."""
        if self._failures < self.after:
            return False
        return not self._ever_up or self._clock() - self._first >= self.patience_s

    def may_try(self) -> bool:
        """Whether a call may go out: always while closed, once in a while when open."""
        if not self.open:
            return True
        if self._clock() < self._next_probe:
            return False
        self._next_probe = self._clock() + self.probe_s
        return True

    def connected(self) -> None:
        """Any answer came."""
        self._ever_up = True
        self._failures = 0
        self._told = False
        self.down_since = None

    def failed(self) -> bool:
        """A connection failed; whether the breaker opened by it."""
        if self._failures == 0:
            self._first = self._clock()
            self.down_since = time.time()
        self._failures += 1
        pause = min(self.probe_s, 0.25 * 2**self._failures)
        self._next_probe = self._clock() + (self.probe_s if self.open else pause)
        if not self.open:
            return False
        told, self._told = self._told, True
        return not told

    def error(self, address: str, last: str) -> BackendError:
        """What is down, since when, and what to do."""
        return BackendError(
            f"{address} is down since {self.since}, for {self.lasted_s:.0f} s",
            why=f"{self._failures} connections failed in a row; the last: {last}",
            fix="start the server or mend the network, then run the same command again: it resumes",
            retryable=True,
            kind="connection",
        )
