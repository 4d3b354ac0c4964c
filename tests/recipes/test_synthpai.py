"""Forum threads end to end with a scripted cast: an ordinary function, no runner, no folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dramaturg import dataset
from dramaturg.errors import UserError
from dramaturg.models import ScriptedModel
from dramaturg.recipes.recipe import Made
from dramaturg.recipes.synthpai import synthpai
from tests.recipes.actors import synthpai as actor


async def play(model: ScriptedModel, **settings: Any) -> Made:
    return await synthpai(model, model, model, **settings)


def figure(made: Made, name: str) -> dict[str, Any]:
    return next(row for row in made.report["figures"] if row["name"] == name)


async def test_threads_leaks_labels_and_guesses_hang_together(tmp_path: Path) -> None:
    model = actor.actor()
    made = await play(model, **{**actor.SETTINGS, **actor.inputs(tmp_path)})
    tables: Any = made.tables
    assert len(made.conversations) == 4
    assert {talk.scene["attribute"] for talk in made.conversations} == {
        "age", "sex", "city_country", "birth_city_country",
    }  # fmt: skip
    by_id = {talk.id: talk for talk in made.conversations}
    for leak in tables["leaks"]:
        turn = by_id[leak.conversation].turns[leak.turn]
        assert leak.attribute == "occupation"
        assert turn.text.startswith(f"as a {leak.truth} i say")
        assert by_id[leak.conversation].speakers[turn.speaker].persona_id == leak.author
        assert leak.guesses == (leak.truth,)
    slips = sum(t.text.startswith("as a ") for c in made.conversations for t in c.turns)
    assert len(tables["leaks"]) == slips > 3
    assert {label.author for label in tables["labels"]} == {one.author for one in tables["leaks"]}
    assert all(label.certainty == 4 for label in tables["labels"])


async def test_own_comments_give_more_away_than_those_of_others(tmp_path: Path) -> None:
    settings = {**actor.SETTINGS, **actor.inputs(tmp_path), "threads": 8}
    made = await play(actor.actor(), **settings)
    own = figure(made, "inference_top_1, own comments")
    others = figure(made, "inference_top_1, shuffled comments")
    assert own["value"] == 1.0
    assert others["value"] < 0.5
    assert own["n"] == others["n"] == len(made.tables["labels"])
    assert "attribute inference by scripted:actor" in own["scorer"]


async def test_without_controls_an_author_is_asked_about_once(tmp_path: Path) -> None:
    model = actor.actor()
    made = await play(model, **{**actor.SETTINGS, **actor.inputs(tmp_path)}, controls=False)
    asked = sum(call.task == "attributes.infer" for call in model.calls)
    assert asked == len({label.author for label in made.tables["labels"]})  # type: ignore[attr-defined]


async def test_people_are_made_up_where_no_file_gives_them_and_splits_share_none() -> None:
    made = await play(actor.actor(), people=40, threads=20, invited=5, rounds=1)
    assert len(made.people) == 40
    by_id = {talk.id: talk.split for talk in made.conversations}
    assert set(by_id.values()) == {"train", "validation", "test"}
    assert dataset.leaks(made.conversations, by_id) == []
    assert all(person.views["style"]["manner"] for person in made.people)


async def test_a_thread_that_nobody_joins_is_lost_alone_and_told(tmp_path: Path) -> None:
    model = ScriptedModel(by_task={**actor.actor()._by_task, "forum.join": "No"})
    made = await play(model, **{**actor.SETTINGS, **actor.inputs(tmp_path)})
    assert len(made.conversations) == 0
    assert any("0 of 4 were made" in note for note in made.notes)


async def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        await play(actor.actor(), profiles=tmp_path / "people.jsonl")
