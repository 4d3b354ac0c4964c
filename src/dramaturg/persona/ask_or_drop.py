"""Ask for one thing; what cannot be read is a drop."""

from __future__ import annotations

import json
from typing import TypeVar

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.prompts import Task
from dramaturg.records import Drop

I = TypeVar("I", bound=msgspec.Struct)  # noqa: E741
O = TypeVar("O")  # noqa: E741


async def ask_or_drop(
    writer: ChatModel, task: Task[I, O], inputs: I, *, seed: int, kind: str
) -> Answer[O] | Drop:
    """The answer, or the drop that says why there is none. The caller notes the drop."""
    try:
        return await ask(writer, task, inputs, seed=seed)
    except ReplyError as error:
        detail = json.dumps(msgspec.to_builtins(inputs), ensure_ascii=False)
        return Drop(kind=kind, reason=f"{error.kind}: {error.what}", detail=detail)
