"""One model behind several endpoints or keys: each call goes where it is answered soonest."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from dramaturg.errors import BackendError
from dramaturg.models.base import Call, Reply
from dramaturg.models.gate import stopped_by_user
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.prices import Price
from dramaturg.records import Cost

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

T = TypeVar("T")

_FAILURES, _REFUSALS = 4, 20  # times the number of endpoints: then a call is given up
_AILING = 3  # failures in a row after which an endpoint is only probed
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_LOOK_S = 1.0
_ELSEWHERE = {"connection", "auth", "timeout", "server", "rate limit", "broken reply", "not found"}


class Spread:
    """Several servers of one model, as one.

    A call goes to the endpoint with a free slot that has answered fastest of late; where none is
    free it goes to the first that becomes free, so faster ones get more. A call that an endpoint
    cannot answer is sent to another. One that cannot be reached is left alone but for a probe
    now and then.

    Args:
        places: The same model at different addresses or with different keys, at least one.

    Attributes:
        slots: Of all together.
        price: Of the model; the same everywhere.
    """

    def __init__(self, places: Sequence[OpenAICompatible], ref: str) -> None:
        self.places = list(places)
        self.ref = ref
        self.model = ""
        self._answered = [0] * len(self.places)
        self._promised = [0] * len(self.places)
        self._in_a_row = [0] * len(self.places)
        self._rests_until = [0.0] * len(self.places)
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: deque[tuple[asyncio.Future[int], frozenset[int]]] = deque()
        for place in self.places:
            if len(self.places) > 1:
                place.endpoint.leave = True
            place.endpoint.limiter.freed = self._pump

    @property
    def slots(self) -> int:
        """The most requests at a time, over all endpoints."""
        return sum(place.slots for place in self.places)

    @property
    def price(self) -> Price | None:
        """US dollars per million tokens, None = not known."""
        return self.places[0].price

    @property
    def total(self) -> Cost:
        """All that it took so far."""
        total = Cost()
        for place in self.places:
            total += place.total
        return total

    @property
    def notes(self) -> list[str]:
        """What was learnt about the servers, and how the work was spread."""
        said = list(dict.fromkeys(note for place in self.places for note in place.notes))
        if any(self._answered):
            shares = ", ".join(
                f"{place.endpoint.where.address} {count:,}"
                for place, count in zip(self.places, self._answered, strict=True)
            )
            said.append(f"calls answered by endpoint: {shares}")
        return said

    def native(self, task: str) -> bool:
        """Never: it reads prompts."""
        return False

    def follows_prompts(self) -> bool:
        """Always."""
        return True

    async def answer(self, call: Call) -> Reply:
        """The reply of one of the endpoints. Raises BackendError when none can give one."""
        return await self._somewhere(lambda place: place.answer(call))

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit-length rows, shape `(len(texts), dim)`, in order; see OpenAICompatible."""
        return await self._somewhere(lambda place: place.embed(texts))

    async def models(self) -> list[str]:
        """The names that every endpoint offers. Raises BackendError."""
        offered = [set(await place.models()) for place in self.places]
        return sorted(set.intersection(*offered))

    def waiting_for(self) -> list[str]:
        """What is being waited for, in words."""
        said = [words for place in self.places for words in place.waiting_for()]
        if self._waiting:
            said.append(f"{len(self._waiting)} wait for a free endpoint")
        return said

    async def aclose(self) -> None:
        """Closes all connections."""
        for place in self.places:
            await place.aclose()

    @property
    def in_flight(self) -> int:
        """Requests that are out, at all endpoints."""
        return sum(place.in_flight for place in self.places)

    def stop(self) -> None:
        """Send nothing more; what is out is still answered."""
        for place in self.places:
            place.stop()
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_exception(stopped_by_user())

    async def _somewhere(self, ask: Callable[[OpenAICompatible], Awaitable[T]]) -> T:
        tried: set[int] = set()
        errors: list[BackendError] = []
        failed = refused = 0
        while True:
            index = await self._free(frozenset(tried))
            try:
                reply = await ask(self.places[index])
            except BackendError as error:
                if error.kind not in _ELSEWHERE:
                    raise
                self._failed(index)
                refused += error.kind == "rate limit"
                failed += error.kind != "rate limit"
                errors.append(error)
                tried.add(index)
            else:
                self._in_a_row[index] = 0
                self._answered[index] += 1
                return reply
            if len(tried) < len(self.places):
                continue  # another one, at once
            last = next((e for e in errors if e.retryable), errors[-1])
            most = len(self.places)
            if not last.retryable or failed > _FAILURES * most or refused > _REFUSALS * most:
                last.why += f"; so it is at all {most} endpoints"
                raise last
            rounds = (failed + refused) // most
            asked = [e.wait_s for e in errors if e.wait_s is not None]
            pause = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (rounds - 1))
            await asyncio.sleep(min(asked) if asked else pause)
            tried, errors = set(), []

    def _failed(self, index: int) -> None:
        """One that fails again and again is left alone for longer and longer."""
        self._in_a_row[index] += 1
        over = self._in_a_row[index] - _AILING
        if over >= 0:
            rest = min(_LONGEST_PAUSE_S, 0.1 * 2 ** min(over, 10))
            self._rests_until[index] = asyncio.get_running_loop().time() + rest

    async def _free(self, without: frozenset[int]) -> int:
        """The place for the next call, waited for if need be."""
        index = None if self._waiting else self._best(without)
        if index is None:
            future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self._waiting.append((future, without))
            self._pump()
            try:
                index = await future
            except asyncio.CancelledError:
                if future.done() and not future.cancelled() and future.exception() is None:
                    self._promised[future.result()] -= 1
                    self._pump()
                raise
            self._promised[index] -= 1
        return index

    def _pump(self) -> None:
        """Give free slots to those that wait, first come, first served."""
        stuck: list[tuple[asyncio.Future[int], frozenset[int]]] = []
        while self._waiting:
            future, without = self._waiting.popleft()
            if future.done():
                continue
            index = self._best(without)
            if index is None:
                stuck.append((future, without))
                if not without:
                    break  # nothing is free for anyone
                continue
            self._promised[index] += 1
            future.set_result(index)
        self._waiting.extendleft(reversed(stuck))
        if self._waiting:
            self._look_again()

    def _look_again(self) -> None:
        """Nobody tells when a limit a minute lets the next call go, or a dead endpoint is due."""
        loop = asyncio.get_running_loop()
        if self._timer is not None and self._timer.when() > loop.time():
            return
        waits = [place.endpoint.limiter.window.delay(0) for place in self.places]
        soonest = min((wait for wait in waits if wait > 0), default=_LOOK_S)
        self._timer = loop.call_later(min(soonest, _LOOK_S), self._pump)

    def _best(self, without: frozenset[int]) -> int | None:
        """The place with room that is fastest; None if all that are left are full.

        One that has failed several times in a row is asked one call now and then, until it answers.
        Where every place that is left is down, the first of them: its error says so."""
        left = [i for i in range(len(self.places)) if i not in without]
        up = [i for i in left if self.places[i].endpoint.usable]
        if not up:
            return left[0]
        room = {i: self._room(i) for i in up}
        free = [i for i in up if room[i] > 0]
        if not free:
            return None

        def rank(i: int) -> tuple[bool, float, int]:
            return self._in_a_row[i] > 0, self.places[i].endpoint.limiter.latency_s, -room[i]

        return min(free, key=rank)

    def _room(self, index: int) -> int:
        endpoint = self.places[index].endpoint
        out = endpoint.limiter.in_flight + self._promised[index]
        if self._in_a_row[index] >= _AILING:
            resting = asyncio.get_running_loop().time() < self._rests_until[index]
            if out or resting:
                return 0
        return endpoint.limiter.room - self._promised[index]
