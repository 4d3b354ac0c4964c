"""Slots that adapt, minute limits, learnt patience, a breaker: on a clock of our own."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable

import pytest

from dramaturg.errors import BackendError
from dramaturg.models.headers import retry_after
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.patience import Breaker, Patience
from dramaturg.models.pressure import AdaptiveLimiter, MinuteWindow
from tests.models.stub_endpoint import Act, StubEndpoint, refuses, running, says
from tests.models.test_openai_compatible import a_call


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def rounds(
    limiter: AdaptiveLimiter,
    count: int,
    seconds: Callable[[], float] = lambda: 0.2,
    refused: Callable[[], bool] = lambda: False,
) -> list[float]:
    """More work than slots, each round answered as a whole; the limit after each round."""
    stop = False

    async def worker() -> None:
        while not stop:
            epoch = await limiter.acquire()
            await answered.wait()
            if refused():
                limiter.pressed(epoch)
            else:
                limiter.succeeded(epoch, seconds())
            limiter.release()

    answered = asyncio.Event()
    workers = [asyncio.create_task(worker()) for _ in range(2 * limiter.maximum)]
    limits = []
    for _ in range(count):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        answered.set()
        answered = asyncio.Event()
        await asyncio.sleep(0)
        limits.append(limiter.limit)
    stop = True
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    limiter.in_flight = 0  # those that were cancelled while out
    return limits


async def test_the_limit_doubles_each_round_while_latency_holds_and_ends_at_the_maximum() -> None:
    limits = await rounds(AdaptiveLimiter(100, start=16), 4)
    assert limits == [32, 64, 100, 100]


async def test_the_limit_does_not_grow_while_slots_stand_empty() -> None:
    limiter = AdaptiveLimiter(100, start=16)
    for _ in range(50):
        limiter.succeeded(await limiter.acquire(), 0.2)
        limiter.release()
    assert limiter.limit == 16


async def test_the_limit_stops_growing_when_replies_slow_down() -> None:
    limiter = AdaptiveLimiter(1_000, start=16)  # before a server with 50 slots and a queue
    limits = await rounds(limiter, 12, lambda: 0.2 * max(1.0, limiter.in_flight / 50))
    assert 50 < limits[-1] <= 256
    assert limits[-1] == limits[-4]


async def test_many_refusals_halve_the_limit_once_a_window_and_a_few_do_not() -> None:
    limiter = AdaptiveLimiter(64, start=64)
    turn = itertools.count()
    assert await rounds(limiter, 5, refused=lambda: next(turn) % 10 == 0) == [64] * 5
    limits = await rounds(limiter, 3, refused=lambda: True)
    assert limits[0] == 32, "sixty refusals in one round are one halving"
    assert limits[-1] <= 16
    assert (await rounds(limiter, 200, refused=lambda: True))[-1] == 1
    assert (await rounds(limiter, 200))[-1] == 64, "and it recovers"


async def test_slots_go_first_come_first_served_and_a_cancelled_wait_loses_none() -> None:
    limiter = AdaptiveLimiter(1)
    await limiter.acquire()
    order: list[int] = []

    async def one(name: int) -> None:
        await limiter.acquire()
        order.append(name)
        limiter.release()

    tasks = [asyncio.create_task(one(i)) for i in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    limiter.release()
    tasks[0].cancel()  # in the very moment at which slots are handed on
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [2, 3]
    assert limiter.in_flight == 0


async def test_all_that_wait_for_a_slot_can_be_failed_each_with_its_own_error() -> None:
    limiter = AdaptiveLimiter(1)
    await limiter.acquire()
    waiting = [asyncio.create_task(limiter.acquire()) for _ in range(3)]
    await asyncio.sleep(0)
    limiter.fail_waiting(lambda: BackendError("down"))
    errors = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(error) for error in errors] == ["down"] * 3
    assert len({id(error) for error in errors}) == 3
    assert limiter.waiting == 0


def test_a_minute_window_lets_no_more_through_than_its_limits() -> None:
    clock = FakeClock()
    window = MinuteWindow(rpm=3, tpm=1000, clock=clock)
    for _ in range(3):
        assert window.delay(10) == 0
        window.book(10)
        clock.now += 5
    assert window.delay(10) == pytest.approx(45)
    clock.now += 45
    assert window.delay(10) == 0
    assert window.delay(990) == pytest.approx(5), "tokens: one more must go first"
    assert window.delay(985) == pytest.approx(5)
    assert window.delay(980) == 0


def test_a_request_larger_than_the_whole_limit_is_not_kept_waiting_for_good() -> None:
    clock = FakeClock()
    window = MinuteWindow(tpm=100, clock=clock)
    assert window.delay(500) == 0
    window.book(500)
    assert window.delay(1) == 60
    clock.now += 60
    assert window.delay(500) == 0


async def test_a_minute_limit_is_learnt_from_headers_and_kept() -> None:
    headers = {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-limit-tokens": "90000",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "300ms",
    }
    async with running(StubEndpoint(Act(says("a"), headers=headers))) as stub:
        model = OpenAICompatible("stub", stub.url, tpm=50)
        await model.answer(a_call())
        window = model.endpoint.limiter.window
        assert (window.rpm, window.tpm) == (500, 50), "what the user gave stays"
        window.tpm = None
        begun = time.perf_counter()
        await model.answer(a_call("again"))
        assert time.perf_counter() - begun >= 0.25, "nothing left: held until the reset"
        await model.aclose()


def test_retry_after_is_read_in_all_its_forms() -> None:
    assert retry_after({"retry-after": "2.5"}) == 2.5
    assert retry_after({"retry-after-ms": "250"}) == 0.25
    assert retry_after({"retry-after": "1m2s"}) == 62
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert retry_after({}) is None
    assert retry_after({"retry-after": "soon"}) is None


def test_patience_is_learnt_per_kind_of_work_and_never_above_the_users() -> None:
    patience = Patience(60.0, floor_s=0.5)
    for i in range(50):
        assert patience.timeout("judge") == 60 or i >= 50
        patience.saw("judge", 0.2)
    assert patience.timeout("judge") == pytest.approx(0.5)
    assert patience.timeout("judge", timed_out=1) == pytest.approx(0.5)
    assert patience.timeout("judge", timed_out=3) == pytest.approx(2.0)
    assert patience.timeout("write") == 60, "other work is not known yet"
    for _ in range(500):
        patience.saw("judge", 0.01)
    assert patience.timeout("judge") == 0.5
    for _ in range(500):
        patience.saw("judge", 40)
    assert patience.timeout("judge") == 60


def test_timeouts_do_not_stretch_patience_but_many_in_a_row_reset_it() -> None:
    patience = Patience(60.0)
    for i in range(1000):
        patience.saw("judge", 1.0)
        if i % 20 == 0:
            patience.struck("judge")
    assert patience.timeout("judge") == 2.5
    for _ in range(5):
        patience.struck("judge")
    assert patience.timeout("judge") == 60


def test_the_breaker_opens_on_a_lasting_outage_and_lets_a_probe_through() -> None:
    clock = FakeClock()
    breaker = Breaker(after=3, patience_s=10, probe_s=5, clock=clock)
    breaker.connected()
    for _ in range(5):
        assert not breaker.failed()
    assert breaker.may_try(), "a short outage is for the retries"
    clock.now += 11
    assert breaker.failed()
    assert not breaker.may_try()
    assert "is down since" in breaker.error("http://x/v1", "refused").what
    clock.now += 6
    assert breaker.may_try()
    assert not breaker.may_try(), "one probe at a time"
    breaker.connected()
    assert breaker.may_try()
    assert breaker.down_since is None


async def test_pressure_from_a_real_server_halves_and_all_calls_come_through() -> None:
    # A server that bears eight at a time and refuses more: it is not driven over for long.
    stub = StubEndpoint()
    stub.always = lambda seen: (
        Act(says("ok"), delay_s=0.02)
        if stub._now <= 8
        else Act(refuses("busy"), 429, {"retry-after": "0.05"})
    )
    async with running(stub):
        model = OpenAICompatible("stub", stub.url, max_in_flight=64)
        replies = await asyncio.gather(*(model.answer(a_call(str(i))) for i in range(300)))
        assert all(reply.text == "ok" for reply in replies)
        assert model.endpoint.limiter.limit < 20
        await model.aclose()


async def test_a_server_that_comes_back_within_seconds_costs_no_call() -> None:
    async with running(StubEndpoint()) as stub:
        model = OpenAICompatible("stub", stub.url)
        await model.answer(a_call())
        port = int(stub.url.split(":")[2].split("/")[0])
    calls = [asyncio.create_task(model.answer(a_call(str(i)))) for i in range(20)]
    await asyncio.sleep(0.3)
    server = await asyncio.start_server(StubEndpoint()._serve, "127.0.0.1", port)
    try:
        assert [reply.text for reply in await asyncio.gather(*calls)] == ["Hello."] * 20
    finally:
        await model.aclose()
        server.close()


async def test_a_backend_error_keeps_its_three_parts() -> None:
    error = Breaker().error("http://x/v1", "refused")
    assert isinstance(error, BackendError)
    assert error.fix.startswith("start the server")


async def test_what_is_learnt_holds_for_a_call_that_hangs_since_the_start() -> None:
    hang = Act(says("late"), delay_s=30)
    async with running(StubEndpoint(hang, always=Act(says("ok"), delay_s=0.01))) as stub:
        model = OpenAICompatible("stub", stub.url, max_in_flight=8)
        begun = time.perf_counter()
        await asyncio.gather(*(model.answer(a_call(str(i))) for i in range(100)))
        assert time.perf_counter() - begun < 5, "not the 120 s of the user's time-out"
        assert model.endpoint.retries == {"timeout": 1}
        await model.aclose()
