"""The table of turns and facts, measured and asked."""

from __future__ import annotations

import pytest

from dramaturg.errors import NotJudged, ReplyError
from dramaturg.models import ScriptedModel, ScriptedNLI
from dramaturg.scorers import fact_table
from dramaturg.scorers.facts import FactsInput, parse_findings
from tests.scorers.talks import a_talk


async def test_every_turn_meets_every_fact_and_each_row_says_whose_it_is() -> None:
    nli = ScriptedNLI(
        {
            ("I love steak.", "I am vegan."): "contradict",
            ("I live in Oslo.", "I live in Norway."): "entail",
            ("I grill too.", "I grill every weekend."): "entail",
        }
    )
    table = await fact_table(
        a_talk("I love steak.", "I live in Oslo.", "I grill too.", "Do you?"), nli
    )
    assert len(table.rows) == 4 * 4
    told = [
        (row.turn, row.whose, row.label, row.fact) for row in table.rows if row.label != "silent"
    ]
    assert told == [
        (0, "own", "contradict", "I am vegan."),
        (1, "own", "entail", "I live in Norway."),
        (2, "partner", "entail", "I grill every weekend."),
    ]
    assert len(table.where(label="entail", whose="partner")) == 1
    assert all(row.fact_id for row in table.rows)


async def test_a_chat_model_is_asked_once_and_may_name_only_what_is_there() -> None:
    model = ScriptedModel("T0 | F0 | contradicts | eats meat\n- T1 | F3 | entails | Oslo")
    table = await fact_table(a_talk("I love steak.", "I live in Oslo."), model)
    assert [(r.turn, r.fact, r.label) for r in table.rows if r.label != "silent"] == [
        (0, "I am vegan.", "contradict"),
        (1, "I live in Norway.", "entail"),
    ]
    assert table.cost.calls == 1
    assert "F2 (User 2): I grill every weekend." in model.prompt(0)
    silent = await fact_table(a_talk("Hi.", "Hello."), ScriptedModel("none"))
    assert {row.label for row in silent.rows} == {"silent"}


def test_a_finding_about_a_turn_that_is_not_there_is_no_answer() -> None:
    inputs = FactsInput(turns=((0, "Hi."),), facts=((0, "I bake."),))
    with pytest.raises(ReplyError) as error:
        parse_findings("T7 | F0 | entails | x", inputs)
    assert error.value.kind == "unknown turn or fact"
    with pytest.raises(ReplyError) as error:
        parse_findings("The conversation is fine.", inputs)
    assert error.value.kind == "no findings"


async def test_without_a_persona_there_is_no_table() -> None:
    with pytest.raises(NotJudged, match="persona"):
        await fact_table(a_talk("Hi.", "Hello.", facts=[[], []]), ScriptedNLI({}))
