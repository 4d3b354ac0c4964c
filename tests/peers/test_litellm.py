"""`dramaturg serve` driven by litellm, as one of its OpenAI-compatible providers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from dramaturg.models.embedded_model import EmbeddedModel
from tests.serve.served import TWO_PEOPLE, served

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the network when imported
litellm = pytest.importorskip("litellm", reason="litellm is heavy: `make peers` installs it")


@pytest.fixture
async def asked() -> AsyncIterator[dict[str, Any]]:
    async with served() as url:
        yield {"api_base": url, "api_key": "none", "num_retries": 0}


async def test_litellm_chats(asked: dict[str, Any]) -> None:
    got = await litellm.acompletion("openai/embedded", [TWO_PEOPLE], seed=3, **asked)
    text = got.choices[0].message.content
    assert text.startswith("User 1: ")
    parts = [
        chunk.choices[0].delta.content or ""
        async for chunk in await litellm.acompletion(
            "openai/embedded", [TWO_PEOPLE], seed=3, stream=True, **asked
        )
    ]
    assert "".join(parts) == text


async def test_litellm_gets_logprobs_of_a_completion(asked: dict[str, Any]) -> None:
    got = await litellm.atext_completion(
        model="text-completion-openai/embedded", prompt="I have", echo=True, logprobs=1,
        max_tokens=1, **asked,
    )  # fmt: skip
    own = await EmbeddedModel().score("I", " have")
    assert got.choices[0].logprobs.token_logprobs[1] == pytest.approx(own.logprobs[0], abs=1e-4)


async def test_litellm_embeds(asked: dict[str, Any]) -> None:
    got = await litellm.aembedding("openai/embedded", input=["I sail."], **asked)
    own = await EmbeddedModel().embed(["I sail."])
    np.testing.assert_allclose(got.data[0]["embedding"], own[0], atol=1e-6)


async def test_litellm_is_told_why_it_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(litellm.BadRequestError, match="follows no instructions"):
        await litellm.acompletion(
            "openai/embedded", [{"role": "user", "content": "Tell me a joke."}], **asked
        )
