"""One HTTP endpoint: a pooled session, retries by class of failure, and pressure kept right.

A request holds a slot only while it is out: a call that waits for its next try lets others work.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.request import getproxies

import aiohttp
from yarl import URL

from dramaturg.errors import BackendError
from dramaturg.models import failures
from dramaturg.models.failures import Problem, Where
from dramaturg.models.gate import stopped_by_user
from dramaturg.models.headers import read_duration, retry_after
from dramaturg.models.held import release_when_kept
from dramaturg.models.patience import Breaker, Patience
from dramaturg.models.pressure import AdaptiveLimiter, MinuteWindow
from dramaturg.models.stream import read_body
from dramaturg.models.wire import BrokenBody

T = TypeVar("T")

_LONGEST_PAUSE_S = 60.0
_CONNECT_S = 10.0
_LOOK_S = 1.0  # between two looks whether a reply is late, where that is not known yet
_MOST_CHANGES = 8  # parameters that a server may refuse in one call
_FIRST_PAUSE_S = {"rate limit": 1.0, "server": 0.5, "connection": 0.5}


class _Failed(Exception):
    def __init__(
        self, error: BackendError, *, status: int = 0, problem: Problem | None = None,
        wait_s: float | None = None,
    ) -> None:  # fmt: skip
        self.error, self.status, self.problem, self.wait_s = error, status, problem, wait_s


class Endpoint:
    """Sends requests and returns what they decode to.

    Args:
        timeout_s: The longest wait for one reply, > 0.
        max_in_flight: The most requests at a time, >= 1.
        tries: How often a call is sent at most; refusals for the rate (429) have four times that.
        rpm, tpm: Limits per minute; where None, learnt from the server's headers.
        share: Name of the limits that all runs on this machine share; None = they are its own.

    Attributes:
        retries: How often each kind of failure was tried again.
        leave: Raise every failure at once, with the wait that was asked for as `wait_s`: another
            endpoint takes the call.
        unanswered: Requests that were sent and given up; the server may charge for them.
        stopped: Whether nothing more is to be sent.
        hedge: Ask a second time where a reply is late, and take whichever comes first.
        longest_wait: The longest wait for a reply so far, as a multiple of the 99th percentile
            that was known when it ended; 0 while none was known.
    """

    def __init__(
        self,
        where: Where,
        base_url: str,
        headers: Mapping[str, str],
        *,
        timeout_s: float,
        max_in_flight: int,
        tries: int = 5,
        rpm: int | None = None,
        tpm: int | None = None,
        hedge: bool = False,
        share: str | None = None,
    ) -> None:
        self.where = where
        self.base_url = base_url.rstrip("/")
        self.tries = tries
        self.retries: dict[str, int] = {}
        self.limiter = AdaptiveLimiter(max_in_flight, window=MinuteWindow(rpm, tpm))
        if share is not None:
            from dramaturg.models.shared_limits import shared_limits

            key = headers.get("Authorization", "")
            self.limiter.shared = shared_limits(share, self.base_url, key)
        self.patience = Patience(timeout_s)
        self.breaker = Breaker()
        self.leave = False
        self.hedge = hedge
        self.hedged = self.unanswered = 0
        self.stopped = False
        self.longest_wait = 0.0
        self._learn_rpm, self._learn_tpm = rpm is None, tpm is None
        self._headers = dict(headers)
        self._urls: dict[str, URL] = {}
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sleepers: dict[asyncio.Future[None], tuple[str, float]] = {}

    @property
    def paused(self) -> int:
        """Calls that wait for their next try now."""
        return len(self._sleepers)

    @property
    def usable(self) -> bool:
        """Whether a call may go there: it answers, or it is time to see if it does again."""
        if not self.breaker.failing:
            return True
        return self.breaker.due and not self.limiter.in_flight

    def waiting_for(self) -> list[str]:
        """What calls wait for, in words; nothing where all that is out is an ordinary reply."""
        said = []
        if self.breaker.open:
            said.append(
                f"{self.where.address} is down for {self.breaker.lasted_s:.0f} s, "
                f"tried every {self.breaker.probe_s:g} s"
            )
        if self._sleepers:
            why = Counter(kind for kind, _ in self._sleepers.values())
            soonest = min(at for _, at in self._sleepers.values())
            kinds = ", ".join(f"{kind} {count}" for kind, count in why.most_common())
            in_s = max(0.0, soonest - time.monotonic())
            said.append(f"{len(self._sleepers)} to be tried again ({kinds}), next in {in_s:.1f} s")
        if self.limiter.shared is not None and self.limiter.waiting:
            said.append(f"{self.limiter.waiting} wait for their part of a shared limit")
        elif self.limiter.held_for_s > 0:
            said.append(
                f"{self.limiter.waiting} wait for the limit a minute, next in "
                f"{self.limiter.held_for_s:.0f} s"
            )
        elif self.limiter.waiting and self.limiter.limit < self.limiter.maximum:
            said.append(f"{self.limiter.waiting} wait for one of {int(self.limiter.limit)} slots")
        return said

    async def post(
        self,
        path: str,
        build: Callable[[], bytes],
        decode: Callable[[bytes], T],
        *,
        work: str,
        tokens: int = 0,
        seed: int = 0,
        adapt: Callable[[Problem], bool] = lambda problem: False,
    ) -> tuple[T, float]:
        """What the reply decodes to, and the seconds that it took.

        Args:
            build: The body; called again for every try.
            decode: Raises BrokenBody on what is no reply.
            work: Kind of work; time-outs are learnt for each.
            tokens: Estimate, for a limit on tokens per minute.
            adapt: Given a refusal, changes what `build` builds; True = send again at once.

        Raises:
            BackendError: If there is no reply to be had; every wait is bounded.
        """
        failed = refused = timed_out = adapted = 0
        while True:
            try:
                attempt = self._hedged if self.hedge else self._attempt
                return await attempt(path, build, decode, work, tokens, timed_out)
            except _Failed as failure:
                error = failure.error
                if failure.problem and failure.status in (400, 422) and adapted < _MOST_CHANGES:
                    adapted += 1
                    if adapt(failure.problem):
                        continue
                if error.kind == "rate limit":
                    refused += 1
                else:
                    failed += 1
                timed_out += error.kind == "timeout"
                tried = failed + refused
                absent = error.kind == "connection" and not self.breaker.ever_up
                most = min(2, self.tries) if absent else self.tries
                if self.leave and error.retryable:
                    error.wait_s = failure.wait_s
                    raise self._final(error, tried) from None
                if not error.retryable or failed >= most or refused >= 4 * self.tries:
                    raise self._final(error, tried) from None
                pause = self._pause(failure, tried, seed)
                if pause > 2 * _LONGEST_PAUSE_S:
                    error.why += f"; it asks us to wait {pause:.0f} s"
                    raise self._final(error, tried) from None
                self.retries[error.kind] = self.retries.get(error.kind, 0) + 1
            await self._sleep(pause, error.kind)

    def stop(self) -> None:
        """Send nothing more: calls that wait for a slot or their next try end with Interrupted."""
        self.stopped = True
        self.limiter.fail_waiting(stopped_by_user)
        for future in list(self._sleepers):
            if not future.done():
                future.set_exception(stopped_by_user())

    async def get(self, path: str, *, timeout_s: float = 5.0) -> bytes:
        """The body of a small request, tried once. Raises BackendError."""
        session = self._open()
        url = self.base_url + path
        try:
            limit = aiohttp.ClientTimeout(total=timeout_s)
            async with session.get(url, timeout=limit, allow_redirects=False) as response:
                body = await response.read()
                if response.status != 200:
                    raise failures.status_error(
                        self.where, response.status, failures.read_problem(body)
                    )
                return body
        except TimeoutError:
            raise failures.timeout_error(self.where, timeout_s, timeout_s) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise failures.connection_error(self.where, error) from None

    async def aclose(self) -> None:
        """Closes the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _attempt(
        self, path: str, build: Callable[[], bytes], decode: Callable[[bytes], T],
        work: str, tokens: int, timed_out: int, sent: list[float] | None = None,
        first: bool = False,
    ) -> tuple[T, float]:  # fmt: skip
        """One request. `sent` is given the time when it has its slot; `first` goes before all
        that wait for one."""
        if self.stopped:
            raise stopped_by_user()
        if self.breaker.open and not self.breaker.may_try():
            raise self.breaker.error(self.where.address, "no connection")
        body = build()
        epoch = await self.limiter.acquire(tokens, first=first)
        started = time.perf_counter()
        if sent is not None:
            sent.append(started)
        release: Callable[[Callable[[], None]], None] = _at_once
        try:
            async with self.patience.within(work, timed_out):
                status, headers, data = await self._send(path, body)
            seconds = time.perf_counter() - started
            if status != 200:
                if status in failures.PRESSURE:
                    self.limiter.pressed(epoch)
                raise self._refusal(status, headers, data)
            if failures.is_html(data):
                raise _Failed(failures.not_an_endpoint(self.where, status))
            try:
                value = decode(data)
            except BrokenBody as error:
                raise _Failed(failures.broken_error(self.where, str(error))) from None
            self.patience.saw(work, seconds)
            self.limiter.succeeded(epoch, seconds)
            release = release_when_kept
            return value, seconds
        except asyncio.CancelledError:
            self.unanswered += 1
            raise
        except TimeoutError:
            self.unanswered += 1
            self.limiter.pressed(epoch)
            self.patience.struck(work)
            waited = time.perf_counter() - started
            late = failures.timeout_error(self.where, waited, self.patience.timeout_s)
            raise _Failed(late) from None
        finally:
            if p99 := self.patience.p99_s(work):
                waited = (time.perf_counter() - started) / p99
                self.longest_wait = max(self.longest_wait, waited)
            release(self.limiter.release)

    async def _hedged(
        self, path: str, build: Callable[[], bytes], decode: Callable[[bytes], T],
        work: str, tokens: int, timed_out: int,
    ) -> tuple[T, float]:  # fmt: skip
        """An attempt, and a second one once the first is later than 95 in 100 replies; whichever
        is answered first counts and the other is cut off. It takes the next slot that is free."""

        sent: list[float] = []

        def attempt(first: bool) -> asyncio.Task[tuple[T, float]]:
            return asyncio.create_task(
                self._attempt(path, build, decode, work, tokens, timed_out, sent, first)
            )

        out = {attempt(False)}
        try:
            done: set[asyncio.Task[tuple[T, float]]] = set()
            while not done:
                late_s = self.patience.late_s(work)
                done, _ = await asyncio.wait(out, timeout=(late_s or _LOOK_S) / 4)
                if not done and late_s and sent and time.perf_counter() - sent[0] >= late_s:
                    self.hedged += 1
                    out.add(attempt(True))
                    break
            waiting = set(out)
            while True:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                good = [task for task in done if task.exception() is None]
                if good or not waiting:
                    return (good or list(done))[0].result()
        finally:
            for task in out:
                task.cancel()
            await asyncio.gather(*out, return_exceptions=True)

    async def _send(self, path: str, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        session = self._open()
        try:
            async with session.post(
                self._url(path),
                data=body,
                allow_redirects=False,
            ) as response:
                self.breaker.connected()
                if "x-ratelimit-limit-requests" in response.headers:
                    self._learn(response.headers)
                return response.status, response.headers, await read_body(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            found = failures.connection_error(self.where, error)
            if self.breaker.failed():
                self._all_fail(found.why)
            raise _Failed(found) from None
        except TimeoutError:
            raise
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            found = failures.connection_error(self.where, error)
            found.retryable = False
            raise _Failed(found) from None
        except (aiohttp.ClientError, OSError) as error:
            why = f"the connection ended early ({type(error).__name__})"
            raise _Failed(failures.broken_error(self.where, why)) from None

    def _url(self, path: str) -> URL:
        if path not in self._urls:
            self._urls[path] = URL(self.base_url + path)
        return self._urls[path]

    def _refusal(self, status: int, headers: Mapping[str, str], data: bytes) -> _Failed:
        problem = failures.read_problem(data)
        if status < 500 and failures.is_html(data):
            return _Failed(failures.not_an_endpoint(self.where, status), status=status)
        error = failures.status_error(self.where, status, problem, headers.get("location", ""))
        return _Failed(error, status=status, problem=problem, wait_s=retry_after(headers))

    def _pause(self, failure: _Failed, tried: int, seed: int) -> float:
        jitter = random.Random(seed * 31 + tried).random()
        if failure.wait_s is not None:
            return failure.wait_s + 0.1 * jitter
        first = _FIRST_PAUSE_S.get(failure.error.kind, 0.05)
        return min(_LONGEST_PAUSE_S, float(first * 2 ** (tried - 1) * (0.5 + jitter)))

    async def _sleep(self, seconds: float, kind: str) -> None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _wake, future)
        self._sleepers[future] = kind, time.monotonic() + seconds
        try:
            await future
        finally:
            timer.cancel()
            del self._sleepers[future]

    def _all_fail(self, last: str) -> None:
        def make() -> BackendError:
            return self.breaker.error(self.where.address, last)

        self.limiter.fail_waiting(make)
        for future in list(self._sleepers):
            if not future.done():
                future.set_exception(make())

    def _final(self, error: BackendError, tried: int) -> BackendError:
        if tried > 1:
            error.why += f" (tried {tried} times)"
        return error

    def _learn(self, headers: Mapping[str, str]) -> None:
        window = self.limiter.window
        for learn, name, attribute in (
            (self._learn_rpm, "requests", "rpm"),
            (self._learn_tpm, "tokens", "tpm"),
        ):
            with contextlib.suppress(ValueError):
                if learn and int(headers.get(f"x-ratelimit-limit-{name}", "0")) > 0:
                    setattr(window, attribute, int(headers[f"x-ratelimit-limit-{name}"]))
            if headers.get(f"x-ratelimit-remaining-{name}") == "0":
                seconds = read_duration(headers.get(f"x-ratelimit-reset-{name}", "")) or 0.0
                window.hold(seconds)
                if self.limiter.shared is not None:
                    self.limiter.shared.hold(seconds)

    def _open(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            self._loop = loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300),
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
                trust_env=bool(getproxies()),
            )
        return self._session


def _at_once(release: Callable[[], None]) -> None:
    release()


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
