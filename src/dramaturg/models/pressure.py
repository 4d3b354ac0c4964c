"""How hard to press an endpoint: slots that adapt, minute limits, patience, a circuit breaker.

Nothing here speaks HTTP; `endpoint.py` tells it what happened. Times are seconds of `clock`.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import deque
from collections.abc import Callable

from dramaturg.errors import BackendError

Clock = Callable[[], float]

PRESSED = 0.1  # share of a window's replies that are 429/503/time-outs above which we halve
SLOWER = 1.6  # a window's median latency over the best one above which we stop growing
WINDOW = 20  # replies in the smallest window


class MinuteWindow:
    """Requests and tokens started in the last 60 seconds, and how long the next must wait.

    Attributes:
        rpm, tpm: Limits per minute, None = none known.
    """

    def __init__(
        self, rpm: int | None = None, tpm: int | None = None, *, clock: Clock = time.monotonic
    ) -> None:
        self.rpm, self.tpm = rpm, tpm
        self._clock = clock
        self._started: deque[tuple[float, int]] = deque()
        self._tokens = 0
        self._held_until = 0.0

    def hold(self, seconds: float) -> None:
        """Start nothing for so long (at most a minute): the server says that nothing is left."""
        self._held_until = max(self._held_until, self._clock() + min(seconds, 60.0))

    def delay(self, tokens: int) -> float:
        """Seconds until a request of so many tokens may start; 0 = now.

        A request larger than the whole limit starts when nothing else was started for a minute.
        """
        now = self._clock()
        started = self._started
        while started and started[0][0] <= now - 60.0:
            self._tokens -= started.popleft()[1]
        wait = max(0.0, self._held_until - now)
        if not started:
            return wait
        if self.rpm is not None and len(started) >= self.rpm:
            wait = max(wait, started[len(started) - self.rpm][0] + 60.0 - now)
        if self.tpm is not None and self._tokens + tokens > self.tpm:
            over = self._tokens + tokens - self.tpm
            for at, used in started:
                wait_here = at + 60.0 - now
                over -= used
                if over <= 0:
                    break
            wait = max(wait, wait_here)
        return wait

    def book(self, tokens: int) -> None:
        """A request started."""
        if self.rpm is not None or self.tpm is not None:
            self._started.append((self._clock(), tokens))
            self._tokens += tokens


class AdaptiveLimiter:
    """So many requests at a time as the endpoint bears.

    Begins at `start`, grows by a request a reply (so it doubles each round) while all slots are in
    use and latency holds, halves when more than a tenth of a window's replies are 429, 503 or
    time-outs, and from then on grows slowly. Never below 1 nor above `maximum`.

    Attributes:
        limit: Requests that may be out now.
        in_flight: Requests that are out.
    """

    def __init__(
        self,
        maximum: int,
        *,
        start: int = 32,
        window: MinuteWindow | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self.maximum = max(1, maximum)
        self.limit = float(min(start, self.maximum))
        self.in_flight = 0
        self.window = window or MinuteWindow(clock=clock)
        self.halvings = 0
        self._waiting: deque[tuple[asyncio.Future[int], int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._epoch = 0  # what started before the last halving says nothing about the limit now
        self._new_window()
        self._latencies: list[float] = []
        self._best: float | None = None
        self._slow = False

    @property
    def waiting(self) -> int:
        """Calls that wait for a slot."""
        return len(self._waiting)

    async def acquire(self, tokens: int = 0) -> int:
        """Waits for a slot; the number to give to `succeeded` and `pressed`. First come, first
        served."""
        if not self._waiting and self.in_flight < int(self.limit) and not self.window.delay(tokens):
            return self._take(tokens)
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, tokens))
        self._wake()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self.release()  # the slot was given in the very moment of the cancellation
            raise

    def release(self) -> None:
        """Gives a slot back."""
        self.in_flight -= 1
        self._wake()

    def succeeded(self, epoch: int, seconds: float) -> None:
        """A reply came after so many seconds."""
        self._latencies.append(seconds)
        if epoch != self._epoch:
            return
        busy = self.in_flight + 1 >= int(self.limit)  # the replied one may have been given back
        if busy and not self._slow and self.limit < self.maximum:
            step = 1.0 if self.halvings == 0 else 4.0 / self.limit
            self.limit = min(float(self.maximum), self.limit + step)
            self._wake()
        self._count()

    def pressed(self, epoch: int) -> None:
        """The server said 429 or 503, or did not answer in time."""
        if epoch != self._epoch:
            return
        self._pressed += 1
        if self._pressed > PRESSED * self._size:
            self.limit = max(1.0, self.limit / 2)
            self.halvings += 1
            self._epoch += 1
            self._new_window()
            return
        self._count()

    def fail_waiting(self, make: Callable[[], BaseException]) -> None:
        """Every call that waits for a slot fails with an error of its own."""
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_exception(make())

    def _new_window(self) -> None:
        self._seen = self._pressed = 0
        self._size = max(WINDOW, int(self.limit))  # fixed now: the limit may outgrow a window

    def _count(self) -> None:
        self._seen += 1
        if self._seen < self._size:
            return
        self._new_window()
        if self._latencies:
            median = statistics.median(self._latencies)
            self._latencies.clear()
            # The best is forgotten slowly: work changes, and longer replies are not pressure.
            self._best = median if self._best is None else min(median, self._best * 1.005)
            self._slow = median > SLOWER * self._best

    def _take(self, tokens: int) -> int:
        self.in_flight += 1
        self.window.book(tokens)
        return self._epoch

    def _wake(self) -> None:
        while self._waiting and self.in_flight < int(self.limit):
            future, tokens = self._waiting[0]
            if future.done():
                self._waiting.popleft()
                continue
            delay = self.window.delay(tokens)
            if delay > 0:
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = future.get_loop().call_later(delay, self._wake)
                return
            self._waiting.popleft()
            future.set_result(self._take(tokens))


class Patience:
    """How long to wait for a reply: learnt for each kind of work from the latencies seen.

    The user's time-out until 50 replies are known; then three times their 99th percentile, but
    at least `floor_s` and at most the user's. A call that timed out is given twice the time, so
    that truly slow replies are seen and counted; five time-outs in a row and all is forgotten.
    """

    def __init__(self, timeout_s: float, *, floor_s: float = 1.0, needed: int = 50) -> None:
        self.timeout_s, self.floor_s, self.needed = timeout_s, floor_s, needed
        self._seen: dict[str, deque[float]] = {}
        self._count: dict[str, int] = {}
        self._learnt: dict[str, float] = {}
        self._in_a_row: dict[str, int] = {}

    def timeout(self, work: str, timed_out: int = 0) -> float:
        """Seconds to wait for a reply to this kind of work after so many time-outs."""
        learnt = self._learnt.get(work, self.timeout_s)
        return min(self.timeout_s, float(learnt * 2**timed_out))

    def saw(self, work: str, seconds: float) -> None:
        """A reply took so long."""
        self._in_a_row[work] = 0
        seen = self._seen.setdefault(work, deque(maxlen=500))
        seen.append(seconds)
        count = self._count[work] = self._count.get(work, 0) + 1
        if count >= self.needed and count % 25 == 0:
            p99 = sorted(seen)[min(len(seen) - 1, int(len(seen) * 0.99))]
            self._learnt[work] = max(self.floor_s, 3 * p99)

    def struck(self, work: str) -> None:
        """No reply came in time. (Its length is unknown: counting the limit would let the limit
        feed on itself.)"""
        self._in_a_row[work] = self._in_a_row.get(work, 0) + 1
        if self._in_a_row[work] >= 5:
            for known in (self._seen, self._count, self._learnt):
                known.pop(work, None)


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
        if not self.open:
            return False
        self._next_probe = self._clock() + self.probe_s
        told, self._told = self._told, True
        return not told

    def error(self, address: str, last: str) -> BackendError:
        """What is down, since when, and what to do."""
        since = time.strftime("%H:%M:%S", time.localtime(self.down_since or time.time()))
        return BackendError(
            f"{address} is down since {since}",
            why=f"{self._failures} connections failed in a row; the last: {last}",
            fix="start the server or mend the network, then run the same command again: it resumes",
            retryable=True,
            kind="connection",
        )
