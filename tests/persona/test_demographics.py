"""People by attributes: read from files with a reason for each drop, or made up around a draw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dramaturg import persona, profile
from dramaturg.errors import BackendError, UserError
from dramaturg.models import Call, ScriptedModel
from tests.persona.test_scenes import Heard, heard
from tests.recipes.actors import synthpai as actor

__all__ = ["heard"]


def test_attributes_become_sentences_and_a_view() -> None:
    (row,) = actor.people(1)
    person = persona.person_of({**row, "style": {"manner": "You write."}, "shoe": 44})
    assert person.sentences[:3] == ("I am 20 years old.", "I am male.", "I live in Graz, Austria.")
    assert person.facts[0].category == "age"
    assert persona.attributes_of(person)["occupation"] == "baker"
    assert "shoe" not in persona.attributes_of(person)
    assert person.views["style"] == {"manner": "You write."}
    assert person.name == "User0"


@pytest.mark.parametrize("form", ["lines", "list", "object"])
def test_every_form_of_file_gives_the_same_people(tmp_path: Path, form: str) -> None:
    rows = actor.people(3)
    text = {
        "lines": "\n".join(map(json.dumps, rows)),
        "list": json.dumps(rows),
        "object": json.dumps({f"pers{n}": row for n, row in enumerate(rows)}),
    }[form]
    path = tmp_path / "people.json"
    path.write_text(text, encoding="utf-8")
    assert [p.name for p in persona.read_profiles(path)] == ["User0", "User1", "User2"]


def test_who_lacks_an_attribute_or_is_there_twice_is_dropped(tmp_path: Path, heard: Heard) -> None:
    rows = [*actor.people(2), {"age": 31, "sex": "male"}, actor.people(1)[0]]
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\nnot JSON\n", encoding="utf-8")
    assert len(persona.read_profiles(path)) == 2
    assert sorted(drop.reason for drop in heard.drops)[1:] == [
        "no profile: line 3 lacks city_country, education, occupation",
        "not JSON: line 5 (Expecting value: line 1 column 1 (char 0))",
    ]
    assert heard.drops[-1].reason == "duplicate: line 4 is there already"


@pytest.mark.parametrize("text", ["[]", "{}", "\n", '[{"age": 3}]', "{"])
def test_a_file_without_two_people_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="and a thread takes two"):
        persona.read_profiles(path)


async def test_a_made_up_person_keeps_what_was_drawn(heard: Heard) -> None:
    people = await persona.invent_profiles(actor.actor(), 12, seed=5)
    again = await persona.invent_profiles(actor.actor(), 12, seed=5)
    assert [p.id for p in people] == [p.id for p in again]
    assert len({p.name for p in people}) == 12
    told = persona.attributes_of(people[0])
    assert told["city_country"] in actor.CITIES
    assert told["sex"] in ("female", "male")
    assert heard.drops == []


async def test_a_person_who_cannot_be_read_is_a_drop(heard: Heard) -> None:
    good = actor.actor()._by_task["profile.invent"]
    bad = ['{"city_country": "Graz"}', "no"] * 2
    model = ScriptedModel(*bad, good, good, good, good)
    people = await persona.invent_profiles(model, 4, seed=5)
    assert len(people) + len(heard.drops) == 4
    assert {drop.kind for drop in heard.drops} == {"profile"}
    with pytest.raises(UserError, match="of 2 people could be made up"):
        await persona.invent_profiles(ScriptedModel(by_task={"profile.invent": "no"}), 2, seed=5)


async def test_a_style_card_is_written_once_and_one_that_fails_is_left_out(heard: Heard) -> None:
    first, second = (persona.person_of(row) for row in actor.people(2))
    styled = persona.person_of({**actor.people(1)[0], "style": "You shout."})
    card = '{"manner": "You write without any capital letters.", "sample": "so tired"}'
    model = ScriptedModel(card, "nothing", "nothing")
    made = await profile.style_cards([first, styled, second], model, seed=1)
    assert made[0].views["style"]["sample"] == "so tired"
    assert made[0].id != first.id
    assert (made[1], made[2]) == (styled, second)
    assert [drop.kind for drop in heard.drops] == ["style"]


async def test_a_style_whose_call_is_lost_costs_that_style_and_not_the_run(heard: Heard) -> None:
    people = [persona.person_of(row) for row in actor.people(2)]
    card = '{"manner": "You write without any capital letters.", "sample": "so tired"}'

    def one_is_lost(call: Call) -> str:
        if people[0].sentences[0] in call.messages[-1].content:
            raise BackendError("too slow", kind="timeout", retryable=True)
        return card

    made = await profile.style_cards(
        people, ScriptedModel(by_task={"profile.style": one_is_lost}), seed=1
    )
    assert made[0] == people[0]
    assert made[1].views["style"]["sample"] == "so tired"
    assert [drop.reason for drop in heard.drops] == ["failed call: timeout"]
