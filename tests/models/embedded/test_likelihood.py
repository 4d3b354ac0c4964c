"""How likely a text is, by the shipped weights."""

from __future__ import annotations

import numpy as np
import pytest

from dramaturg import scorers
from dramaturg.errors import RecordError, UserError
from dramaturg.models import Call, Embedder, LogProbModel
from dramaturg.models.embedded import formats
from dramaturg.models.embedded.network import Network
from dramaturg.models.embedded.shipped import read_bpe, read_weights
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.records import Conversation, Speaker, Turn


async def test_each_token_has_the_probability_that_the_network_itself_gives_it() -> None:
    scored = await EmbeddedModel().score("User 1: I have a dog.\nUser 2:", " What is its name?")
    bpe, network = read_bpe(), Network(read_weights())
    prompt = formats.text(bpe.encode("User 1: I have a dog.\nUser 2:"))
    rest = bpe.encode("What is its name?")  # the encoder puts the space before it
    logits = network.prefill(0, prompt, 0)[0].astype(float)
    expected = []
    for place, token in enumerate(rest):  # one by one, as text is written
        expected.append(logits[token] - np.logaddexp.reduce(logits))
        logits = network.decode({0: token}, {0: len(prompt) + place})[0].astype(float)
    np.testing.assert_allclose(scored.logprobs, expected, atol=1e-4)
    assert scored.total == pytest.approx(sum(expected), abs=1e-3)
    assert scored.cost.tokens_in == len(prompt) + len(rest)


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Hi", " there, Zoë 🎻 日本!"),
        ("", "Hi there"),
        ("", " Hi"),
        ("A: ", "no space"),
        ("x", "\n"),
        ("<say>", " <eos>"),
    ],
)
async def test_the_tokens_joined_are_the_text(before: str, text: str) -> None:
    scored = await EmbeddedModel().score(before, text)
    assert "".join(scored.tokens) == text
    assert len(scored.tokens) == len(scored.logprobs) > 0
    assert all(value <= 0 for value in scored.logprobs)


async def test_a_text_that_does_not_fit_is_refused_and_none_of_it_left_out() -> None:
    model = EmbeddedModel()
    fits = await model.score("a", " a" * 1022)  # bos text a, and the last one is not read
    assert len(fits.logprobs) == 1022
    with pytest.raises(RecordError, match="1023 tokens after 3"):
        await model.score("a", " a" * 1023)
    assert (await model.score("a", "")).logprobs == ()


async def test_one_object_writes_scores_and_embeds() -> None:
    model = EmbeddedModel()
    assert isinstance(model, LogProbModel)
    assert isinstance(model, Embedder)
    assert model.native("conversation.write")
    assert (await model.embed(["I sail."])).shape[0] == 1


async def test_a_likelihood_scorer_runs_on_it_and_gives_the_same_value_again() -> None:
    talk = Conversation(
        scene_id="s",
        speakers=(Speaker(name="User 1", persona=("I sail.",)), Speaker(name="User 2")),
        turns=(Turn(speaker=0, text="Hello, how are you?"), Turn(speaker=1, text="I'm fine.")),
    )
    values = [
        (await scorers.follow_up("error recovery", EmbeddedModel())(talk)).value for _ in range(2)
    ]
    assert values[0] == values[1] != 0


async def test_odds_of_an_answer_are_refused_by_name() -> None:
    with pytest.raises(UserError, match="follows no instructions"):
        await EmbeddedModel().odds(Call(task="odds.judge"), ["Yes", "No"])
