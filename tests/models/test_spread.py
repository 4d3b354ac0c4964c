"""Several endpoints of one model: the work goes where it is done, and a dead one costs no call."""

from __future__ import annotations

import asyncio
import socket
import time

import aiohttp
import pytest

from dramaturg.errors import BackendError
from dramaturg.models import Call
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.resolve import Limits, resolve
from dramaturg.models.spread import Spread
from dramaturg.prompts import Message
from tests.models.stub_endpoint import Act, Seen, StubEndpoint, refuses, running, says


def a_call(i: int = 0) -> Call:
    return Call(task="write", messages=(Message(role="user", content=f"number {i}"),), seed=i)


def two(*urls: str, slots: int = 4) -> Spread:
    places = [OpenAICompatible("m", url, max_in_flight=slots, timeout_s=20) for url in urls]
    return Spread(places, "openai:m")


def a_dead_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


async def test_a_faster_endpoint_is_given_more_and_none_is_left_idle() -> None:
    fast = StubEndpoint(always=Act(says("fast"), delay_s=0.02))
    slow = StubEndpoint(always=Act(says("slow"), delay_s=0.2))
    async with running(fast), running(slow):
        model = two(fast.url, slow.url)
        replies = await asyncio.gather(*(model.answer(a_call(i)) for i in range(80)))
        await model.aclose()
    by_text = {text: sum(r.text == text for r in replies) for text in ("fast", "slow")}
    assert sum(by_text.values()) == 80
    assert by_text["fast"] > 3 * by_text["slow"] > 0
    assert (fast.peak, slow.peak) == (4, 4)
    assert f"{by_text['fast']}" in model.notes[-1]


async def test_calls_to_a_dead_endpoint_are_answered_by_the_other_at_once() -> None:
    up = StubEndpoint(always=Act(says("up"), delay_s=0.02))
    async with running(up):
        model = two(a_dead_address(), up.url)
        begun = time.perf_counter()
        replies = await asyncio.gather(*(model.answer(a_call(i)) for i in range(40)))
        took = time.perf_counter() - begun
        await model.aclose()
    assert [r.text for r in replies] == ["up"] * 40
    assert took < 5


async def test_a_refused_key_sends_the_call_to_the_next_one() -> None:
    def by_key(seen: Seen) -> Act:
        good = seen.headers["authorization"] == "Bearer good"
        return Act(says("yes")) if good else Act(refuses("no such key"), status=401)

    server = StubEndpoint(always=by_key)
    async with running(server):
        places = [OpenAICompatible("m", server.url, key) for key in ("bad", "good")]
        model = Spread(places, "openai:m")
        replies = await asyncio.gather(*(model.answer(a_call(i)) for i in range(6)))
        await model.aclose()
    assert {r.text for r in replies} == {"yes"}


async def test_where_all_are_down_one_sentence_says_so_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dramaturg.models.spread._FIRST_PAUSE_S", 0.05)
    model = two(a_dead_address(), a_dead_address())
    with pytest.raises(BackendError) as told:
        await asyncio.wait_for(model.answer(a_call()), 20)
    await model.aclose()
    assert told.value.kind == "connection"
    assert "all 2 endpoints" in told.value.why


async def test_what_no_endpoint_could_do_is_not_sent_to_the_others() -> None:
    servers = [
        StubEndpoint(always=Act(refuses("too long", code="context_length_exceeded"), status=400))
        for _ in range(2)
    ]
    async with running(servers[0]), running(servers[1]):
        model = two(servers[0].url, servers[1].url)
        with pytest.raises(BackendError):
            await model.answer(a_call())
        await model.aclose()
    assert len(servers[0].seen) + len(servers[1].seen) == 1


def test_addresses_and_keys_with_commas_between_them_are_one_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k1, k2")
    model = resolve("openai:m@http://a:1/v1,http://b:1/v1", Limits(max_in_flight=8))
    assert isinstance(model, Spread)
    assert model.ref == "openai:m@http://a:1/v1,http://b:1/v1"
    assert len(model.places) == 4
    assert model.slots == 32
    monkeypatch.setenv("OPENAI_API_KEY", "k1")
    assert isinstance(resolve("openai:m@http://a:1/v1"), OpenAICompatible)


async def test_a_late_reply_is_hedged_and_the_first_answer_counts() -> None:
    seen = 0

    def sometimes_late(_: Seen) -> Act:
        nonlocal seen
        seen += 1
        return Act(says("ok"), delay_s=3.0 if seen == 101 else 0.01)

    server = StubEndpoint(always=sometimes_late)
    async with running(server):
        model = OpenAICompatible("m", server.url, timeout_s=20, max_in_flight=4, hedge=True)
        for i in range(100):
            await model.answer(a_call(i))
        begun = time.perf_counter()
        assert (await model.answer(a_call(100))).text == "ok"
        took = time.perf_counter() - begun
        assert model.endpoint.hedged >= 1
        assert model.endpoint.limiter.in_flight == 0
        await model.aclose()
    assert took < 2.5


async def test_waits_are_named() -> None:
    server = StubEndpoint(Act(refuses("slow down"), status=429, headers={"retry-after": "1"}))
    server.always = Act(says("ok"))
    async with running(server):
        model = OpenAICompatible("m", server.url, timeout_s=20)
        call = asyncio.create_task(model.answer(a_call()))
        while not model.endpoint.paused:  # noqa: ASYNC110  (nothing tells)
            await asyncio.sleep(0.01)
        assert model.waiting_for()[0].startswith("1 to be tried again (rate limit 1), next in ")
        await call
        assert model.waiting_for() == []
        await model.aclose()


async def test_a_key_that_is_always_refused_swallows_no_work() -> None:
    def by_key(seen: Seen) -> Act:
        if seen.headers["authorization"] == "Bearer spent":
            return Act(refuses("quota"), status=429, headers={"retry-after": "30"})
        return Act(says("yes"), delay_s=0.01)

    server = StubEndpoint(always=by_key)
    async with running(server):
        places = [
            OpenAICompatible("m", server.url, key, max_in_flight=4) for key in ("spent", "good")
        ]
        model = Spread(places, "openai:m")
        begun = time.perf_counter()
        replies = await asyncio.gather(*(model.answer(a_call(i)) for i in range(60)))
        took = time.perf_counter() - begun
        await model.aclose()
    assert [r.text for r in replies] == ["yes"] * 60
    assert took < 10  # not one Retry-After is sat out
    to_spent = sum(s.headers["authorization"] == "Bearer spent" for s in server.seen)
    assert to_spent < 20


async def test_a_limit_a_minute_at_every_endpoint_holds_calls_back_and_lets_them_go() -> None:
    servers = [StubEndpoint(always=Act(says("ok"))) for _ in range(2)]
    async with running(servers[0]), running(servers[1]):
        model = two(servers[0].url, servers[1].url)
        for place in model.places:
            place.endpoint.limiter.window.hold(1.5)
        calls = [asyncio.create_task(model.answer(a_call(i))) for i in range(20)]
        await asyncio.sleep(0.3)
        assert len(servers[0].seen) + len(servers[1].seen) == 0
        replies = await asyncio.wait_for(asyncio.gather(*calls), 10)
        await model.aclose()
    assert [r.text for r in replies] == ["ok"] * 20


async def test_a_wait_for_an_endpoint_that_is_given_up_costs_no_slot() -> None:
    server = StubEndpoint(always=Act(says("ok"), delay_s=0.05))
    async with running(server):
        model = two(server.url, server.url, slots=1)
        calls = [asyncio.create_task(model.answer(a_call(i))) for i in range(12)]
        await asyncio.sleep(0.02)
        for call in calls[4:8]:
            call.cancel()
        done = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(not isinstance(one, BaseException) for one in done) == 8
        assert model._promised == [0, 0]
        await model.aclose()


async def test_a_late_reply_is_hedged_although_other_calls_wait_for_slots() -> None:
    seen = 0

    def sometimes_late(_: Seen) -> Act:
        nonlocal seen
        seen += 1
        return Act(says("ok"), delay_s=4.0 if seen == 120 else 0.02)

    server = StubEndpoint(always=sometimes_late)
    async with running(server):
        model = OpenAICompatible("m", server.url, timeout_s=20, max_in_flight=4, hedge=True)
        begun = time.perf_counter()
        replies = await asyncio.gather(*(model.answer(a_call(i)) for i in range(200)))
        took = time.perf_counter() - begun
        assert len(replies) == 200
        assert model.endpoint.hedged >= 1
        await model.aclose()
    assert took < 3.9


async def test_a_call_that_is_cancelled_as_it_is_given_a_place_gives_the_place_back() -> None:
    model = two("http://127.0.0.1:9/v1", slots=1)
    limiter = model.places[0].endpoint.limiter
    await limiter.acquire()
    waiting = asyncio.create_task(model._free(frozenset()))
    await asyncio.sleep(0)
    limiter.release()  # the place is promised in this very moment
    assert model._promised == [1]
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert model._promised == [0]
    assert await asyncio.wait_for(model._free(frozenset()), 1) == 0


async def test_a_machine_that_does_not_answer_at_all_counts_as_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(*_: object, **__: object) -> object:
        raise aiohttp.ConnectionTimeoutError("nobody took the call")

    model = OpenAICompatible("m", "http://127.0.0.1:9/v1", timeout_s=20)
    monkeypatch.setattr(aiohttp.ClientSession, "post", silent)
    with pytest.raises(BackendError) as told:
        await model.answer(a_call())
    await model.aclose()
    assert told.value.kind == "connection"
    assert model.endpoint.breaker.failing
