"""Log-probabilities come from the server or not at all; forms and batches are learnt once."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dramaturg.errors import BackendError, Interrupted, OutOfBudget, RecordError
from dramaturg.models import Call, LogProbModel
from dramaturg.models.budget import Budget
from dramaturg.models.gate import Gate
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.recorded_scores import RecordedScores
from dramaturg.prompts import Message
from dramaturg.store import Journal
from tests.models.stub_endpoint import Act, Seen, StubEndpoint, refuses, running, says

BEFORE, TEXT = "I keep", " two dogs"
TOKENS = ["I", " keep", " two", " dogs"]
LOGS = [None, -2.0, -1.5, -0.25]
ASK = Call(task="judge.toxicity", messages=(Message(role="user", content="Toxic?"),))


@pytest.fixture
async def made() -> AsyncIterator[list[OpenAICompatible]]:
    models: list[OpenAICompatible] = []
    yield models
    for model in models:
        await model.aclose()


def a_model(made: list[OpenAICompatible], url: str) -> OpenAICompatible:
    made.append(OpenAICompatible("stub", url, timeout_s=5))
    return made[-1]


def echoes(seen: Seen, *, mark: str = "", own: bool = True) -> Act:
    """As OpenAI's legacy completions answer."""
    if "prompt_logprobs" in seen.body:
        return Act(refuses("Unrecognized request argument supplied: prompt_logprobs"), 400)
    if not seen.body.get("echo"):
        return Act({"choices": [{"text": " and"}]})
    tokens = [*([mark] if mark else []), *TOKENS, *([" and"] if own else [])]
    logs = [*([None] if mark else []), *LOGS, *([-0.1] if own else [])]
    if mark:
        logs[1] = -3.0
    said = {"tokens": tokens, "token_logprobs": logs}
    return Act({"choices": [{"text": "x", "logprobs": said}], "usage": {"prompt_tokens": 4}})


def listed(seen: Seen) -> Act:
    """As vLLM answers: one entry a place, none for the first."""
    rows = [
        None if log is None else {str(i): {"logprob": log, "decoded_token": token, "rank": 1}}
        for i, (token, log) in enumerate(zip(TOKENS, LOGS, strict=True))
    ]
    return Act({"choices": [{"text": " and", "prompt_logprobs": rows}]})


@pytest.mark.parametrize("form", ["echo", "echo without own token", "echo with a mark", "listed"])
async def test_a_given_text_is_scored_token_by_token(
    made: list[OpenAICompatible], form: str
) -> None:
    def serve(seen: Seen) -> Act:
        if form == "listed":
            return listed(seen)
        mark = "<s>" if form.endswith("mark") else ""
        return echoes(seen, mark=mark, own=not form.endswith("without own token"))

    async with running(StubEndpoint(always=serve)) as stub:
        model = a_model(made, stub.url)
        assert isinstance(model, LogProbModel)
        scored = await model.score(BEFORE, TEXT)
        assert scored.tokens == (" two", " dogs")
        assert scored.logprobs == (-1.5, -0.25)
        assert scored.total == -1.75
        first = len(stub.seen)
        await model.score(BEFORE, TEXT)
        assert len(stub.seen) == first + 1, "how it scores is learnt once"


@pytest.mark.parametrize(
    "act",
    [
        Act({"choices": [{"text": " and", "logprobs": {"tokens": [" and"],
                          "token_logprobs": [-0.1]}}]}),
        Act({"choices": [{"text": " and then", "logprobs": {"tokens": [" and", " then"],
                          "token_logprobs": [-0.1, -0.2]}}]}),
        Act({"choices": [{"text": " and", "logprobs": None}]}),
        Act(refuses("echo is not supported"), 400),
        Act(refuses("no such path"), 404),
    ],
)  # fmt: skip
async def test_a_server_that_scores_only_its_own_tokens_is_refused_with_the_reason(
    made: list[OpenAICompatible], act: Act
) -> None:
    def serve(seen: Seen) -> Act:
        return Act({"data": [{"id": "stub"}]}) if seen.path.endswith("/models") else act

    async with running(StubEndpoint(always=serve)) as stub:
        model = a_model(made, stub.url)
        with pytest.raises(BackendError, match="cannot score a given text") as caught:
            await model.score(BEFORE, TEXT)
        assert "only for tokens it generates itself" in caught.value.why
        before = len(stub.seen)
        with pytest.raises(BackendError, match="cannot score a given text"):
            await model.score(BEFORE, TEXT)
        assert len(stub.seen) == before, "and is not asked again"


async def test_a_text_that_begins_inside_a_token_is_refused_not_approximated(
    made: list[OpenAICompatible],
) -> None:
    async with running(StubEndpoint(always=echoes)) as stub:
        with pytest.raises(RecordError, match="does not begin where a token does"):
            await a_model(made, stub.url).score("I keep t", "wo dogs")
        with pytest.raises(RecordError, match="has no log-probability"):
            await a_model(made, stub.url).score("", "I keep two dogs")


def begins(*tops: tuple[str, float]) -> dict[str, Any]:
    top = [{"token": token, "logprob": math.log(p)} for token, p in tops]
    said = [{"token": tops[0][0], "logprob": math.log(tops[0][1]), "top_logprobs": top}]
    return says(tops[0][0], logprobs={"content": said})


async def test_the_odds_of_words_are_the_sum_of_their_spellings_and_the_rest_is_unseen(
    made: list[OpenAICompatible],
) -> None:
    act = Act(begins(("Yes", 0.5), (" yes", 0.25), ("No", 0.125), ("Well", 0.0625)))
    async with running(StubEndpoint(act)) as stub:
        odds = await a_model(made, stub.url).odds(ASK, ["Yes", "No", "Maybe"])
        assert odds.logprobs == pytest.approx({"Yes": math.log(0.75), "No": math.log(0.125)})
        assert odds.unseen == ("Maybe",)
        assert odds.ceiling == pytest.approx(math.log(0.0625))
        assert stub.bodies[0]["max_tokens"] == 1
        assert (stub.bodies[0]["logprobs"], stub.bodies[0]["top_logprobs"]) == (True, 20)


async def test_a_server_that_shows_fewer_alternatives_is_asked_for_fewer_and_one_without_is_told(
    made: list[OpenAICompatible],
) -> None:
    few = Act(refuses("top_logprobs must be at most 5", param="top_logprobs"), 400)
    async with running(StubEndpoint(few, Act(begins(("No", 0.9))), Act(says("No")))) as stub:
        model = a_model(made, stub.url)
        assert (await model.odds(ASK, ["No"])).logprobs["No"] == pytest.approx(math.log(0.9))
        assert stub.bodies[1]["top_logprobs"] == 5
        with pytest.raises(BackendError, match="does not say how likely"):
            await model.odds(ASK, ["No"])


async def test_the_form_of_a_reply_falls_back_once_step_by_step_for_all_calls(
    made: list[OpenAICompatible],
) -> None:
    def serve(seen: Seen) -> Act:
        form = seen.body.get("response_format", {}).get("type")
        if form == "json_schema":
            return Act(refuses("json_schema is not supported by this server"), 400)
        if form == "json_object":
            words = "'messages' must contain the word 'json' to use 'response_format'"
            return Act(refuses(words), 400)
        return Act(says("ok"), delay_s=0.01)

    async with running(StubEndpoint(always=serve)) as stub:
        model = a_model(made, stub.url)
        calls = [Call(task="t", messages=ASK.messages, schema={"type": "object"}, seed=i)
                 for i in range(8)]  # fmt: skip
        await asyncio.gather(*map(model.answer, calls))
        before = len(stub.seen)
        assert (await model.answer(calls[0])).text == "ok"
        assert len(stub.seen) == before + 1
        assert "response_format" not in stub.bodies[-1]
        assert [note for note in model.notes if "response_format" in note] == [
            "openai:stub does not take json_schema as response_format: json_object is sent",
            "openai:stub does not take json_object as response_format: "
            "the prompt alone asks for it",
        ]


async def test_a_server_that_takes_json_objects_is_sent_no_schema_again(
    made: list[OpenAICompatible],
) -> None:
    def serve(seen: Seen) -> Act:
        if seen.body.get("response_format", {}).get("type") == "json_schema":
            return Act(refuses("response_format.type must be one of text, json_object"), 400)
        return Act(says("{}"))

    async with running(StubEndpoint(always=serve)) as stub:
        model = a_model(made, stub.url)
        for seed in range(3):
            await model.answer(
                Call(task="t", messages=ASK.messages, schema={"type": "object"}, seed=seed)
            )
        forms = [body["response_format"]["type"] for body in stub.bodies]
        assert forms == ["json_schema", "json_object", "json_object", "json_object"]


async def test_texts_to_embed_go_in_batches_that_the_server_takes(
    made: list[OpenAICompatible],
) -> None:
    def serve(seen: Seen) -> Act:
        texts = seen.body["input"]
        if len(texts) > 32:
            return Act(refuses(f"batch size {len(texts)} > maximum allowed batch size 32"), 413)
        rows = [{"index": i, "embedding": [float(t) + 1, 1.0]} for i, t in enumerate(texts)]
        return Act({"data": rows})

    async with running(StubEndpoint(always=serve)) as stub:
        model = a_model(made, stub.url)
        rows = await model.embed([str(i) for i in range(100)])
        assert [round(float(a / b)) for a, b in rows] == [i + 1 for i in range(100)]
        refused = sum(len(body["input"]) > 32 for body in stub.bodies)
        await model.embed([str(i) for i in range(100)])
        assert sum(len(body["input"]) > 32 for body in stub.bodies) == refused
        assert any("fewer texts" in note for note in model.notes)


async def test_long_texts_make_smaller_batches_and_another_refusal_is_told(
    made: list[OpenAICompatible],
) -> None:
    def serve(seen: Seen) -> Act:
        return Act({"data": [{"embedding": [1.0, 0.0]} for _ in seen.body["input"]]})

    async with running(StubEndpoint(always=serve)) as stub:
        await a_model(made, stub.url).embed(["x" * 90_000] * 5)
        assert sorted(len(body["input"]) for body in stub.bodies) == [1, 2, 2]
        stub.always = Act(refuses("this model does not embed"), 400)
        with pytest.raises(BackendError, match="refuses the request"):
            await a_model(made, stub.url).embed(["x"] * 5)
        assert len(stub.seen) == 4


async def test_what_was_scored_is_kept_and_asked_for_once_within_the_budget(
    made: list[OpenAICompatible], tmp_path: Path
) -> None:
    def serve(seen: Seen) -> Act:
        return Act(begins(("No", 0.9))) if "messages" in seen.body else listed(seen)

    async with running(StubEndpoint(always=serve)) as stub:
        model = a_model(made, stub.url)
        for session in range(2):
            with Journal(tmp_path / "journal.sqlite") as journal:
                budget, gate = Budget(max_calls=2), Gate()
                kept = RecordedScores(model, "scorer", journal, gate, budget)
                assert isinstance(kept, LogProbModel)
                assert (await kept.score(BEFORE, TEXT)).total == -1.75
                assert (await kept.odds(ASK, ["No"])).logprobs["No"] == pytest.approx(math.log(0.9))
                assert budget.spent.calls == (2 if session == 0 else 0)
                assert journal.totals()["scorer", "score"].calls == 1
                if session == 0:
                    with pytest.raises(OutOfBudget):
                        await kept.score("Another", " text")
                gate.close()
                with pytest.raises(Interrupted):
                    await kept.score("And another", " text")
        assert len(stub.seen) == 2
