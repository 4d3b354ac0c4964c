"""One model behind several endpoints or keys: each call goes where it is answered soonest."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from dramaturg.errors import BackendError
from dramaturg.models.base import Call, Reply
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.prices import Price
from dramaturg.records import Cost

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

T = TypeVar("T")

_ROUNDS = 4  # how often all endpoints are gone through before a call is given up
_FIRST_PAUSE_S = 1.0
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
        self._waiting: deque[tuple[asyncio.Future[int], frozenset[int]]] = deque()
        for place in self.places:
            if len(self.places) > 1:
                place.endpoint.leave_when_down = True
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

    async def _somewhere(self, ask: Callable[[OpenAICompatible], Awaitable[T]]) -> T:
        pause = _FIRST_PAUSE_S
        for attempt in range(_ROUNDS):
            tried: set[int] = set()
            errors: list[BackendError] = []
            while len(tried) < len(self.places):
                index = await self._free(frozenset(tried))
                tried.add(index)
                try:
                    reply = await ask(self.places[index])
                except BackendError as error:
                    if error.kind not in _ELSEWHERE:
                        raise
                    errors.append(error)
                else:
                    self._answered[index] += 1
                    return reply
            last = next((e for e in errors if e.retryable), errors[-1])
            if not last.retryable or attempt == _ROUNDS - 1:
                last.why += f"; so it is at all {len(self.places)} endpoints"
                raise last
            await asyncio.sleep(pause)
            pause *= 2
        raise AssertionError("unreachable")

    async def _free(self, without: frozenset[int]) -> int:
        """The place for the next call, waited for if need be."""
        index = None if self._waiting else self._best(without)
        if index is None:
            future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self._waiting.append((future, without))
            self._pump()
            index = await future
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

    def _best(self, without: frozenset[int]) -> int | None:
        """The place with room that is fastest; None if all that are left are full.

        Where every place that is left is down, the first of them: its error says so."""
        left = [i for i in range(len(self.places)) if i not in without]
        up = [i for i in left if self.places[i].endpoint.usable]
        if not up:
            return left[0]
        room = {i: self.places[i].endpoint.limiter.room - self._promised[i] for i in up}
        free = [i for i in up if room[i] > 0]
        if not free:
            return None
        return min(free, key=lambda i: (self.places[i].endpoint.limiter.latency_s, -room[i]))
