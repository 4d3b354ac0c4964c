"""Calls at the same time: in order, and none left behind."""

from __future__ import annotations

import asyncio

import pytest

from dramaturg.errors import BackendError, OutOfBudget
from dramaturg.scorers import costs_one_item, together


async def test_results_come_in_the_order_of_the_work() -> None:
    async def after(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    assert await together(after(s) for s in (0.02, 0.0, 0.01)) == [0.02, 0.0, 0.01]


async def test_when_one_fails_the_others_are_ended_before_it_is_told() -> None:
    ended: list[str] = []

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("long")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise BackendError("the key is wrong", kind="auth")

    with pytest.raises(BackendError):
        await asyncio.wait_for(together([long(), fails()]), timeout=5)
    assert ended == ["long"]


@pytest.mark.parametrize(
    ("error", "one"),
    [
        (BackendError("slow", retryable=True, kind="timeout"), True),
        (BackendError("too long", kind="context length"), True),
        (BackendError("wrong key", kind="auth"), False),
        (BackendError("the server is down", retryable=True, kind="connection"), False),
        (OutOfBudget("spent"), False),
    ],
)
def test_what_costs_one_item_and_what_ends_the_run(error: BackendError, one: bool) -> None:
    assert costs_one_item(error) is one
