"""Between the engine's thread and the reply: stop strings, the limit, and who listens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from dramaturg.models.embedded.continuation import Token
from dramaturg.models.embedded.engine import Engine, Program


@dataclass(frozen=True)
class Ended:
    """A choice is complete: why ("stop", "length"), and the tokens read and written for it."""

    reason: str
    tokens_in: int
    tokens_out: int


Item = Sequence[Token] | Ended
Hear = Callable[[Sequence[Token]], None]


class Outlet:
    """Passes tokens on, up to a stop string, which is not passed on.

    What could be the beginning of a stop string waits. Chunks end where a token does, except that
    the token in which a stop string begins is cut there.

    Args:
        stops: End the text where one of them would begin.
        hear: Is given what may be shown.
    """

    def __init__(self, stops: Sequence[str], hear: Hear) -> None:
        self._stops, self._hear = tuple(stops), hear
        self._waiting: list[Token] = []
        self._text = ""  # of the waiting tokens

    def say(self, token: Token) -> bool:
        """One more token; true when a stop string is complete."""
        self._waiting.append(token)
        self._text += token.text
        found = [place for stop in self._stops if (place := self._text.find(stop)) >= 0]
        if found:
            self._release(min(found), cut=True)
            self._waiting, self._text = [], ""
            return True
        self._release(len(self._text) - self._held())
        return False

    def end(self) -> None:
        """The text is over: what waited was no stop string."""
        self._release(len(self._text))

    def _held(self) -> int:
        """Length of the longest end of the text that begins a stop string."""
        lengths = (
            size
            for stop in self._stops
            for size in range(min(len(stop) - 1, len(self._text)), 0, -1)
            if self._text.endswith(stop[:size])
        )
        return max(lengths, default=0)

    def _release(self, length: int, *, cut: bool = False) -> None:
        ready: list[Token] = []
        done = 0
        for token in self._waiting:
            if done + len(token.text) > length or (cut and done >= length):
                break
            ready.append(token)
            done += len(token.text)
        rest = self._waiting[len(ready) :]
        if cut and done < length and rest:
            part = rest[0]
            ready.append(Token(part.text[: length - done], part.logprob, part.top))
        self._waiting, self._text = rest, self._text[done:]
        if ready:
            self._hear(ready)


async def listen(
    engine: Engine, makers: Sequence[Callable[[Hear], Program[Ended]]]
) -> AsyncGenerator[tuple[int, Item], None]:
    """Run programs side by side and yield what each says, by its index, and its end.

    Closing the iterator cancels what still runs.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[int, Item | BaseException]] = asyncio.Queue()

    def put(index: int, item: Item | BaseException) -> None:
        with contextlib.suppress(RuntimeError):  # the server has gone
            loop.call_soon_threadsafe(queue.put_nowait, (index, item))

    def start(index: int, maker: Callable[[Hear], Program[Ended]]) -> Future[Ended]:
        def done(future: Future[Ended]) -> None:
            if not future.cancelled():
                put(index, future.exception() or future.result())

        future = engine.submit(lambda: maker(lambda tokens: put(index, tokens)))
        future.add_done_callback(done)
        return future

    futures = [start(index, maker) for index, maker in enumerate(makers)]
    left = len(futures)
    try:
        while left:
            index, item = await queue.get()
            if isinstance(item, BaseException):
                raise item
            left -= isinstance(item, Ended)
            yield index, item
    finally:
        for future in futures:
            future.cancel()
