"""Ask for several things at once; the order of the answers is the order of the questions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.prompts import Task
from dramaturg.records import Drop

I = TypeVar("I", bound=msgspec.Struct)  # noqa: E741
O = TypeVar("O")  # noqa: E741
T = TypeVar("T")


async def together(jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """All results in the order of the jobs; when one fails the others are stopped."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def ask_or_drop(
    writer: ChatModel, task: Task[I, O], inputs: I, *, seed: int, kind: str
) -> Answer[O] | Drop:
    """The answer, or the drop that says why there is none. The caller notes the drop."""
    try:
        return await ask(writer, task, inputs, seed=seed)
    except ReplyError as error:
        detail = json.dumps(msgspec.to_builtins(inputs), ensure_ascii=False)
        return Drop(kind=kind, reason=f"{error.kind}: {error.what}", detail=detail)
