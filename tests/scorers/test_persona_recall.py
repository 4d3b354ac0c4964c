"""Persona recall and precision among distractors."""

from __future__ import annotations

import pytest

from dramaturg.errors import NotJudged, ReplyError
from dramaturg.models import Call, ScriptedModel, ScriptedNLI
from dramaturg.scorers import persona_shown_by
from dramaturg.scorers.persona_recall import AttributesInput, parse_ticks
from tests.scorers.talks import a_talk

OTHERS = [
    "I collect stamps from Peru.",
    "I play the tuba.",
    "I fear spiders.",
    "I dive for pearls.",
]


async def test_words_show_what_the_owner_says_in_the_first_person() -> None:
    recall, precision = persona_shown_by(None, OTHERS)
    talk = a_talk("I have a dog.", "I play the tuba on weekends.")
    found = await recall(talk)
    assert found.value == 0.25
    assert "User 1 never shows 'I am vegan.'" in found.reasons
    told = await precision(talk)
    assert told.value == 0.5
    assert told.reasons == (
        "User 2 seems to say 'I play the tuba.', an attribute of somebody else",
    )


async def test_an_inference_model_also_meets_negated_facts_and_points_at_the_turn() -> None:
    nli = ScriptedNLI(
        {
            ("My dog is ill.", "I have a dog."): "entail",
            ("My dog is ill.", "I do not have a dog."): "entail",  # a bad judge, for the test
        }
    )
    recall, precision = persona_shown_by(nli, OTHERS)
    talk = a_talk("My dog is ill.", "Oh no.", facts=[["I have a dog."], ["I grill."]])
    found = await recall(talk)
    assert found.value == 0.5
    assert [e.turn for e in found.evidence] == [0]
    told = await precision(talk)
    assert told.value == 0.5
    assert "the opposite of a fact" in told.reasons[0]


async def test_a_chat_model_is_asked_once_a_speaker_for_both_figures() -> None:
    def reply(call: Call) -> str:
        text = call.messages[-1].content
        hits = [n.split(".")[0] for n in text.splitlines() if "I have a dog" in n]
        return f"Follows: {', '.join(hits) or 'none'}\nContradicted: none"

    model = ScriptedModel(by_task={"judge.attributes": reply})
    recall, precision = persona_shown_by(model, OTHERS)
    talk = a_talk("My dog is ill.", "Oh no.")
    assert (await recall(talk)).value == 0.25
    assert (await precision(talk)).value == 1
    assert len(model.calls) == 2
    assert (await precision(talk)).cost.calls == 0  # paid for with recall


async def test_where_nothing_shows_there_is_no_precision() -> None:
    recall, precision = persona_shown_by(None, OTHERS)
    talk = a_talk("Hello.", "Good morning.")
    assert (await recall(talk)).value == 0
    with pytest.raises(NotJudged) as error:
        await precision(talk)
    assert error.value.kind == "nothing shows"


def test_a_list_with_a_number_that_is_not_there_is_no_answer() -> None:
    inputs = AttributesInput(turns=(), speaker=0, statements=("a", "b"))
    assert parse_ticks("**Follows:** 2\nContradicted: 1", inputs) == {2}
    assert parse_ticks("Follows: none", inputs) == frozenset()
    with pytest.raises(ReplyError) as error:
        parse_ticks("Follows: 3", inputs)
    assert error.value.kind == "unknown statement"
    with pytest.raises(ReplyError):
        parse_ticks("1 and 2", inputs)
