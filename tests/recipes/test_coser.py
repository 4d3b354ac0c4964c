"""Staged scenes end to end with a scripted company: an ordinary function, no runner, no folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dramaturg import scorers
from dramaturg.errors import BackendError, UserError
from dramaturg.models import Call, ScriptedModel
from dramaturg.recipes.coser import coser
from dramaturg.recipes.recipe import Made
from tests.recipes.actors import coser as actor


async def play(model: ScriptedModel, **settings: Any) -> Made:
    return await coser(model, model, model, model, model, **settings)


def figure(made: Made, name: str) -> dict[str, Any]:
    return next(row for row in made.report["figures"] if row["name"] == name)


async def test_a_book_becomes_scenes_with_scores_and_training_samples(tmp_path: Path) -> None:
    model = actor.actor()
    made = await play(model, **{**actor.SETTINGS, **actor.inputs(tmp_path)})
    assert len(made.conversations) == 2
    for talk in made.conversations:
        assert {f"flaws_{name}" for name in scorers.DIMENSIONS} == set(talk.scores)
        assert all(79 <= value <= 100 for value in talk.scores.values())
        assert talk.speakers[-1].name == "Environment"
        assert 5 <= len(talk.turns) <= 8
        assert any("cellar" in turn.channels.get("thought", "") for turn in talk.turns)
        assert not any("cellar" in turn.text for turn in talk.turns)
        assert talk.scene["motivations"]["Ada"] == "Ada wants to know first."
        assert talk.provenance.recipe == "coser"
    samples: Any = made.tables["samples"]
    split = {talk.scene_id: talk.split for talk in made.conversations}
    assert {(row.scene, row.split) for row in samples} == set(split.items())
    assert all(split.values())
    assert {row.role for row in samples} >= {"Ada", "Bo", "Cleo", "Environment"}
    assert figure(made, "lines_in_book")["value"] == 1.0
    assert figure(made, "flaws_mean")["n"] == 2
    assert made.report["steps"]["reading"]["pieces"] == 2
    assert made.cut is None


async def test_the_scenes_that_ship_are_played_without_reading_a_book() -> None:
    model = actor.actor()
    made = await play(model, turns=14)
    assert len(made.conversations) == 2
    assert not any(call.task.startswith("book.") for call in model.calls)
    assert made.notes[0] == "20 scenes were asked for, and the file holds 2"
    assert {p.name for p in made.people} == {"Maren", "Tove", "Jens"}
    assert all(talk.scene["title"] == "The Lamp At Skerry" for talk in made.conversations)
    storm = made.conversations[1]
    asked = [c.messages[-1].content for c in model.calls if c.task == "stage.act"]
    late = [text for text in asked if "<you>Maren" in text and "lantern room" in text]
    assert any("hardly see the chart" in text for text in late), "what came before is recalled"
    assert not any("by her ears and memory" in text for text in asked), "and the future is not"
    assert storm.provenance.models == dict.fromkeys(
        ["actor", "environment", "director"], "scripted:actor"
    )


async def test_no_thought_of_anybody_reaches_another_actor_or_the_critic() -> None:
    model = actor.actor()
    made = await play(model, turns=8)
    thoughts = {
        (talk.speakers[turn.speaker].name, turn.channels["thought"])
        for talk in made.conversations
        for turn in talk.turns
        if "thought" in turn.channels
    }
    assert len(thoughts) > 5
    for call in model.calls:
        text = "\n".join(message.content for message in call.messages)
        for name, thought in thoughts:
            if thought in text:
                assert call.task == "stage.act"
                assert f"<you>{name} in" in text


async def test_a_scene_whose_actor_cannot_be_read_is_lost_alone() -> None:
    def mute(call: Call) -> str:
        jens = any("Jens" in message.content for message in call.messages)
        return "" if jens else "[Hm.] Aye."

    model = actor.actor()
    broken = ScriptedModel(by_task={**model._by_task, "stage.act": mute})
    made = await play(broken, turns=6)
    assert len(made.conversations) == 1
    assert any("1 of 2 were made" in note for note in made.notes)


async def test_a_critic_that_gives_no_verdict_costs_the_score_and_not_the_scene() -> None:
    model = actor.actor()
    judge = {**model._by_task, "judge.flaws.anthropomorphism": "Very human."}
    made = await play(ScriptedModel(by_task=judge), turns=5)
    assert len(made.conversations) == 2
    assert "flaws_anthropomorphism" not in made.conversations[0].scores
    assert not any(row["name"] == "flaws_mean" for row in made.report["figures"])
    assert figure(made, "flaws_storyline_quality")["n"] == 2


async def test_a_file_of_scenes_in_the_published_form_is_played(tmp_path: Path) -> None:
    scene = {
        "book": "T",
        "scenario": "A yard.",
        "dialogues": [{"character": "Al", "message": "Hi."}, {"character": "Di", "message": "Yo."}],
    }
    file = tmp_path / "scenes.json"
    file.write_text(json.dumps([scene]), encoding="utf-8")
    made = await play(actor.actor(), book=file, scenes=1, turns=5)
    assert [s.name for s in made.conversations[0].speakers] == ["Al", "Di", "Environment"]


@pytest.mark.parametrize("name", ["empty.txt", "missing.txt"])
async def test_a_book_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.txt").touch()
    with pytest.raises(UserError):
        await play(actor.actor(), book=tmp_path / name)


async def test_scenes_that_were_played_are_handed_over_where_the_judging_is_cut_off() -> None:
    gone = BackendError("the critic is gone", kind="connection")
    made = await coser(*[actor.actor()] * 4, _Failing(gone), turns=6)
    assert len(made.conversations) == 2
    assert all(talk.turns and not talk.scores for talk in made.conversations)
    assert made.cut is gone
    assert figure(made, "turns")["n"] == 2


class _Failing(ScriptedModel):
    """A critic that fails for good."""

    def __init__(self, error: BackendError) -> None:
        super().__init__()
        self.error = error

    async def answer(self, call: Call) -> Any:
        raise self.error
