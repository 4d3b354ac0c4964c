"""Many items at once: no barrier, bounded, nothing left behind."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Iterator

import pytest

from dramaturg.loop import flow


async def test_results_come_as_they_finish_and_keep_their_index() -> None:
    async def work(wait: float) -> float:
        await asyncio.sleep(wait)
        return wait

    made = [found async for found in flow([0.05, 0.0, 0.02], work, at_once=3)]
    assert made == [(1, 0.0), (2, 0.02), (0, 0.05)]


async def test_a_slow_item_holds_up_nobody_else() -> None:
    gate = asyncio.Event()

    async def work(item: int) -> int:
        if item == 0:
            await gate.wait()
        return item

    seen = []
    async for _, item in flow(range(50), work, at_once=2):
        seen.append(item)
        if len(seen) == 49:
            gate.set()
    assert seen == [*range(1, 50), 0]


async def test_items_are_read_only_as_there_is_room_for_them() -> None:
    read = 0

    def items() -> Iterator[int]:
        nonlocal read
        for number in range(1, 1001):
            read = number
            yield number

    async def work(item: int) -> int:
        await asyncio.sleep(0)
        return item

    most = 0
    done = 0
    async for _ in flow(items(), work, at_once=4):
        done += 1
        most = max(most, read - done)
        await asyncio.sleep(0)
    assert (done, read) == (1000, 1000)
    assert most <= 4 + 4  # under way, and finished but not yet taken


async def test_the_first_error_ends_it_and_the_others_are_cancelled_and_awaited() -> None:
    ended: list[int] = []

    async def work(item: int) -> int:
        try:
            await asyncio.sleep(0.01 if item == 1 else 60)
            raise ValueError("no")
        finally:
            ended.append(item)

    with pytest.raises(ValueError, match="no"):
        async for _ in flow(range(9), work, at_once=3):
            pass
    assert sorted(ended) == [0, 1, 2]


async def test_a_reader_that_stops_early_leaves_nothing_running() -> None:
    async def work(item: int) -> int:
        await asyncio.sleep(item)
        return item

    async for _ in flow([0, 60, 60], work, at_once=3):
        break
    await asyncio.sleep(0)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for _ in range(5):
        await asyncio.sleep(0)
    assert not [task for task in others if not task.done()]


async def test_memory_does_not_grow_with_the_number_of_items() -> None:
    async def work(item: int) -> bytes:
        return bytes(10_000)

    async def peak(count: int) -> int:
        tracemalloc.start()
        async for _ in flow(range(count), work, at_once=8):
            pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    few, many = await peak(200), await peak(4_000)
    assert many < 1.5 * few


async def test_a_cancelled_call_inside_the_work_is_told_and_hangs_nobody() -> None:
    async def work(item: int) -> int:
        gone: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        gone.cancel()
        return await gone

    async def read() -> None:
        async for _ in flow(range(3), work, at_once=1):
            pass

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(read(), 5)
