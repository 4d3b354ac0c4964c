"""Embeddings: paid for once, booked as what they took, and their slots held until they are kept."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dramaturg.errors import Interrupted, OutOfBudget
from dramaturg.models.budget import Budget
from dramaturg.models.gate import Gate
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.prices import Price
from dramaturg.models.recorded_embedder import RecordedEmbedder
from dramaturg.models.recorded_scores import RecordedScores
from dramaturg.store import Journal
from tests.models.stub_endpoint import Act, Seen, StubEndpoint, running

PRICE = Price(input=10_000.0, output=0.0)  # a cent a token


def serve(seen: Seen) -> Act:
    if seen.path.endswith("/completions"):
        tokens, logs = ["a", " b"], [None, -1.0]
        logprobs = {"tokens": tokens, "token_logprobs": logs, "text_offset": [0, 1]}
        return Act({"choices": [{"text": "a b", "logprobs": logprobs}]})
    texts = seen.body["input"]
    rows = [{"index": i, "embedding": [1.0, float(len(t))]} for i, t in enumerate(texts)]
    return Act({"data": rows, "usage": {"prompt_tokens": 2 * len(texts)}})


async def test_a_request_is_one_call_with_its_real_cost_and_is_never_made_twice(
    tmp_path: Path,
) -> None:
    texts = [f"text {i}" for i in range(200)]
    async with running(StubEndpoint(always=serve)) as stub:
        for session in range(2):
            model = OpenAICompatible("stub", stub.url, price=PRICE)
            with Journal(tmp_path / "journal.sqlite") as journal:
                budget = Budget()
                kept = RecordedEmbedder(model, "embedder", journal, Gate(), budget)
                first = await kept.embed(texts[:50])
                rows = await kept.embed([*texts, texts[3]])
                assert np.array_equal(first, rows[:50])
                assert np.array_equal(rows[3], rows[200])
                assert rows[199].tolist() == pytest.approx((np.array([1, 8]) / 65**0.5).tolist())
                assert budget.spent.calls == (3 if session == 0 else 0)
                assert budget.reserved.calls == 0
                total = journal.totals()["embedder", "embed"]
                assert (total.calls, total.tokens_in) == (3, 400)
                assert total.usd == pytest.approx(4.0)
            await model.aclose()
        assert [len(seen.body["input"]) for seen in stub.seen] == [50, 128, 22]


async def test_embeddings_are_within_the_limits_and_stop_with_the_gate(tmp_path: Path) -> None:
    async with running(StubEndpoint(always=serve)) as stub:
        model = OpenAICompatible("stub", stub.url, price=PRICE)
        with Journal(tmp_path / "journal.sqlite") as journal:
            budget, gate = Budget(max_calls=1), Gate()
            kept = RecordedEmbedder(model, "embedder", journal, gate, budget)
            with pytest.raises(OutOfBudget):
                await kept.embed([f"text {i}" for i in range(200)])
            assert budget.spent.calls == 1
            gate.close()
            with pytest.raises(Interrupted):
                await kept.embed(["another"])
        assert len(stub.seen) == 1
        await model.aclose()


class Slow:
    """A journal that has not committed anything yet."""

    def __init__(self) -> None:
        self.then: list[Any] = []

    def find(self, key: str) -> None:
        return None

    meta = find

    def intend(self, key: str, **about: Any) -> None: ...

    def remember(self, key: str, value: str) -> None: ...

    def fail(self, key: str, error: str) -> None: ...

    def finish(self, key: str, reply_json: str, *, then: Any = None, **cost: Any) -> None:
        self.then.append(then)


async def test_a_slot_is_given_back_when_the_reply_is_committed() -> None:
    async with running(StubEndpoint(always=serve)) as stub:
        model, journal = OpenAICompatible("stub", stub.url, price=PRICE), Slow()
        limiter = model.endpoint.limiter
        await RecordedEmbedder(model, "e", journal, Gate(), Budget()).embed(["one", "two"])
        assert limiter.in_flight == 1
        await RecordedScores(model, "s", journal, Gate(), Budget()).score("a", " b")
        assert limiter.in_flight == 2
        for then in journal.then:
            then()
        await asyncio.sleep(0.05)
        assert limiter.in_flight == 0
        await model.aclose()
