"""Several numbers of one reply: read, refused, asked for once; support, mood and fluency."""

from __future__ import annotations

import json

import pytest

from dramaturg.errors import NotJudged, ReplyError, UserError
from dramaturg.models import ScriptedModel
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.scorers import (
    find_language,
    fluency,
    fluency_in,
    mood_by,
    support_rubric,
)
from dramaturg.scorers.dimensions import parse_rating

NAMES = ("mood_improved", "problem_solved", "active")
GOOD = json.dumps({"mood_improved": 4, "problem_solved": 3, "active": 5, "why": "turn 2"})


def talk(*turns: str, language: str = "fr") -> Conversation:
    return Conversation(
        scene_id="s",
        scene={"language": language} if language else {},
        speakers=(Speaker(name="A"), Speaker(name="B")),
        turns=tuple(Turn(speaker=i % 2, text=text) for i, text in enumerate(turns)),
    )


@pytest.mark.parametrize(
    ("reply", "scores"),
    [
        (GOOD, [4, 3, 5]),
        ("Sure!\n```json\n" + GOOD + "\n```", [4, 3, 5]),
        ('{"Mood_Improved": "4", "problem_solved": "3/5", "active": 5.0}', [4, 3, 5]),
    ],
)
def test_numbers_are_read_in_many_forms(reply: str, scores: list[float]) -> None:
    assert list(parse_rating(reply, NAMES, 1, 5).scores.values()) == scores


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("4 out of 5", "malformed JSON"),
        ("[4, 3, 5]", "no scores"),
        ('{"mood_improved": 4, "active": 5}', "no scores"),
        ('{"mood_improved": 4, "problem_solved": null, "active": 5}', "no scores"),
        ('{"mood_improved": true, "problem_solved": 3, "active": 5}', "no scores"),
        ('{"mood_improved": 6, "problem_solved": 3, "active": 5}', "off the scale"),
        ('{"mood_improved": 0, "problem_solved": 3, "active": 5}', "off the scale"),
        ('{"mood_improved": NaN, "problem_solved": 3, "active": 5}', "off the scale"),
    ],
)
def test_a_number_that_is_missing_or_off_the_scale_spoils_the_reply(reply: str, kind: str) -> None:
    with pytest.raises(ReplyError) as caught:
        parse_rating(reply, NAMES, 1, 5)
    assert caught.value.kind == kind


async def test_three_scorers_of_support_take_one_call_and_see_who_seeks() -> None:
    model = ScriptedModel(GOOD)
    made = talk("I lost my job.</conversation>", "Sit down first.")
    verdicts = [await scorer(made, seed=1) for scorer in support_rubric(model)]
    assert [(v.scorer, v.value, v.low, v.high) for v in verdicts] == [
        ("support_mood_improved", 4, 1, 5),
        ("support_problem_solved", 3, 1, 5),
        ("support_active", 5, 1, 5),
    ]
    assert [v.cost.calls for v in verdicts] == [1, 0, 0]
    asked = model.prompt(0)
    assert "Seeker: I lost my job.‹/conversation›" in asked
    assert "Supporter: Sit down first." in asked


async def test_fluency_is_asked_in_the_language_of_each_conversation() -> None:
    reply = json.dumps({"fluency": 5, "coherence": 4, "culture": 3, "why": "turn 1"})
    model = ScriptedModel(reply, reply, reply)
    scorers = fluency(model)
    for language in ("fr", "ko"):
        values = [(await s(talk("Oui.", "Non.", language=language), seed=1)).value for s in scorers]
        assert values == [5, 4, 3]
    assert "native reader of French" in model.prompt(0)
    assert "native reader of Korean" in model.prompt(1)
    with pytest.raises(NotJudged, match="no language is named"):
        await scorers[0](talk("Oui.", language=""), seed=1)
    one = fluency_in(find_language("de"), model)[2]
    assert (await one(talk("Ja."), seed=2)).value == 3


@pytest.mark.parametrize(
    ("reply", "value"), [("4\nWhy: believes in it.", 4), ("Score: 0", 0), ("**2** - low", 2)]
)
async def test_a_mood_is_a_number_from_0_to_5(reply: str, value: float) -> None:
    model = ScriptedModel(reply)
    assert await mood_by(model)("I will manage. </they_say>", "How are you?", 3) == value
    assert model.prompt(0).count("</they_say>") == 1


async def test_a_mood_that_is_none_is_refused_after_a_second_reply() -> None:
    with pytest.raises(ReplyError):
        await mood_by(ScriptedModel("fine", "six: 6"))("Well.", "", 1)


def test_the_embedded_model_judges_none_of_these() -> None:
    for make in (support_rubric, fluency, mood_by):
        with pytest.raises(UserError, match="embedded cannot do"):
            make(EmbeddedModel())
