"""Numbers on a conversation without a decision; and near-duplicates that go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dramaturg.critique import different, rated
from dramaturg.errors import BackendError
from dramaturg.models import ScriptedModel
from dramaturg.records import Conversation, Drop, Speaker, Turn, Verdict
from dramaturg.scorers import support_rubric
from dramaturg.store import notes


class Listener:
    def __init__(self) -> None:
        self.heard: list[Any] = []

    def note(self, record: Any) -> None:
        self.heard.append(record)

    def progress(self, *args: Any) -> None:
        return None


def talk(*turns: str, scene: str = "s") -> Conversation:
    return Conversation(
        scene_id=scene,
        speakers=(Speaker(name="A"), Speaker(name="B")),
        turns=tuple(Turn(speaker=i % 2, text=text) for i, text in enumerate(turns)),
    )


async def test_every_scorer_s_number_is_on_it_and_every_verdict_is_noted() -> None:
    reply = json.dumps({"mood_improved": 4, "problem_solved": 1, "active": 5, "why": "x"})
    listener = Listener()
    with notes.listening(listener):
        made = await rated(talk("Hi.", "Hello."), support_rubric(ScriptedModel(reply)), seed=1)
    assert made.scores == {
        "support_mood_improved": 4, "support_problem_solved": 1, "support_active": 5,
    }  # fmt: skip
    assert [type(one) for one in listener.heard] == [Verdict] * 3
    assert made.id == talk("Hi.", "Hello.").id, "a score changes no id"


async def test_a_scorer_without_a_verdict_leaves_no_number_and_says_why() -> None:
    listener = Listener()
    model = ScriptedModel(by_task={"judge.support": "nice"})
    with notes.listening(listener):
        made = await rated(talk("Hi.", "Hello."), support_rubric(model), seed=1)
    assert made.scores == {}
    drops = [one for one in listener.heard if isinstance(one, Drop)]
    assert drops[0].reason == "malformed JSON: support_mood_improved has no verdict"
    assert {drop.kind for drop in drops} == {"verdict"}


async def test_a_model_that_cannot_be_used_ends_it() -> None:
    dead = ScriptedModel(by_task={"judge.support": BackendError("gone", kind="auth")})
    with pytest.raises(BackendError):
        await rated(talk("Hi.", "Hello."), support_rubric(dead), seed=1)


def test_a_near_duplicate_goes_in_any_script_and_the_first_stays() -> None:
    one = talk("I walk the old dog every morning by the sea.", "So do I, with two of them.")
    other = talk("I walk the old dog every morning by the sea!", "So do I, with two of them.")
    japanese = talk("私は毎朝犬と海辺を散歩します。", "兄は東京でパンを焼いています。")
    again = talk("私は毎朝犬と海辺を散歩します。", "兄は東京でパンを焼いていますよ。")
    listener = Listener()
    with notes.listening(listener):
        kept = different(
            [one, japanese, other, again, talk("Quite another talk, this one.", "Yes.")]
        )
    assert [t.id for t in kept[:2]] == [one.id, japanese.id]
    assert len(kept) == 3
    assert [drop.reason_class for drop in listener.heard] == ["duplicate", "duplicate"]
