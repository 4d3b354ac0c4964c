"""Generate, check, generate again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dramaturg.errors import BackendError, ReplyError
from dramaturg.loop import Check, until_passes


async def test_complaints_reach_the_next_try_and_the_first_that_passes_stays() -> None:
    seen: list[tuple[int, tuple[str, ...]]] = []

    async def make(attempt: int, complaints: Sequence[str]) -> int:
        seen.append((attempt, tuple(complaints)))
        return attempt

    async def high(value: int) -> Check:
        return Check(value >= 2, f"{value} is low")

    redone = await until_passes(make, [high], tries=5)
    assert (redone.value, redone.tries) == (2, 3)
    assert seen == [(0, ()), (1, ("0 is low",)), (2, ("0 is low", "1 is low"))]


async def test_a_check_after_a_failed_one_is_not_asked() -> None:
    asked = []

    async def make(attempt: int, complaints: Sequence[str]) -> int:
        return attempt

    async def never(value: int) -> Check:
        return Check(False, "no")

    async def second(value: int) -> Check:
        asked.append(value)
        return Check(True)

    redone = await until_passes(make, [never, second], tries=2)
    assert (redone.value, redone.complaints, asked) == (None, ("no", "no"), [])


async def test_no_try_is_refused() -> None:
    async def make(attempt: int, complaints: Sequence[str]) -> int:
        return 1

    with pytest.raises(ValueError, match="tries"):
        await until_passes(make, [], tries=0)


async def test_a_try_that_cannot_be_read_or_judged_is_a_try_that_does_not_do() -> None:
    async def make(attempt: int, complaints: Sequence[str]) -> int:
        if attempt == 0:
            raise ReplyError("nothing is said in it", kind="empty")
        return attempt

    async def judged(value: int) -> Check:
        if value == 1:
            raise ReplyError("no number", kind="no score")
        return Check(True)

    redone = await until_passes(make, [judged], tries=3)
    assert (redone.value, redone.tries) == (2, 3)
    assert redone.complaints == ("empty: nothing is said in it", "no score: no number")
    none = await until_passes(make, [judged], tries=2)
    assert none.value is None


async def test_a_call_that_is_lost_is_no_try() -> None:
    async def make(attempt: int, complaints: Sequence[str]) -> int:
        raise BackendError("too slow", retryable=True, kind="timeout")

    with pytest.raises(BackendError, match="too slow"):
        await until_passes(make, [], tries=3)
