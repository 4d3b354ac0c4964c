"""How hard to press an endpoint: slots that adapt, and limits per minute.

Nothing here speaks HTTP; `endpoint.py` tells it what happened. Times are seconds of `clock`.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dramaturg.models.shared_limits import SharedLimits

Clock = Callable[[], float]

PRESSED = 0.2  # share of a window's replies that are 429/503/time-outs above which we halve
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

    Begins at `start` (default: `maximum` up to 256, else half of it), grows by a request a reply
    (so it doubles each round) while all slots are in use and latency holds, halves when more than
    a fifth of a window's replies are 429, 503 or time-outs, and from then on grows slowly. Never
    below 1 nor above `maximum`.

    Attributes:
        limit: Requests that may be out now.
        shared: The limit of all runs on this machine, where this one shares it.
        in_flight: Requests that are out.
        freed: Called when a slot is free and nobody here waits for it.
    """

    def __init__(
        self,
        maximum: int,
        *,
        start: int | None = None,
        window: MinuteWindow | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self.maximum = max(1, maximum)
        start = max(256, self.maximum // 2) if start is None else start
        self.limit = float(min(start, self.maximum))
        self.in_flight = 0
        self.window = window or MinuteWindow(clock=clock)
        self._clock = clock
        self._timer_at = 0.0
        self.halvings = 0
        self.freed: Callable[[], None] | None = None
        self.shared: SharedLimits | None = None
        self._waiting: deque[tuple[asyncio.Future[int], int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._epoch = 0  # what started before the last halving says nothing about the limit now
        self._new_window()
        self._latencies: list[float] = []
        self._recent = 0.0
        self._best: float | None = None
        self._slow = False

    @property
    def waiting(self) -> int:
        """Calls that wait for a slot."""
        return len(self._waiting)

    @property
    def held_for_s(self) -> float:
        """Seconds until a limit per minute lets the next call go; 0 if none stands in the way."""
        return max(0.0, self._timer_at - self._clock()) if self._waiting else 0.0

    @property
    def room(self) -> int:
        """Slots that a request could take at once."""
        if self._waiting or self.window.delay(0) > 0:
            return 0
        return int(self.limit) - self.in_flight

    @property
    def latency_s(self) -> float:
        """Median seconds of the last replies; 0 before the first."""
        return self._recent

    async def acquire(self, tokens: int = 0, *, first: bool = False) -> int:
        """Waits for a slot; the number to give to `succeeded` and `pressed`. First come, first
        served; `first` goes before all that wait."""
        if not self._waiting and self.in_flight < int(self.limit) and not self._delay(tokens):
            return self._take(tokens)
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        if first:
            self._waiting.appendleft((future, tokens))
        else:
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
        if self.shared is not None:
            self.shared.give()
        self._wake()

    def succeeded(self, epoch: int, seconds: float) -> None:
        """A reply came after so many seconds."""
        self._latencies.append(seconds)
        self._recent = self._recent or seconds
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
            median = self._recent = statistics.median(self._latencies)
            self._latencies.clear()
            # The best is forgotten slowly: work changes, and longer replies are not pressure.
            self._best = median if self._best is None else min(median, self._best * 1.005)
            self._slow = median > SLOWER * self._best

    def _delay(self, tokens: int) -> float:
        """Seconds until a request may start, as far as others are concerned. Where that is now,
        the shared limit has counted it already."""
        wait = self.window.delay(tokens)
        if wait > 0 or self.shared is None:
            return wait
        return self.shared.take(
            tokens, maximum=self.maximum, rpm=self.window.rpm, tpm=self.window.tpm
        )

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
            delay = self._delay(tokens)
            if delay > 0:
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = future.get_loop().call_later(delay, self._wake)
                self._timer_at = self._clock() + delay
                return
            self._waiting.popleft()
            future.set_result(self._take(tokens))
        if self.freed is not None and not self._waiting:
            self.freed()
