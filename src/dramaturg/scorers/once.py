"""Several numbers from one reply: scorers that read the same answer ask for it once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from dramaturg.records import Conversation

T = TypeVar("T")
_KEPT = 512  # answers remembered: far more than are judged at a time, far fewer than a dataset


class Once(Generic[T]):
    """Asks a question about a conversation once for all scorers that share it.

    Args:
        ask: Conversation and seed -> the answer.

    An answer that failed is asked for again by whoever comes next.
    """

    def __init__(self, ask: Callable[[Conversation, int], Awaitable[T]]) -> None:
        self._ask = ask
        self._tasks: OrderedDict[tuple[str, int], asyncio.Future[T]] = OrderedDict()

    async def __call__(self, conversation: Conversation, seed: int) -> tuple[T, bool]:
        """The answer, and whether this caller is the first to hear it (and books its cost)."""
        key = (conversation.id, seed)
        task = self._tasks.get(key)
        first = task is None
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(self._ask(conversation, seed))
            while len(self._tasks) > _KEPT:
                self._tasks.popitem(last=False)
        try:
            return await asyncio.shield(task), first
        except BaseException:
            if task.done():
                self._tasks.pop(key, None)
            raise
