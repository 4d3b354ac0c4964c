"""The endpoint, driven by OpenAI's own client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from dramaturg.models.embedded import formats
from dramaturg.models.embedded.network import Network
from dramaturg.models.embedded.shipped import read_bpe, read_weights
from dramaturg.models.embedded.writer import write_conversation, write_turn
from dramaturg.models.embedded_model import EmbeddedModel
from tests.serve.served import PERSONA, TWO_PEOPLE, served

openai = pytest.importorskip("openai", reason="the openai client is not installed (extra test)")


@pytest.fixture
async def client() -> AsyncIterator[Any]:
    async with (
        served() as url,
        openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as one,
    ):
        yield one


async def test_the_one_model_is_listed(client: Any) -> None:
    assert [model.id async for model in client.models.list()] == ["embedded"]
    assert (await client.models.retrieve("embedded")).max_model_len == formats.Sizes.context


async def test_two_personas_become_the_conversation_that_the_model_writes_itself(
    client: Any,
) -> None:
    got = await client.chat.completions.create(model="embedded", messages=[TWO_PEOPLE], seed=3)
    own = await write_conversation(
        ["I have two dogs.", "I bake bread."], ["I am a nurse."], turns=2, seed=3
    )
    lines = [f"User {turn.speaker + 1}: {' '.join(turn.text.split())}" for turn in own.turns]
    assert got.choices[0].message.content == "\n".join(lines)
    assert got.choices[0].finish_reason == "stop"
    assert got.usage.prompt_tokens == own.tokens_in
    assert got.usage.completion_tokens > 0
    assert got.usage.total_tokens == own.tokens_in + got.usage.completion_tokens


async def test_persona_and_talk_become_the_next_turn_of_the_persona(client: Any) -> None:
    messages = [PERSONA, {"role": "user", "content": "Hi! Do you have pets?"}]
    got = await client.chat.completions.create(model="embedded", messages=messages, seed=5, n=2)
    own = await write_turn(
        ["I have two dogs."], [], [(1, "Hi! Do you have pets?")], speaker=0, seed=5
    )
    assert got.choices[0].message.content == " ".join(own.turns[0].text.split())
    assert [choice.index for choice in got.choices] == [0, 1]


async def test_a_chat_streams_turn_by_turn_what_it_says_whole(client: Any) -> None:
    asked = {"model": "embedded", "messages": [TWO_PEOPLE], "seed": 3}
    whole = await client.chat.completions.create(**asked)
    stream = await client.chat.completions.create(
        **asked, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    said = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert "".join(said) == whole.choices[0].message.content
    assert len(said) == whole.choices[0].message.content.count("\n") + 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage == whole.usage


async def test_a_chat_ends_before_a_stop_string_and_at_the_most_tokens(client: Any) -> None:
    asked = {"model": "embedded", "messages": [TWO_PEOPLE], "seed": 3}
    first = await client.chat.completions.create(**asked, stop="\nUser 2:")
    assert first.choices[0].message.content.startswith("User 1: ")
    assert "\n" not in first.choices[0].message.content
    short = await client.chat.completions.create(**asked, max_tokens=5)
    assert (short.choices[0].finish_reason, short.usage.completion_tokens) == ("length", 5)


async def test_logprobs_of_an_echoed_prompt_are_the_network_s_own(client: Any) -> None:
    text = "I have a dog, Zoë 日."
    got = await client.completions.create(
        model="embedded", prompt=text, echo=True, logprobs=2, max_tokens=1, temperature=0
    )
    told = got.choices[0].logprobs
    bpe, network = read_bpe(), Network(read_weights())
    ids = bpe.encode(text)
    logits = network.prefill(0, formats.text(ids), 0, every=True).astype(float)[1:]
    shares = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    expected = [float(shares[place, token]) for place, token in enumerate(ids)]
    np.testing.assert_allclose(told.token_logprobs[: len(ids)], expected, atol=1e-4)
    assert "".join(told.tokens[: len(ids)]) == text
    assert "".join(told.tokens) == got.choices[0].text
    best = max(told.top_logprobs[1].values())
    assert best == pytest.approx(float(shares[1].max()), abs=1e-4)
    for token, place in zip(told.tokens, told.text_offset, strict=True):
        assert got.choices[0].text[place:].startswith(token)
    own = await EmbeddedModel().score("I have a dog, Zoë", " 日.")
    after = [v for v, o in zip(told.token_logprobs, told.text_offset, strict=True) if o >= 17]
    np.testing.assert_allclose(after[: len(own.logprobs)], own.logprobs, atol=1e-4)


async def test_what_is_written_has_the_logprobs_that_it_is_scored_with(client: Any) -> None:
    got = await client.completions.create(
        model="embedded", prompt="I like to", logprobs=0, max_tokens=8, seed=1
    )
    text, told = got.choices[0].text, got.choices[0].logprobs
    assert "".join(told.tokens) == text
    assert got.usage.completion_tokens <= 8
    own = await EmbeddedModel().score("I like to", text)
    if own.tokens == tuple(told.tokens):  # else it was written in other tokens than it is read in
        np.testing.assert_allclose(told.token_logprobs, own.logprobs, atol=1e-3)


async def test_a_completion_streams_what_it_says_whole_and_the_seed_fixes_it(client: Any) -> None:
    asked = {"model": "embedded", "prompt": ["I like", "My dog"], "n": 2, "seed": 9}
    whole = await client.completions.create(**asked, max_tokens=10, stop=["zz"])
    again = await client.completions.create(**asked, max_tokens=10, stop=["zz"])
    texts = [choice.text for choice in whole.choices]
    assert texts == [choice.text for choice in again.choices]
    assert len(set(texts)) > 1
    heard = [""] * 4
    stream = await client.completions.create(**asked, max_tokens=10, stop=["zz"], stream=True)
    async for chunk in stream:
        for choice in chunk.choices:
            heard[choice.index] += choice.text
    assert heard == texts


async def test_the_temperature_0_takes_the_likeliest_and_ids_are_a_prompt_too(client: Any) -> None:
    asked = {"model": "embedded", "temperature": 0, "max_tokens": 6}
    one = await client.completions.create(**asked, prompt="I like to", seed=1)
    other = await client.completions.create(**asked, prompt=read_bpe().encode("I like to"), seed=2)
    assert one.choices[0].text == other.choices[0].text != ""


async def test_embeddings_are_the_static_embedder_s_in_either_encoding(client: Any) -> None:
    texts = ["I have a dog.", "Ich mag 日本."]
    packed = await client.embeddings.create(model="embedded", input=texts)
    plain = await client.embeddings.create(model="embedded", input=texts, encoding_format="float")
    own = await EmbeddedModel().embed(texts)
    for got in (packed, plain):
        np.testing.assert_allclose([row.embedding for row in got.data], own, atol=1e-7)
    assert packed.usage.prompt_tokens == 7


CHAT = {"model": "embedded", "messages": [TWO_PEOPLE]}
FAULTS: list[tuple[str, dict[str, Any], str, str | None, str]] = [
    ("chat", CHAT | {"model": "gpt"}, "NotFoundError", "model", "this server has one: 'embedded'"),
    ("chat", CHAT | {"messages": [{"role": "user", "content": "Tell me a joke."}]},
     "BadRequestError", "messages", "follows no instructions"),
    ("chat", CHAT | {"messages": []}, "BadRequestError", "messages", "at least one message"),
    ("chat", CHAT | {"messages": [PERSONA]}, "BadRequestError", "messages", "must be the user's"),
    ("chat", CHAT | {"messages": [{"role": "user", "content": "Person 1:\n- x\nPerson 1:\n- y"}]},
     "BadRequestError", "messages", "stands there twice"),
    ("chat", CHAT | {"messages": [{"role": "user", "content": "Person 1:\n- " + "a b " * 60
                                   + "\nPerson 2:\n- I sail."}]},
     "BadRequestError", "messages", "fact 1 of person 1 is too long"),
    ("chat", CHAT | {"messages": [{"role": "user", "content": "Person 1:\n" + "I\n" * 600
                                   + "Person 2:\n- I sail."}]},
     "BadRequestError", "messages", "601 facts are too many"),
    ("chat", CHAT | {"temperature": 10**400}, "BadRequestError", "temperature", "must be 0 to 2"),
    ("chat", CHAT | {"messages": [PERSONA, *[{"role": "user", "content": "Hi."}] * 21]},
     "BadRequestError", "messages", "21 turns"),
    ("chat", CHAT | {"top_p": 0.5}, "BadRequestError", "top_p", "drafted several times"),
    ("chat", CHAT | {"logprobs": True}, "BadRequestError", "logprobs", "/v1/completions tells"),
    ("chat", CHAT | {"tools": [{"type": "function"}]}, "BadRequestError", "tools", "not supported"),
    ("chat", CHAT | {"temperature": "hot"}, "BadRequestError", "temperature", "must be a number"),
    ("chat", CHAT | {"n": 0}, "BadRequestError", "n", "1 to 128"),
    ("chat", CHAT | {"extra_body": {"sead": 1}}, "BadRequestError", "sead", "did you mean 'seed'"),
    ("text", {"prompt": "a " * 1100}, "BadRequestError", "prompt", "context of 1024"),
    ("text", {"prompt": "a", "suffix": "b"}, "BadRequestError", "suffix", "forwards only"),
    ("text", {"prompt": [3]}, "BadRequestError", "prompt", "no token of text"),
    ("text", {"prompt": "a", "max_tokens": 0}, "BadRequestError", "max_tokens", "echo"),
    ("text", {"prompt": "a", "stop": ""}, "BadRequestError", "stop", "none empty"),
    ("vectors", {"input": [[1, 2]]}, "BadRequestError", "input", "no token ids"),
    ("vectors", {"input": "a", "dimensions": 7}, "BadRequestError", "dimensions", "dimensions"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "asked", "error", "param", "words"), FAULTS)
async def test_what_cannot_be_done_is_refused_with_the_field_and_the_reason(
    client: Any, kind: str, asked: dict[str, Any], error: str, param: str, words: str
) -> None:
    calls = {
        "chat": client.chat.completions.create,
        "text": client.completions.create,
        "vectors": client.embeddings.create,
    }
    with pytest.raises(getattr(openai, error)) as caught:
        await calls[kind](**{"model": "embedded", **asked})
    assert words in caught.value.message
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error"
