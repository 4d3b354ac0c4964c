"""Dramaturg's own prompts are read backwards, so that `--model openai:embedded@...` reaches far."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dramaturg.models import Call, Reply
from dramaturg.models.ask import ask
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.persona import AnswerAs, answer
from dramaturg.prompts import Message
from dramaturg.runner import arun, checkup
from dramaturg.serve.own_prompts import recognised, unfilled
from tests.serve.served import served


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with served() as address:
        yield address


class Overhears:
    """Keeps the calls with both their input and their prompt."""

    ref = "overhears"

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def native(self, task: str) -> bool:
        return False

    def follows_prompts(self) -> bool:
        return True

    async def answer(self, call: Call) -> Reply:
        self.calls.append(call)
        return Reply(text="I paint boats at night.")


def as_sent(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    return [{"role": m.role, "content": m.content} for m in messages]


async def test_a_filled_prompt_gives_back_its_input_and_a_changed_one_nothing() -> None:
    model = Overhears()
    person = AnswerAs(facts=("I have two dogs.", "I bake."), query="What do you do?")
    await ask(model, answer(), person, seed=1)
    sent = as_sent(model.calls[0].messages)
    found = recognised(sent)
    assert found is not None
    assert found.task == "persona.answer"
    assert found.inputs == {"facts": ["I have two dogs.", "I bake."], "query": "What do you do?"}
    again = [*sent, {"role": "assistant", "content": "No."}, {"role": "user", "content": "Again"}]
    assert recognised(again) == found
    sent[0]["content"] += " Answer in French."
    assert recognised(sent) is None


def test_the_last_occurrence_between_two_places_counts() -> None:
    assert unfilled("{{a}}For {{b}}.", "For x. For y.") == {"b": "y", "a": "For x. "}
    assert unfilled("{{a}}For {{b}}.", "Of y.") is None
    assert unfilled("Hi", "Hi") == {}
    assert unfilled("a{{x}}a", "a") is None


async def test_an_answer_over_the_network_is_the_one_that_the_model_gives_itself(url: str) -> None:
    overheard = Overhears()
    person = AnswerAs(facts=("I have two dogs.",), query="What do you do for fun?")
    await ask(overheard, answer(), person, seed=4)
    client = OpenAICompatible("embedded", url, timeout_s=60)
    try:
        told = await client.answer(overheard.calls[0])
    finally:
        await client.aclose()
    inputs = msgspec.to_builtins(person)
    own = await EmbeddedModel().answer(msgspec.structs.replace(overheard.calls[0], inputs=inputs))
    assert told.text == own.text
    assert told.cost.tokens_out > 0


async def test_doctor_finds_it_well(url: str) -> None:
    found = await checkup.examine([f"openai:embedded@{url}"])
    assert found["models"][0]["ok"], found
    assert found["models"][0]["said"].startswith(("I", "My"))


async def test_a_run_s_writer_can_be_the_served_model(url: str, tmp_path: Path) -> None:
    people = tmp_path / "people.txt"
    people.write_text("I have two dogs.\nI am a nurse.\nI bake.\nI run.\nMy dog is old.\n")
    made = await arun(
        "synthetic-persona-chat",
        personas=people, n=1, out=tmp_path / "out", seed=3, drafts=1, rounds=1,
        min_turns=2, max_turns=5, profile_size=2, new_facts=0, query_steps=0,
        model=["embedded", f"writer=openai:embedded@{url}"],
    )  # fmt: skip
    talks = list(made.conversations())
    assert len(talks) == 1
    assert talks[0].turns[0].text
