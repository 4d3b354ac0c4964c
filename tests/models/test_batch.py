"""Batches: gathered, halved in price, found again, and honest about what did not come back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from dramaturg.errors import BackendError, Interrupted
from dramaturg.models import Call, Reply
from dramaturg.models.base import ChatModel
from dramaturg.models.batch import BatchModel, BatchSettings, batch_key
from dramaturg.models.gate import Gate
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.recorded import Recorded
from dramaturg.prompts import Message
from dramaturg.store import Journal
from tests.models.stub_batch import StubBatches
from tests.models.stub_endpoint import Act, Seen, running, says

FAST = BatchSettings(quiet_s=0.1, first_look_s=0.02, longest_look_s=0.05)


def chat(seen: Seen) -> Act:
    return Act(says(f"re: {seen.body['messages'][0]['content']}"))


def a_call(i: int, **fields: Any) -> Call:
    fields = {"task": "conversation.write", **fields}
    return Call(messages=(Message(role="user", content=f"Write {i}."),), seed=i, **fields)


async def until(true: Callable[[], bool]) -> None:
    """Wait until it is so, at most five seconds."""
    for _ in range(1_000):
        if true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to that")


@contextlib.asynccontextmanager
async def opened(
    stub: StubBatches, path: Path, gate: Gate | None = None, **settings: Any
) -> AsyncIterator[tuple[Recorded, BatchModel]]:
    """One session over a journal: a recorded batch model in front of the stub."""
    async with running(stub.endpoint()) as server:
        model = OpenAICompatible("gpt-4o-mini", server.url, "k-0123456789", ref="openai:m")
        with Journal(path / "journal.sqlite") as journal:
            chosen = BatchSettings(**{**{f: getattr(FAST, f) for f in FAST.__struct_fields__},
                                      **settings})  # fmt: skip
            batch = BatchModel(model, journal, gate or Gate(), settings=chosen)
            recorded = Recorded(batch, "writer", journal)
            yield recorded, batch
            await batch.aclose()
            await model.aclose()


async def test_calls_go_out_together_and_come_back_each_to_its_own_at_half_the_price(
    tmp_path: Path,
) -> None:
    stub = StubBatches(chat)
    async with opened(stub, tmp_path) as (model, batch):
        assert isinstance(batch, ChatModel)
        replies = await asyncio.gather(*(model.answer(a_call(i)) for i in range(30)))
        assert [reply.text for reply in replies] == [f"re: Write {i}." for i in range(30)]
        assert replies[0].cost.usd == pytest.approx((0.15 * 12 + 0.60 * 5) / 1e6 / 2)
        assert len(stub.made) == 1
        assert batch.model.total.usd == pytest.approx(30 * replies[0].cost.usd)


async def test_a_batch_is_never_larger_than_the_server_takes(tmp_path: Path) -> None:
    stub = StubBatches(chat)
    async with opened(stub, tmp_path, max_requests=8) as (model, _):
        await asyncio.gather(*(model.answer(a_call(i)) for i in range(20)))
    assert sorted(len(keys) for _, keys in stub.made) == [4, 8, 8]
    stub = StubBatches(chat)
    async with opened(stub, tmp_path, max_bytes=700) as (model, _):
        await asyncio.gather(*(model.answer(a_call(100 + i)) for i in range(7)))
    assert sum(len(keys) for _, keys in stub.made) == 7
    assert all(len(keys) <= 3 for _, keys in stub.made)


async def test_other_tasks_and_second_attempts_are_asked_at_once(tmp_path: Path) -> None:
    stub = StubBatches(chat)
    async with opened(stub, tmp_path) as (model, _):
        one = await model.answer(a_call(1, task="query.more"))
        two = await model.answer(a_call(2, attempt=1))
        assert (one.text, two.text) == ("re: Write 1.", "re: Write 2.")
        assert one.cost.usd == pytest.approx((0.15 * 12 + 0.60 * 5) / 1e6)
    assert stub.made == []


async def test_a_line_that_expired_got_lost_or_failed_on_the_server_goes_into_the_next_batch(
    tmp_path: Path,
) -> None:
    faults: dict[str, Any] = {
        batch_key("openai:m", a_call(1)): "expire",
        batch_key("openai:m", a_call(2)): "lose",
        batch_key("openai:m", a_call(3)): {"status_code": 500, "body": {"error": "busy"}},
        batch_key("openai:m", a_call(4)): {"status_code": 200, "body": {"choices": []}},
    }
    stub = StubBatches(chat, line_fault=lambda key, seen: faults.get(key) if seen == 1 else None)
    async with opened(stub, tmp_path) as (model, _):
        replies = await asyncio.gather(*(model.answer(a_call(i)) for i in range(6)))
    assert [reply.text for reply in replies] == [f"re: Write {i}." for i in range(6)]
    assert [len(keys) for _, keys in stub.made] == [6, 4]


async def test_a_call_that_never_comes_back_is_lost_after_three_batches(tmp_path: Path) -> None:
    bad = batch_key("openai:m", a_call(1))
    stub = StubBatches(chat, line_fault=lambda key, seen: "expire" if key == bad else None)
    async with opened(stub, tmp_path) as (model, _):
        found = await asyncio.gather(
            *(model.answer(a_call(i)) for i in range(3)), return_exceptions=True
        )
    assert isinstance(found[1], BackendError)
    assert (found[1].kind, found[1].retryable) == ("batch", True)
    assert stub.asked[bad] == 3
    assert [isinstance(one, Reply) for one in found] == [True, False, True]


async def test_a_line_that_was_refused_for_good_is_told_as_the_client_tells_it(
    tmp_path: Path,
) -> None:
    bad = batch_key("openai:m", a_call(1))
    words = {"error": {"message": "context length exceeded", "code": "context_length_exceeded"}}
    stub = StubBatches(
        chat, line_fault=lambda k, n: {"status_code": 400, "body": words} if k == bad else None
    )
    async with opened(stub, tmp_path) as (model, batch):
        found = await asyncio.gather(
            *(model.answer(a_call(i)) for i in range(3)), return_exceptions=True
        )
        assert isinstance(found[1], BackendError)
        assert found[1].kind == "context length"
        await asyncio.sleep(0.05)
        assert not batch._out, "nothing of it is left to wait for"


async def test_a_batch_refused_as_a_whole_says_why(tmp_path: Path) -> None:
    stub = StubBatches(chat, refuse="the enqueued token limit is reached")
    async with opened(stub, tmp_path) as (model, _):
        with pytest.raises(BackendError, match="refused batch") as caught:
            await model.answer(a_call(1))
        assert "enqueued token limit" in caught.value.why


async def test_a_server_without_batches_is_told_in_one_sentence(tmp_path: Path) -> None:
    class Plain(StubBatches):
        def serve(self, seen: Seen) -> Act:
            return Act({"error": {"message": "not found"}}, 404)

    async with opened(Plain(chat), tmp_path) as (model, _):
        with pytest.raises(BackendError, match="has no batch API") as caught:
            await model.answer(a_call(1))
        assert "without --batch" in caught.value.fix


async def test_an_answer_that_got_lost_makes_no_second_batch(tmp_path: Path) -> None:
    stub = StubBatches(chat)
    stub.lose_answers = 1
    async with opened(stub, tmp_path) as (model, _):
        assert (await model.answer(a_call(1))).text == "re: Write 1."
    assert len(stub.made) == 1


async def test_a_later_session_waits_for_the_same_batch_and_does_not_send_it_again(
    tmp_path: Path,
) -> None:
    stub = StubBatches(chat)
    stub.hold = True
    async with opened(stub, tmp_path) as (model, batch):
        asked = [asyncio.create_task(model.answer(a_call(i))) for i in range(5)]
        await until(lambda: any(sent.id for sent in batch._out.values()))
        await batch.aclose()
        await model.drain(stop=True)
        await asyncio.gather(*asked, return_exceptions=True)
    stub.hold = False
    async with opened(stub, tmp_path) as (model, batch):
        replies = await asyncio.gather(*(model.answer(a_call(i)) for i in range(7)))
        assert [reply.text for reply in replies] == [f"re: Write {i}." for i in range(7)]
        await asyncio.sleep(0.1)
        assert not batch._out
    assert [len(keys) for _, keys in stub.made] == [5, 2]
    assert set(stub.asked.values()) == {1}
    async with opened(stub, tmp_path) as (model, _):
        await asyncio.gather(*(model.answer(a_call(i)) for i in range(7)))
    assert len(stub.made) == 2


async def test_a_kill_between_the_request_and_its_answer_finds_the_batch_by_its_mark(
    tmp_path: Path,
) -> None:
    stub = StubBatches(chat)
    stub.hold = True
    async with opened(stub, tmp_path) as (model, batch):
        asked = asyncio.create_task(model.answer(a_call(1)))
        await until(lambda: bool(stub.made))
        for sent in batch._out.values():
            sent.id = ""  # as if the process had ended before it heard of it
        batch._remember()
        await batch.aclose()
        await model.drain(stop=True)
        await asyncio.gather(asked, return_exceptions=True)
    stub.hold = False
    async with opened(stub, tmp_path) as (model, _):
        assert (await model.answer(a_call(1))).text == "re: Write 1."
    assert len(stub.made) == 1


async def test_a_batch_that_the_server_forgot_is_sent_again(tmp_path: Path) -> None:
    stub = StubBatches(chat)
    stub.hold = True
    async with opened(stub, tmp_path) as (model, batch):
        asked = asyncio.create_task(model.answer(a_call(1)))
        await until(lambda: any(sent.id for sent in batch._out.values()))
        await batch.aclose()
        await model.drain(stop=True)
        await asyncio.gather(asked, return_exceptions=True)
    fresh = StubBatches(chat)
    async with opened(fresh, tmp_path) as (model, _):
        assert (await model.answer(a_call(1))).text == "re: Write 1."
    assert len(fresh.made) == 1


async def test_a_stop_does_not_wait_a_day_and_says_that_the_batch_goes_on(tmp_path: Path) -> None:
    stub, gate = StubBatches(chat), Gate()
    stub.hold = True
    async with opened(stub, tmp_path, gate) as (model, batch):
        asked = asyncio.create_task(model.answer(a_call(1)))
        await until(lambda: any(sent.id for sent in batch._out.values()))
        gate.close()
        with pytest.raises(Interrupted) as caught:
            await asyncio.wait_for(asked, 3)
        assert "1 batches go on at the server" in caught.value.why


async def test_a_batch_can_be_cancelled_and_what_it_had_made_is_not_lost(tmp_path: Path) -> None:
    stub = StubBatches(chat)
    stub.hold = True
    async with opened(stub, tmp_path, submissions=1) as (model, batch):
        asked = asyncio.create_task(model.answer(a_call(1)))
        await until(lambda: any(sent.id for sent in batch._out.values()))
        await batch.cancel()
        with pytest.raises(BackendError, match="ended as cancelled"):
            await asyncio.wait_for(asked, 3)
    assert stub.cancelled == ["batch_0"]


async def left_out(stub: StubBatches, path: Path, calls: int = 2) -> None:
    """A session that ends while a batch of so many calls is out."""
    stub.hold = True
    async with opened(stub, path) as (model, batch):
        asked = [asyncio.create_task(model.answer(a_call(i))) for i in range(calls)]
        await until(lambda: any(sent.id for sent in batch._out.values()))
        await batch.aclose()
        await model.drain(stop=True)
        await asyncio.gather(*asked, return_exceptions=True)
    stub.hold = False


async def test_a_call_of_a_batch_that_was_given_up_is_told_why_and_never_waits(
    tmp_path: Path,
) -> None:
    stub = StubBatches(chat)
    await left_out(stub, tmp_path)
    stub.look_fault = lambda looks: Act({"error": {"message": "no right to see it"}}, 403)
    async with opened(stub, tmp_path) as (model, _):
        for number in (0, 1):  # the second is asked for the first time when nobody looks any more
            with pytest.raises(BackendError, match=r"403|no right|refuse"):
                await asyncio.wait_for(model.answer(a_call(number)), 3)
    stub.look_fault = lambda looks: None
    async with opened(stub, tmp_path) as (model, _):
        assert (await model.answer(a_call(1))).text == "re: Write 1."
    assert len(stub.made) == 1, "what the batch made is still fetched by the next session"


async def test_an_outage_is_waited_out_and_makes_no_second_batch(tmp_path: Path) -> None:
    stub, told = StubBatches(chat), []
    stub.look_fault = lambda looks: Act({"error": "down"}, 502) if 1 < looks < 10 else None
    async with opened(stub, tmp_path) as (model, batch):
        batch._tell = lambda step, *rest: told.append(step)
        replies = await asyncio.gather(*(model.answer(a_call(i)) for i in range(3)))
    assert [reply.text for reply in replies] == [f"re: Write {i}." for i in range(3)]
    assert len(stub.made) == 1
    assert any("no answer about it: server" in step for step in told)


async def test_an_outage_is_waited_out_no_longer_than_a_batch(tmp_path: Path) -> None:
    stub = StubBatches(chat)
    stub.look_fault = lambda looks: Act({"error": "down"}, 502)
    async with opened(stub, tmp_path, longest_s=0.3) as (model, _):
        with pytest.raises(BackendError, match="is not done after") as caught:
            await asyncio.wait_for(model.answer(a_call(1)), 5)
    assert caught.value.retryable
    assert "does not say how it is" in caught.value.why


async def test_a_stop_ends_a_wait_that_no_job_is_at_work_on(tmp_path: Path) -> None:
    stub, gate = StubBatches(chat), Gate()
    stub.slow_create_s = 20.0
    async with opened(stub, tmp_path, gate) as (model, _):
        asked = asyncio.create_task(model.answer(a_call(1)))
        await until(lambda: bool(stub.made))
        gate.close()
        with pytest.raises(Interrupted):
            await asyncio.wait_for(asked, 3)


async def test_waiting_can_be_ended_while_the_gate_is_open_and_nothing_more_is_sent(
    tmp_path: Path,
) -> None:
    stub = StubBatches(chat)
    stub.hold = True
    async with opened(stub, tmp_path) as (model, batch):
        out = asyncio.create_task(model.answer(a_call(1)))
        await until(lambda: any(sent.id for sent in batch._out.values()))
        queued = asyncio.create_task(model.answer(a_call(2)))
        await until(lambda: bool(batch._queued))
        batch.stop_waiting()
        for task in (out, queued, asyncio.create_task(model.answer(a_call(3)))):
            with pytest.raises(Interrupted, match="stopped waiting") as caught:
                await asyncio.wait_for(task, 1)
        assert "1 batches go on at the server" in caught.value.why
        await asyncio.sleep(0.3)
        assert (await model.answer(a_call(4, attempt=1))).text == "re: Write 4.", "not a batch's"
    assert (len(stub.made), stub.cancelled) == (1, [])
    stub.hold = False
    async with opened(stub, tmp_path) as (model, _):
        await asyncio.gather(*(model.answer(a_call(i)) for i in (1, 2)))
    assert [len(keys) for _, keys in stub.made] == [1, 1], "the one that was out is picked up"
    async with opened(stub, tmp_path) as (_, batch):
        batch.stop_waiting(BackendError("the critic's key is wrong", kind="auth"))
        with pytest.raises(BackendError, match="critic's key"):
            await batch.answer(a_call(1))
