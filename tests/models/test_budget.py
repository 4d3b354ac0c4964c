"""A budget stops before it is overspent, says so, and lets the same run go on."""

from __future__ import annotations

import asyncio
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
        ({"max_usd": 1.0}, 5, "the limit of $1.00 is reached: $1.0000 spent", "--max-cost"),
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


async def test_estimates_are_learnt_so_that_a_limit_is_used_to_the_end() -> None:
    model = Dear()
    long = Call(task="t", sampling=Sampling(max_tokens=900))
    budgeted = Budgeted(model, Budget(max_tokens=3_000))
    for _ in range(15):
        await budgeted.answer(long)
    with pytest.raises(OutOfBudget):
        await budgeted.answer(long)
    assert model.calls == 15, "eleven, if each were taken for the longest that it may be"


async def test_a_short_reply_leaves_room_that_later_calls_use() -> None:
    model = Dear()
    long = Call(task="t", messages=(), sampling=Sampling(max_tokens=900))
    budgeted = Budgeted(model, Budget(max_tokens=1_000))
    for _ in range(4):
        await budgeted.answer(long) if model.calls == 0 else await budgeted.answer(a_call())
    assert model.calls == 4


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
