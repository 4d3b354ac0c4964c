"""A budget stops before it is overspent, says so, and lets the same run go on."""

from __future__ import annotations

import asyncio
import contextlib
import random
from pathlib import Path
from typing import Any

import pytest

from dramaturg.errors import BackendError, OutOfBudget, UserError
from dramaturg.models import Call, Reply, ScriptedModel
from dramaturg.models.budget import Budget, Budgeted
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.prices import FREE, Price, price_of, unknown_price, usd
from dramaturg.models.recorded import Recorded
from dramaturg.prompts import Message, Sampling
from dramaturg.records import Cost
from tests.models.test_recorded import Table


class Dear:
    """A model at $1 a thousand tokens; each reply takes 100 in and 100 out."""

    ref = "openai:dear"
    price = Price(input=1000.0, output=1000.0)

    def __init__(self) -> None:
        self.calls = 0

    def native(self, task: str) -> bool:
        return False

    def follows_prompts(self) -> bool:
        return True

    async def answer(self, call: Call) -> Reply:
        self.calls += 1
        await asyncio.sleep(0.001)
        usd = self.price.usd(100, 100)
        return Reply(text="x", cost=Cost(calls=1, tokens_in=100, tokens_out=100, usd=usd))


def a_call(i: int = 0) -> Call:
    prompt = (Message(role="user", content="x" * 400),)
    return Call(task="t", messages=prompt, seed=i, sampling=Sampling(max_tokens=100))


async def run_out(model: Budgeted, n: int = 100) -> list[OutOfBudget]:
    found = await asyncio.gather(
        *(model.answer(a_call(i)) for i in range(n)), return_exceptions=True
    )
    assert all(isinstance(f, Reply | OutOfBudget) for f in found)
    return [f for f in found if isinstance(f, OutOfBudget)]


@pytest.mark.parametrize(
    ("limits", "made", "what", "fix"),
    [
        ({"max_calls": 7}, 7, "the limit of 7 calls is reached: 7 calls spent", "--max-calls"),
        (
            {"max_tokens": 1_500},
            7,
            "the limit of 1,500 tokens is reached: 1,400 tokens spent",
            "--max-tokens",
        ),
        ({"max_usd": 2.0}, 9, "the limit of $2.00 is reached: $1.8000 spent", "--max-cost"),
    ],
)
async def test_a_limit_is_reached_and_never_passed(
    limits: dict[str, Any], made: int, what: str, fix: str
) -> None:
    model = Dear()
    budget = Budget(**limits)
    errors = await run_out(Budgeted(model, budget))
    assert model.calls == made
    assert len(errors) == 100 - made
    assert errors[0].what == what
    assert f"higher {fix}: it resumes" in errors[0].fix
    assert budget.exhausted == what
    assert budget.reserved == Cost()
    with pytest.raises(OutOfBudget):
        await Budgeted(model, budget).answer(a_call())


async def test_several_models_share_one_budget() -> None:
    one, two, budget = Dear(), Dear(), Budget(max_calls=9)
    await asyncio.gather(run_out(Budgeted(one, budget)), run_out(Budgeted(two, budget)))
    assert one.calls + two.calls == 9


class Varied(Dear):
    """Replies from short ones to the longest that is allowed, in no order; many at a time."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._draw = random.Random(seed)

    async def answer(self, call: Call) -> Reply:
        self.calls += 1
        await asyncio.sleep(self._draw.random() / 500)
        # Short ones first: what is learnt from them is no bound.
        long = self.calls > 80 and self._draw.random() < 0.8
        tokens = call.sampling.max_tokens if long else self._draw.randint(1, 60)
        usd = self.price.usd(100, tokens)
        return Reply(text="x", cost=Cost(calls=1, tokens_in=100, tokens_out=tokens, usd=usd))


@pytest.mark.parametrize("limit", ["tokens", "money"])
@pytest.mark.parametrize("seed", range(5))
async def test_replies_of_any_length_never_pass_a_limit_and_use_it_nearly_up(
    limit: str, seed: int
) -> None:
    model = Varied(seed)
    budget = Budget(max_usd=20.0) if limit == "money" else Budget(max_tokens=20_000)
    prompt = (Message(role="user", content="x" * 400),)
    budgeted = Budgeted(model, budget)
    seeds = iter(range(10_000))

    async def work() -> None:
        while True:
            await budgeted.answer(
                Call(task="t", messages=prompt, seed=next(seeds), sampling=Sampling(max_tokens=900))
            )

    found = await asyncio.gather(*(work() for _ in range(64)), return_exceptions=True)
    assert all(isinstance(one, OutOfBudget) for one in found)
    spent = budget.spent
    used = spent.usd / 20.0 if limit == "money" else (spent.tokens_in + spent.tokens_out) / 20_000
    assert 0.8 <= used <= 1.0
    assert budget.reserved == Cost()


async def test_what_a_prompt_takes_is_learnt_so_that_a_limit_is_used_nearly_up() -> None:
    model = Dear()
    call = Call(
        task="t",
        messages=(Message(role="user", content="x" * 4_000),),  # 4,000 tokens it is not
        sampling=Sampling(max_tokens=100),
    )
    budgeted = Budgeted(model, Budget(max_tokens=25_000))
    while not budgeted.budget.exhausted:
        with contextlib.suppress(OutOfBudget):
            await budgeted.answer(call)
    assert model.calls >= 123, "104, if each were taken for as many tokens as it has bytes"


async def test_a_server_that_writes_more_than_it_may_is_learnt() -> None:
    class Long(Dear):
        async def answer(self, call: Call) -> Reply:
            return Reply(text="x", cost=Cost(calls=1, tokens_in=100, tokens_out=500))

    budgeted = Budgeted(Long(), Budget(max_tokens=2_000))
    while not budgeted.budget.exhausted:
        with contextlib.suppress(OutOfBudget):
            await budgeted.answer(a_call())
    assert budgeted.budget.spent.tokens_out == 1_000


async def test_a_short_reply_leaves_room_that_later_calls_use() -> None:
    model = Dear()
    long = Call(task="t", messages=(), sampling=Sampling(max_tokens=900))
    budgeted = Budgeted(model, Budget(max_tokens=1_200))
    for _ in range(4):
        await budgeted.answer(long) if model.calls == 0 else await budgeted.answer(a_call())
    assert model.calls == 4


async def test_calls_that_wait_for_room_are_let_through_in_order_and_each_is_woken_once() -> None:
    budget, asked, order = Budget(max_calls=3_000), 0, []

    def most() -> Cost:
        nonlocal asked
        asked += 1
        return Cost(calls=1_000)

    async def one(number: int) -> None:
        reserved = await budget.reserve(most)
        order.append(number)
        await asyncio.sleep(0)
        budget.book(reserved, Cost())

    await asyncio.gather(*(one(i) for i in range(2_000)))
    assert order == list(range(2_000))
    assert asked < 3 * 2_000, "no call is asked again and again while it waits"


async def test_a_call_that_gives_up_while_it_waits_holds_nobody_up() -> None:
    budget = Budget(max_calls=10)
    first = await budget.reserve(lambda: Cost(calls=8))
    big = asyncio.create_task(budget.reserve(lambda: Cost(calls=5)))
    small = asyncio.create_task(budget.reserve(lambda: Cost(calls=2)))
    await asyncio.sleep(0)
    assert not small.done(), "it waits behind the one that came before"
    big.cancel()
    second = await asyncio.wait_for(small, 1)
    budget.book(first, Cost())
    late = asyncio.create_task(budget.reserve(lambda: Cost(calls=9)))
    await asyncio.sleep(0)
    budget.book(second, Cost())  # lets the late one through, which gives up in the same moment
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    assert budget.reserved == Cost()


async def test_requests_that_got_no_reply_count_as_calls_and_their_prompts_as_spent() -> None:
    class Place:
        unanswered = 0

    class Tries(Dear):
        def __init__(self) -> None:
            super().__init__()
            self.endpoint = Place()

        async def answer(self, call: Call) -> Reply:
            self.endpoint.unanswered += 2
            if call.seed:
                raise BackendError("no reply", retryable=True, kind="timeout")
            return await super().answer(call)

    model, budget = Tries(), Budget()
    writer, critic = Budgeted(model, budget), Budgeted(model, budget)
    await writer.answer(a_call())
    assert (budget.spent.calls, budget.spent.tokens_in) == (3, 300)
    with pytest.raises(BackendError):
        await critic.answer(a_call(1))
    assert (budget.spent.calls, budget.spent.tokens_in) == (5, 500), "the failed call among them"
    assert budget.spent.usd == pytest.approx(0.2 + 4 * 0.1)


async def test_replayed_calls_cost_nothing_and_a_raised_limit_goes_on() -> None:
    journal, model = Table(), Dear()
    first = Recorded(Budgeted(model, Budget(max_calls=3)), "w", journal)
    replies = await asyncio.gather(
        *(first.answer(a_call(i)) for i in range(5)), return_exceptions=True
    )
    assert [isinstance(r, OutOfBudget) for r in replies] == [False] * 3 + [True] * 2
    budget = Budget(max_calls=5, already=first.totals.cost)
    assert budget.spent.calls == 3
    second = Recorded(Budgeted(model, budget), "w", journal)
    for i in range(5):
        await second.answer(a_call(i))
    assert model.calls == 5
    assert (second.totals.replayed, second.totals.made) == (3, 2)
    with pytest.raises(OutOfBudget):
        await second.answer(a_call(5))


async def test_a_failed_call_gives_its_estimate_back_and_counts_as_a_call() -> None:
    budget = Budget(max_calls=2)
    model = Budgeted(ScriptedModel(BackendError("down"), "up"), budget)
    with pytest.raises(BackendError, match="down"):
        await model.answer(a_call())
    assert (await model.answer(a_call())).text == "up"
    assert budget.spent.calls == 2
    assert budget.reserved == Cost()


async def test_a_cancelled_call_gives_its_estimate_back() -> None:
    budget = Budget(max_calls=1)
    task = asyncio.create_task(Budgeted(Dear(), budget).answer(a_call()))
    await asyncio.sleep(0)
    assert budget.reserved.calls == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert budget.reserved == Cost()
    assert budget.spent == Cost()


def test_money_cannot_be_limited_where_the_price_is_not_known() -> None:
    model = OpenAICompatible("mystery-9000", "https://api.example.com/v1", "k")
    assert model.price is None
    assert any("unknown: mystery-9000 is in no price table" in note for note in model.notes)
    with pytest.raises(UserError, match="--max-cost cannot be kept with openai:mystery-9000"):
        Budgeted(model, Budget(max_usd=1.0))
    Budgeted(model, Budget(max_calls=1))
    assert OpenAICompatible("mystery-9000", "http://localhost:8000/v1").price == FREE
    Budgeted(ScriptedModel(), Budget(max_usd=1.0))  # in this process: costs nothing


@pytest.mark.parametrize("limit", [-1, float("nan")])
def test_a_limit_below_nothing_is_refused(limit: float) -> None:
    with pytest.raises(UserError, match="--max-cost"):
        Budget(max_usd=limit)


def test_prices_come_from_a_table_that_can_be_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert usd("gpt-4o-mini", 1_000_000, 1_000_000) == pytest.approx(0.75)
    assert price_of("gpt-4o-mini-2024-07-18") == price_of("gpt-4o-mini")
    assert usd("mine", 10, 10) is None
    assert "DRAMATURG_PRICES" in unknown_price("mine")
    table = tmp_path / "prices.toml"
    table.write_text('as_of = "today"\n[models]\nmine = { input = 1, output = 2.5 }\n')
    monkeypatch.setenv("DRAMATURG_PRICES", str(table))
    assert usd("mine", 1_000_000, 2_000_000) == pytest.approx(6.0)
    assert usd("gpt-4o-mini", 1_000_000, 0) == pytest.approx(0.15), "the shipped ones stay"
    price = price_of("mine")
    assert price is not None
    assert "today" in price.source


@pytest.mark.parametrize(
    "text", ["not toml [", "[models]\nm = 3\n", "[models]\nm = {input=-1, output=0}\n", None]
)
def test_a_price_file_that_cannot_be_read_is_the_users_to_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    table = tmp_path / f"prices-{hash(text)}.toml"
    if text is not None:
        table.write_text(text)
    monkeypatch.setenv("DRAMATURG_PRICES", str(table))
    with pytest.raises(UserError, match="cannot read the prices"):
        price_of("m")
