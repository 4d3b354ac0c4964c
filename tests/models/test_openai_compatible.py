"""The client against a scripted server on loopback: every fault says what, why and what to do."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from dramaturg.errors import BackendError, RecordError, UserError
from dramaturg.models import Call, ChatModel, Embedder
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.prompts import Message, Sampling
from tests.models.stub_endpoint import Act, Seen, StubEndpoint, refuses, running, says

KEY = "very-secret-0123456789"


@pytest.fixture
async def made() -> AsyncIterator[list[OpenAICompatible]]:
    models: list[OpenAICompatible] = []
    yield models
    for model in models:
        await model.aclose()


def a_model(made: list[OpenAICompatible], url: str, **settings: Any) -> OpenAICompatible:
    made.append(OpenAICompatible("stub", url, KEY, **{"timeout_s": 5.0, **settings}))
    return made[-1]


def a_call(text: str = "Write.", **fields: Any) -> Call:
    return Call(task="conversation.write", messages=(Message(role="user", content=text),), **fields)


async def test_a_reply_carries_text_finish_tokens_and_money(made: list[OpenAICompatible]) -> None:
    async with running(StubEndpoint(Act(says("Hi. 🐕 Grüße")))) as stub:
        model = OpenAICompatible("gpt-4o-mini", stub.url, KEY)
        made.append(model)
        reply = await model.answer(a_call("你好", seed=2**40 + 7))
        assert (reply.text, reply.finish) == ("Hi. 🐕 Grüße", "stop")
        assert (reply.cost.calls, reply.cost.tokens_in, reply.cost.tokens_out) == (1, 12, 5)
        assert reply.cost.usd == pytest.approx((0.15 * 12 + 0.60 * 5) / 1e6)
        assert reply.cost.seconds > 0
        assert model.total == reply.cost
        assert stub.seen[0].path == "/v1/chat/completions"
        assert stub.seen[0].headers["authorization"] == f"Bearer {KEY}"
        assert stub.bodies[0] == {
            "model": "gpt-4o-mini",
            "messages": [{"role": "user", "content": "你好"}],
            "temperature": 0.7,
            "top_k": 40,
            "max_tokens": 512,
            "seed": 7,
        }
        assert isinstance(model, ChatModel)
        assert isinstance(model, Embedder)
        assert KEY not in repr(model)


async def test_the_schema_goes_with_the_call(made: list[OpenAICompatible]) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    async with running(StubEndpoint()) as stub:
        await a_model(made, stub.url).answer(a_call(schema=schema))
        await a_model(made, stub.url, supports_schema=False).answer(a_call(schema=schema))
        form = stub.bodies[0]["response_format"]
        assert form["type"] == "json_schema"
        assert form["json_schema"] == {"name": "conversation_write", "schema": schema}
        assert "response_format" not in stub.bodies[1]


@pytest.mark.parametrize(
    ("body", "text", "finish"),
    [
        (says(None, message={"refusal": "I cannot."}), "I cannot.", "refusal"),
        (says(""), "", "stop"),
        (says(None), "", "stop"),
        (says("cut", finish_reason="length"), "cut", "length"),
        (says("x", finish_reason=None), "x", "stop"),
        (says("<think>\nhm\n</think>\n\nHi."), "Hi.", "stop"),
        (says(None, message={"content": [{"type": "text", "text": "Hi."}]}), "Hi.", "stop"),
    ],
)
async def test_odd_replies_are_read_as_what_they_are(
    made: list[OpenAICompatible], body: dict[str, Any], text: str, finish: str
) -> None:
    async with running(StubEndpoint(Act(body))) as stub:
        reply = await a_model(made, stub.url).answer(a_call())
        assert (reply.text, reply.finish) == (text, finish)


async def test_tokens_are_estimated_and_said_to_be_where_the_server_gives_none(
    made: list[OpenAICompatible], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "dramaturg.models")
    async with running(StubEndpoint(always=Act(says("12345678", usage=None)))) as stub:
        model = a_model(made, stub.url)
        for _ in range(2):
            reply = await model.answer(a_call("x" * 40))
        assert (reply.cost.tokens_in, reply.cost.tokens_out) == (10, 2)
        assert [note for note in model.notes if "estimated" in note] == model.notes[-1:]
        assert sum("estimated" in record.message for record in caplog.records) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Act(refuses("try later"), 500),
        Act(refuses("overloaded"), 503),
        Act(says("Hello, this is cut."), cut=True),
        Act("{ this is no JSON", 200),
        Act('{"choices": []}', 200),
        Act(b"", 200),
        Act(b"", 502),
        Act("<html>Bad gateway</html>", 502),
    ],
)
async def test_a_passing_fault_is_tried_again(made: list[OpenAICompatible], fault: Act) -> None:
    async with running(StubEndpoint(fault, Act(says("Fine.")))) as stub:
        reply = await a_model(made, stub.url).answer(a_call())
        assert reply.text == "Fine."
        assert len(stub.seen) == 2
        assert stub.bodies[0] == stub.bodies[1]


async def test_tries_end(made: list[OpenAICompatible]) -> None:
    async with running(StubEndpoint(always=Act(refuses("broken disk"), 500))) as stub:
        with pytest.raises(BackendError, match="failed on its side") as caught:
            await a_model(made, stub.url, tries=2).answer(a_call())
        assert len(stub.seen) == 2
        assert caught.value.retryable
        assert "broken disk (tried 2 times)" in caught.value.why


async def test_a_hang_ends_in_a_timeout_and_another_try(made: list[OpenAICompatible]) -> None:
    hang = Act(says("late"), delay_s=30)
    async with running(StubEndpoint(hang, hang, Act(says("in time")))) as stub:
        model = a_model(made, stub.url, timeout_s=0.2)
        assert (await model.answer(a_call())).text == "in time"
        stub.always = hang
        with pytest.raises(BackendError, match=r"did not answer within 0\.2\d* s") as caught:
            await a_model(made, stub.url, timeout_s=0.2, tries=1).answer(a_call())
        assert caught.value.kind == "timeout"
        assert "--timeout" in caught.value.fix


async def test_a_call_that_waits_for_its_retry_gives_up_its_slot(
    made: list[OpenAICompatible],
) -> None:
    slow_down = Act(refuses("slow down"), 429, {"retry-after": "0.6"})
    async with running(StubEndpoint(slow_down, always=Act(says("ok"), delay_s=0.02))) as stub:
        model = a_model(made, stub.url, max_in_flight=1)
        begun = time.perf_counter()
        ended: list[tuple[str, float]] = []

        async def one(name: str) -> None:
            await model.answer(a_call(name))
            ended.append((name, time.perf_counter() - begun))

        await asyncio.gather(*(one(f"call {i}") for i in range(8)))
        assert ended[-1][0] == "call 0"
        assert 0.6 <= ended[-1][1] < 1.5
        assert ended[-2][1] < 0.55, "the others went on meanwhile"
        assert stub.peak == 1
        assert model.endpoint.retries == {"rate limit": 1}


async def test_a_wait_that_is_too_long_is_refused_and_named(made: list[OpenAICompatible]) -> None:
    tomorrow = Act(refuses("daily limit"), 429, {"retry-after": "86400"})
    async with running(StubEndpoint(always=tomorrow)) as stub:
        with pytest.raises(BackendError) as caught:
            await a_model(made, stub.url).answer(a_call())
        assert "wait 86400 s" in caught.value.why
        assert "--rpm" in caught.value.fix


async def test_no_credit_is_not_tried_again(made: list[OpenAICompatible]) -> None:
    broke = Act(refuses("You exceeded your quota", code="insufficient_quota"), 429)
    async with running(StubEndpoint(always=broke)) as stub:
        with pytest.raises(BackendError, match="no credit"):
            await a_model(made, stub.url).answer(a_call())
        assert len(stub.seen) == 1


async def test_a_wrong_key_is_named_by_its_variable_and_never_shown(
    made: list[OpenAICompatible], caplog: pytest.LogCaptureFixture
) -> None:
    wrong = Act(refuses(f"Incorrect API key provided: {KEY}; or sk-abc***xyz9"), 401)
    async with running(StubEndpoint(always=wrong)) as stub:
        with pytest.raises(BackendError) as caught:
            await a_model(made, stub.url, key_name="MY_KEY").answer(a_call())
        text = str(caught.value)
        assert "MY_KEY" in text
        assert "Incorrect API key provided: ***; or ***" in text
        assert KEY not in text + caplog.text
        assert caught.value.kind == "auth"
        assert not caught.value.retryable
        assert len(stub.seen) == 1


async def test_a_dead_server_is_said_to_be_dead(made: list[OpenAICompatible]) -> None:
    url = f"http://127.0.0.1:{_free_port()}/v1"
    with pytest.raises(BackendError, match=f"cannot connect to {url}") as caught:
        await a_model(made, url, tries=2).answer(a_call())
    assert "is the server running?" in caught.value.fix
    assert caught.value.kind == "connection"


async def test_many_calls_to_a_dead_server_fail_together_and_soon(
    made: list[OpenAICompatible],
) -> None:
    model = a_model(made, f"http://127.0.0.1:{_free_port()}/v1", max_in_flight=8)
    begun = time.perf_counter()
    found = await asyncio.gather(
        *(model.answer(a_call(str(i))) for i in range(50)), return_exceptions=True
    )
    assert time.perf_counter() - begun < 3
    assert all(isinstance(error, BackendError) for error in found)
    assert sum("is down since" in str(error) for error in found) >= 42
    assert "connections failed in a row" in str(found[-1])


async def test_an_unknown_machine_is_a_matter_of_spelling(made: list[OpenAICompatible]) -> None:
    from dramaturg.models.failures import Where, connection_error

    where = Where("openai:x", "http://nowhere.invalid/v1", "K", [])
    error = connection_error(where, OSError())
    assert "is the server running?" in error.fix
    error = connection_error(where, socket.gaierror(-2, "Name or service not known"))
    assert error.what == "no machine of that name: http://nowhere.invalid/v1"
    assert "spelling" in error.fix


@pytest.mark.parametrize("status", [200, 404])
async def test_a_web_page_is_not_an_endpoint(made: list[OpenAICompatible], status: int) -> None:
    page = Act("<!DOCTYPE html><html>Welcome to nginx!</html>", status)
    async with running(StubEndpoint(always=page)) as stub:
        with pytest.raises(BackendError, match="not an OpenAI-compatible endpoint") as caught:
            await a_model(made, stub.url).answer(a_call())
        assert "/v1" in caught.value.fix
        assert len(stub.seen) == 1


async def test_an_unknown_model_is_answered_with_the_nearest_name(
    made: list[OpenAICompatible],
) -> None:
    def serve(seen: Seen) -> Act:
        if seen.path.endswith("/models"):
            return Act({"data": [{"id": "stubby-7b"}, {"id": "llama-3"}]})
        return Act(refuses("The model `stub` does not exist", code="model_not_found"), 404)

    async with running(StubEndpoint(always=serve)) as stub:
        with pytest.raises(BackendError, match="has no model 'stub'") as caught:
            await a_model(made, stub.url).answer(a_call())
        assert caught.value.why == "it offers: llama-3, stubby-7b"
        assert "'stubby-7b'" in caught.value.fix


@pytest.mark.parametrize(
    ("refusal", "gone"),
    [
        (refuses("Unrecognized request argument supplied: top_k"), "top_k"),
        (refuses("[{'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted'}]"), "seed"),
        (
            refuses(
                "Unsupported value: 'temperature' does not support 0.7 with this model.",
                param="temperature",
                code="unsupported_value",
            ),
            "temperature",
        ),
    ],
)
async def test_a_parameter_that_the_server_refuses_is_dropped_for_good_and_noted_once(
    made: list[OpenAICompatible], refusal: dict[str, Any], gone: str
) -> None:
    def serve(seen: Seen) -> Act:
        return Act(refusal, 400) if gone in seen.body else Act(says("ok"), delay_s=0.01)

    async with running(StubEndpoint(always=serve)) as stub:
        model = a_model(made, stub.url)
        calls = [a_call(str(i), schema={"type": "object"}, seed=i) for i in range(6)]
        await asyncio.gather(*map(model.answer, calls))
        before = len(stub.seen)
        await model.answer(calls[0])
        assert gone not in stub.bodies[before]
        assert len(stub.seen) == before + 1
        assert [n for n in model.notes if gone in n] == [
            f"openai:stub does not take {gone}: it is no longer sent"
        ]


async def test_max_tokens_is_renamed_where_the_server_wants_it(
    made: list[OpenAICompatible],
) -> None:
    refusal = refuses(
        "Unsupported parameter: 'max_tokens' is not supported with this model. "
        "Use 'max_completion_tokens' instead.",
        param="max_tokens",
        code="unsupported_parameter",
    )
    async with running(StubEndpoint(Act(refusal, 400))) as stub:
        await a_model(made, stub.url).answer(a_call(sampling=Sampling(max_tokens=99)))
        assert "max_tokens" not in stub.bodies[1]
        assert stub.bodies[1]["max_completion_tokens"] == 99


async def test_a_server_that_refuses_without_end_is_not_asked_without_end(
    made: list[OpenAICompatible],
) -> None:
    refusal = Act(refuses("Unrecognized request argument supplied: top_k"), 400)
    async with running(StubEndpoint(always=refusal)) as stub:
        with pytest.raises(BackendError, match="refuses the request"):
            await a_model(made, stub.url).answer(a_call())
        assert len(stub.seen) <= 10


async def test_a_prompt_that_is_too_long_is_said_to_be(made: list[OpenAICompatible]) -> None:
    refusal = refuses(
        "'max_tokens' is too large and not supported: this model's maximum context length is 4096"
    )
    async with running(StubEndpoint(always=Act(refusal, 400))) as stub:
        with pytest.raises(BackendError, match="too long for openai:stub") as caught:
            await a_model(made, stub.url).answer(a_call())
        assert caught.value.kind == "context length"
        assert len(stub.seen) == 1


async def test_a_redirect_is_not_followed_with_the_key(made: list[OpenAICompatible]) -> None:
    away = Act(b"", 307, {"location": "http://127.0.0.1:9/elsewhere"})
    async with running(StubEndpoint(always=away)) as stub:
        with pytest.raises(BackendError, match="sends us elsewhere"):
            await a_model(made, stub.url).answer(a_call())


async def test_half_a_character_cannot_be_sent(made: list[OpenAICompatible]) -> None:
    async with running(StubEndpoint()) as stub:
        with pytest.raises(RecordError, match="half a character"):
            await a_model(made, stub.url).answer(a_call("broken \ud83d"))
        assert stub.seen == []


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x/v1", "http://", "", "http://[x"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(UserError, match="no address"):
        OpenAICompatible("m", url)


def test_a_key_that_cannot_be_one_is_refused_without_showing_it() -> None:
    with pytest.raises(UserError) as caught:
        OpenAICompatible("m", "http://localhost/v1", "two words\nand a line")
    assert "OPENAI_API_KEY" in str(caught.value)
    assert "two words" not in str(caught.value)


async def test_vectors_come_back_in_order_and_of_length_one(made: list[OpenAICompatible]) -> None:
    def serve(seen: Seen) -> Act:
        rows = [
            {"index": i, "embedding": [float(text), 1.0]}
            for i, text in enumerate(seen.body["input"])
        ]
        return Act({"data": rows[::-1], "usage": {"prompt_tokens": 3, "total_tokens": 3}})

    async with running(StubEndpoint(always=serve)) as stub:
        model = a_model(made, stub.url)
        rows = await model.embed([str(i) for i in range(300)])
        assert rows.shape == (300, 2)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(rows[:, 0] / rows[:, 1], np.arange(300), rtol=1e-5)
        assert len(stub.seen) == 3
        assert model.total.calls == 3
        assert (await model.embed([])).shape == (0, 0)
        stub.always = Act({"data": [{"index": 0, "embedding": [0.0, 0.0]}]})
        with pytest.raises(BackendError, match="without direction"):
            await model.embed(["x"])


async def test_the_same_model_serves_one_event_loop_after_another() -> None:
    async with running(StubEndpoint()) as stub:
        model = OpenAICompatible("stub", stub.url)

        async def once() -> str:
            text = (await model.answer(a_call())).text
            await model.aclose()
            return text

        assert await asyncio.to_thread(lambda: asyncio.run(once())) == "Hello."
        assert await asyncio.to_thread(lambda: asyncio.run(once())) == "Hello."


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
