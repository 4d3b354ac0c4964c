"""Work on many items at once: each goes its own way to the end, and only so many are under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

I = TypeVar("I")  # noqa: E741  (I for input, O for output)
O = TypeVar("O")  # noqa: E741


async def flow(
    items: Iterable[I], work: Callable[[I], Awaitable[O]], *, at_once: int
) -> AsyncGenerator[tuple[int, O], None]:
    """What `work` makes of each item, as it is finished: (index of the item, result).

    There is no barrier: an item that is through makes room for the next one. At most `at_once`
    items are under way and as many results wait for the reader, so memory does not grow with
    the number of items; `items` is read as it is needed.

    Args:
        at_once: >= 1. Where items wait for retries or go through several steps, twice the
            endpoint's slots keep it full.

    Raises:
        Whatever `work` raises first, after the results that were there before it; all other items
        under way are cancelled and awaited. So they are when the reader stops early.
    """
    numbered = iter(enumerate(items))
    results: asyncio.Queue[tuple[int, O] | BaseException | None] = asyncio.Queue(at_once)
    working = at_once

    async def worker() -> None:
        nonlocal working
        try:
            for index, item in numbered:
                await results.put((index, await work(item)))
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            await results.put(error)  # something that `work` waited for was cancelled
        except Exception as error:
            await results.put(error)
        finally:
            working -= 1
        if not working:
            await results.put(None)

    workers = [asyncio.create_task(worker()) for _ in range(at_once)]
    try:
        while (found := await results.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        for one in workers:
            one.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
