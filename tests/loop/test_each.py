"""One piece of work for every item: a bad item costs itself, a dead model ends the work."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from dramaturg.errors import BackendError, OutOfBudget, ReplyError, UserError
from dramaturg.loop import cut_of, each
from dramaturg.records import Drop
from dramaturg.store import notes


class Kept:
    def __init__(self) -> None:
        self.records: list[msgspec.Struct] = []

    def note(self, record: msgspec.Struct) -> None:
        self.records.append(record)

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        self.last = (step, done, total, figures)


async def test_results_and_records_come_in_the_order_of_the_items() -> None:
    kept = Kept()

    async def work(item: int) -> int:
        await asyncio.sleep(0.02 if item == 0 else 0)
        notes.note(Drop(kind="mark", reason=str(item)))
        return 10 * item

    with notes.listening(kept):
        done = await each([0, 1, 2, 3], work, at_once=2, step="count")
    assert list(done.results) == [0, 10, 20, 30]
    assert [r.reason for r in kept.records if isinstance(r, Drop)] == ["0", "1", "2", "3"]
    assert kept.last == ("count", 4, 4, {"made": 4.0, "failed": 0.0})


async def test_a_reply_that_cannot_be_read_costs_its_item_and_names_it() -> None:
    kept = Kept()

    async def work(item: str) -> str:
        if item == "b":
            raise ReplyError("the reply has no list", kind="no list")
        if item == "c":
            raise BackendError("too slow", retryable=True, kind="timeout")
        return item.upper()

    with notes.listening(kept):
        done = await each("abcd", work, step="x", kind="topic", about=lambda item: f"topic {item}")
    assert (list(done.results), done.indexes, done.cut) == (["A", "D"], [0, 3], None)
    assert [(d.kind, d.reason, d.subject) for d in kept.records if isinstance(d, Drop)] == [
        ("topic", "no list: the reply has no list", "topic b"),
        ("topic", "failed call: timeout", "topic c"),
    ]


async def test_a_spent_budget_ends_it_with_what_was_finished() -> None:
    async def work(item: int) -> int:
        if item == 2:
            await asyncio.sleep(0.01)
            raise OutOfBudget("10 calls are made")
        if item > 2:
            await asyncio.sleep(60)
        return item

    done = await each(range(100), work, at_once=4, step="x")
    assert list(done.results) == [0, 1]
    assert isinstance(done.cut, OutOfBudget)
    assert cut_of(done) is done.cut


async def test_the_user_s_mistake_is_not_an_item_s() -> None:
    async def work(item: int) -> int:
        raise UserError("no such model")

    with pytest.raises(UserError):
        await each([1, 2], work, step="x")
