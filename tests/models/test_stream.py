"""Streams: put together wherever they were torn, and waited for piece by piece."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.errors import BackendError
from dramaturg.models import Call
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.stream import Events, Pieces, StreamPatience
from dramaturg.prompts import Message, Sampling
from tests.models.stub_endpoint import Act, StubEndpoint, refuses, running, says, streams

LONG = Sampling(max_tokens=9_000)


def a_call(**fields: Any) -> Call:
    fields = {"sampling": LONG, **fields}
    return Call(task="test.write", messages=(Message(role="user", content="Write."),), **fields)


STREAM = (
    "\ufeff: a comment\r\n\r\nevent: x\r\nid: 7\r\n"
    'data: {"choices":[{"index":0,"delta":{"content":"Grüße, "}}]}\r\n\r\n'
    'data: {"choices":[{"index":0,\ndata: "delta":{"content":"你好 🐕"}}]}\n\n: ping\n\n'
    'data:{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"model":"m"}\r\r'
    'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
    "data: [DONE]\n\n"
).encode()


@settings(max_examples=80, deadline=None)
@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_a_stream_reads_the_same_wherever_it_is_torn(cuts: list[int]) -> None:
    events, pieces = Events(), Pieces()
    places = [0, *sorted(cuts), len(STREAM)]
    for begin, end in itertools.pairwise(places):
        for data in events.feed(STREAM[begin:end]):
            pieces.add(data)
    for data in events.end():
        pieces.add(data)
    body = json.loads(pieces.body())
    assert body["choices"][0]["message"]["content"] == "Grüße, 你好 🐕"
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"] == {"prompt_tokens": 3, "completion_tokens": 2}
    assert body["model"] == "m"


async def test_a_long_reply_is_streamed_and_a_short_one_is_not() -> None:
    async with running(StubEndpoint(streams("Hi ", "there."), Act(says("Short.")))) as stub:
        model = OpenAICompatible("gpt-4o-mini", stub.url, "k-0123456789", timeout_s=5)
        reply = await model.answer(a_call())
        assert (reply.text, reply.finish) == ("Hi there.", "stop")
        assert (reply.cost.tokens_in, reply.cost.tokens_out) == (12, 5)
        assert stub.bodies[0]["stream"] is True
        assert stub.bodies[0]["stream_options"] == {"include_usage": True}
        assert (await model.answer(a_call(sampling=Sampling()))).text == "Short."
        assert "stream" not in stub.bodies[1]
        await model.aclose()


async def test_each_piece_is_waited_for_and_not_the_whole() -> None:
    async with running(StubEndpoint(streams(*"abcdefgh", every_s=0.15))) as stub:
        model = OpenAICompatible("m", stub.url, timeout_s=0.5)
        begun = time.perf_counter()
        assert (await model.answer(a_call())).text == "abcdefgh"
        assert time.perf_counter() - begun > 1.0
        assert len(stub.seen) == 1
        patience = model.endpoint.patience
        assert isinstance(patience, StreamPatience)
        assert 0.1 < patience.first_s[0] < 0.5
        await model.aclose()


async def test_a_stream_that_stops_in_its_middle_times_out_and_is_asked_for_again() -> None:
    hang = streams("a", "b", "c")
    hang = Act(pieces=(*hang.pieces[:2], (30.0, b"")))
    async with running(StubEndpoint(hang, streams("whole"))) as stub:
        model = OpenAICompatible("m", stub.url, timeout_s=0.4)
        begun = time.perf_counter()
        assert (await model.answer(a_call())).text == "whole"
        assert time.perf_counter() - begun < 3
        assert model.endpoint.retries == {"timeout": 1}
        await model.aclose()


async def test_comments_that_keep_a_line_open_are_no_reply() -> None:
    pings = Act(pieces=tuple((0.1, b": still here\n\n") for _ in range(40)))
    async with running(StubEndpoint(pings, streams("whole"))) as stub:
        model = OpenAICompatible("m", stub.url, timeout_s=0.5)
        assert (await model.answer(a_call())).text == "whole"
        assert model.endpoint.retries == {"timeout": 1}
        await model.aclose()


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (b'data: {"error": {"message": "out of memory"}}\n\n', "out of memory"),
        (b"data: {no json\n\n", "cannot be read"),
        (b"", "ended before"),
    ],
)
async def test_an_error_in_the_middle_of_a_stream_is_tried_again_and_then_told(
    broken: bytes, kind: str
) -> None:
    start = streams("half").pieces[:2]
    bad = Act(pieces=(*start, *([(0.0, broken)] if broken else [])))
    async with running(StubEndpoint(bad, streams("whole"))) as stub:
        model = OpenAICompatible("m", stub.url, timeout_s=5)
        assert (await model.answer(a_call())).text == "whole"
        assert model.endpoint.retries == {"broken reply": 1}
        stub.always = bad
        with pytest.raises(BackendError, match=kind):
            await model.answer(a_call())
        await model.aclose()


async def test_a_connection_cut_in_the_middle_of_a_stream_is_tried_again() -> None:
    bad = Act(pieces=streams("half").pieces[:2], cut=True)
    async with running(StubEndpoint(bad, streams("whole"))) as stub:
        model = OpenAICompatible("m", stub.url, timeout_s=5)
        assert (await model.answer(a_call())).text == "whole"
        await model.aclose()


async def test_a_server_that_streams_without_usage_options_is_still_asked_for_a_stream() -> None:
    refusal = Act(refuses("Unrecognized request argument supplied: stream_options"), 400)
    async with running(StubEndpoint(refusal, streams("ok"))) as stub:
        model = OpenAICompatible("m", stub.url, timeout_s=5)
        assert (await model.answer(a_call())).text == "ok"
        assert stub.bodies[1]["stream"] is True
        assert "stream_options" not in stub.bodies[1]
        await model.aclose()


async def test_many_streams_share_the_connections() -> None:
    async with running(StubEndpoint(always=streams("a", "b", every_s=0.001))) as stub:
        model = OpenAICompatible("m", stub.url, timeout_s=5)
        calls = [a_call(seed=i) for i in range(40)]
        replies = await asyncio.gather(*map(model.answer, calls))
        assert {reply.text for reply in replies} == {"ab"}
        await model.aclose()


async def test_each_of_two_streams_at_once_is_learnt_by_its_own_longest_gap() -> None:
    async with running(
        StubEndpoint(streams(*"abcdefghijklmnopqrst", every_s=0.05), streams(*"abcd", every_s=0.6))
    ) as stub:
        model = OpenAICompatible("m", stub.url, timeout_s=5)
        await asyncio.gather(*(model.answer(a_call(seed=i)) for i in range(2)))
        seen = sorted(model.endpoint.patience._seen["test.write"])
        assert 0.04 < seen[0] < 0.55, "its own, not that of the slower stream beside it"
        assert 0.55 < seen[1] < 1.7, "a gap, not the seconds that the whole took"
        await model.aclose()
