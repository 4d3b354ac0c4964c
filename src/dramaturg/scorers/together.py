"""Model calls at the same time: none is left behind, and a bad one costs one item."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from dramaturg.errors import BackendError, RecordError
from dramaturg.records import Cost

T = TypeVar("T")
FAILED_CALL = "failed call"  # class of the reason where a call got no reply, not a bad one


def costs_one_item(error: BackendError) -> bool:
    """Whether a failed call is the loss of one draft or verdict, and no reason to end the run.

    So it is with what may succeed later and with an item too long for the model. A wrong key, an
    unknown model, a spent budget, or an endpoint that is down after all its model's patience
    would fail for every item: the run ends there and can be resumed.
    """
    if error.kind == "connection":
        return False
    return error.retryable or error.kind == "context length"


def lost_call(error: BackendError) -> str:
    """The reason of a drop whose call got no reply: its class, and nothing of time or place."""
    if error.retryable:
        return f"{FAILED_CALL}: {error.kind}"
    return f"{error.kind}: the call can never succeed as it is"


def why_lost(error: RecordError | BackendError) -> str:
    """Why one item got no verdict, by the class that reports count it under.

    Raises:
        BackendError: The error itself, where it would fail for every item.
    """
    if isinstance(error, RecordError):
        return getattr(error, "kind", "") or f"bad row: {error.what}"
    if not costs_one_item(error):
        raise error
    return lost_call(error)


def paid(error: RecordError | BackendError) -> Cost:
    """What was spent on an item that got no verdict, without seconds."""
    cost = getattr(error, "cost", None) or Cost()
    return Cost(
        calls=cost.calls, tokens_in=cost.tokens_in, tokens_out=cost.tokens_out, usd=cost.usd
    )


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in the order of `work`; if one fails, the others are cancelled and awaited."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
