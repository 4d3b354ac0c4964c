"""journal-dialogues end to end with a scripted actor, as an ordinary function."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dramaturg import dataset
from dramaturg.errors import UserError
from dramaturg.models import Call, ScriptedModel
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.recipes.journal_dialogues import journal_dialogues
from dramaturg.recipes.journals_made import journal_dialogues_calls
from dramaturg.recipes.recipe import Made, find_recipe
from dramaturg.records import Drop
from dramaturg.scorers.trait_ratings import BIG_FIVE
from dramaturg.store import notes
from tests.recipes.actors import journal_dialogues as play

REST = "\nUser 2: Yes.\nUser 1: Why?\nUser 2: Because.\nUser 1: I see.\nUser 2: Good."


class Kept:
    def __init__(self) -> None:
        self.drops: list[Drop] = []

    def note(self, record: msgspec.Struct) -> None:
        if isinstance(record, Drop):
            self.drops.append(record)

    def progress(self, *_: Any) -> None: ...


async def run(model: ScriptedModel, folder: Path, **changes: Any) -> tuple[Made, list[Drop]]:
    tools, kept = EmbeddedModel(), Kept()
    settings = {**play.SETTINGS, **play.inputs(folder), **changes}
    with notes.listening(kept):
        made = await journal_dialogues(model, model, tools, tools, **settings)
    return made, kept.drops


def numbers(made: Made) -> dict[str, float]:
    return {row["name"]: row["value"] for row in made.report["figures"]}


async def test_a_talk_is_grounded_in_one_kept_entry_of_each_author(tmp_path: Path) -> None:
    model = play.actor()
    made, drops = await run(model, tmp_path)
    rows: Any = made.tables["entries"]
    kept = {row.id: row for row in rows if row.kept}
    assert len(rows) == 12
    assert len(made.conversations) == 4
    assert drops == []
    authors = {person.id: person for person in made.people}
    for talk in made.conversations:
        for speaker, entry in zip(talk.speakers, talk.scene["grounding"], strict=True):
            person = authors[str(speaker.persona_id)]
            assert kept[entry].author == person.name
            assert entry in person.views["documents"]
            assert person.views["traits"] == {"openness": 0.6}
            assert " ".join(speaker.persona) in kept[entry].text
            facts = {f.id: f for f in person.facts}
            assert {facts[id].evidence[0].document for id in speaker.fact_ids} == {entry}
        assert talk.speakers[0].persona_id != talk.speakers[1].persona_id
    asked = Counter(call.task for call in model.calls)
    assert asked == {"traits.rate": len(kept), "conversation.write": 4}


async def test_authors_whose_entries_show_no_trait_are_dropped_with_the_reason(
    tmp_path: Path,
) -> None:
    def rates(call: Call) -> str:
        bees = any(word in call.messages[1].content for word in ("hive", "comb"))
        return json.dumps({**dict.fromkeys(BIG_FIVE, 50), "openness": 50 if bees else 80})

    fine = play.actor()
    model = ScriptedModel(by_task={**fine._by_task, "traits.rate": rates})
    made, drops = await run(model, tmp_path)
    names = {person.name for person in made.people}
    lost = [d for d in drops if d.kind == "author"]
    assert names | {d.subject for d in lost} == set(play.THEMES)
    assert {d.reason_class for d in lost} == {"no trait"}
    assert "ward" in names
    everybody, _ = await run(model, tmp_path, alpha=0.0)
    assert len(everybody.people) == 4


async def test_a_talk_of_another_form_is_written_again_with_the_complaint_and_then_dropped(
    tmp_path: Path,
) -> None:
    fine = play.actor()
    long = "User 1: " + "so " * 21 + REST
    model = ScriptedModel(by_task={**fine._by_task, "conversation.write": long})
    made, drops = await run(model, tmp_path, tries=2, conversations=1)
    assert len(made.conversations) == 0
    assert [(d.kind, d.reason_class) for d in drops] == [("pair", "not in form")]
    assert "turn 0 has 21 words, 20 are the most" in drops[0].reason
    writes = [call for call in model.calls if call.task == "conversation.write"]
    assert len(writes) == 2
    assert "turn 0 has 21 words" in writes[1].messages[-1].content
    assert any("0 of 1 were made" in note for note in made.notes)


async def test_a_talk_that_copies_an_entry_is_not_kept(tmp_path: Path) -> None:
    fine = play.actor()

    def copies(call: Call) -> str:
        entry = call.messages[1].content.split("<entry_of_user_1>\n")[1].split()
        return f"User 1: {' '.join(entry[1:11])}{REST}"

    model = ScriptedModel(by_task={**fine._by_task, "conversation.write": copies})
    made, drops = await run(model, tmp_path, tries=1)
    assert len(made.conversations) == 0
    assert all("copies 10 words in a row" in d.reason for d in drops)
    loose, _ = await run(model, tmp_path, tries=1, copied=10)
    assert len(loose.conversations) == 4
    assert numbers(loose)["longest copied run"] == 10.0


async def test_no_author_is_in_two_splits(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    rows = [
        {"author": f"a{n}", "text": f"I met uncle{n} at place{n} and we spoke of thing{n} and "
         f"other{n} until late{n}, then walk{n} home{n} with song{n} in mind{n}."}
        for n in range(40)
    ]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, rows)))
    made, _ = await run(play.actor(), tmp_path, entries=file, conversations=60, least_words=5)
    by_id = {talk.id: talk.split for talk in made.conversations}
    assert set(by_id.values()) == {"train", "validation", "test"}
    assert dataset.leaks(made.conversations, by_id) == []


async def test_it_is_told_that_the_embedded_model_filters_nobody(tmp_path: Path) -> None:
    model, tools = play.actor(), EmbeddedModel()
    settings = {**play.SETTINGS, **play.inputs(tmp_path)}
    made = await journal_dialogues(model, tools, tools, tools, **settings)
    assert "embedded rates no traits: no author was filtered by them" in made.notes
    assert {person.views["traits"] == {} for person in made.people} == {True}


async def test_one_author_or_no_entry_at_all_is_the_user_s_mistake(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps({"author": "a", "text": "word " * 30}) + "\n")
    model = play.actor()
    for path in (file, tmp_path / "none.jsonl"):
        with pytest.raises(UserError):
            await run(model, tmp_path, entries=path)
    assert model.calls == []


async def test_the_figures_name_how_often_the_author_can_be_told(tmp_path: Path) -> None:
    made, _ = await run(play.actor(), tmp_path, conversations=6)
    found = numbers(made)
    assert found["chance"] == 0.25
    assert 0 <= found["author told from the words"] <= 1
    assert found["turns a talk"] == 4.0
    for row in made.report["figures"]:
        assert row["n"] > 0
        assert row["scorer"]
        assert row["unit"]


async def test_an_entry_that_cannot_be_rated_costs_itself_and_not_its_author(
    tmp_path: Path,
) -> None:
    def rates(call: Call) -> str:
        fine = json.dumps({**dict.fromkeys(BIG_FIVE), "openness": 80})
        return "no idea" if "on day 2" in "".join(m.content for m in call.messages) else fine

    model = ScriptedModel(by_task={**play.actor()._by_task, "traits.rate": rates})
    made, drops = await run(model, tmp_path)
    assert len(made.people) == 4
    unread = {row.id for row in made.tables["entries"] if row.kept and "on day 2" in row.text}  # type: ignore[attr-defined]
    assert unread
    assert {(d.kind, d.subject) for d in drops} == {("rating", id) for id in unread}
    assert {person.views["traits"]["openness"] for person in made.people} == {0.6}


async def test_who_is_kept_for_a_trait_is_not_shown_as_low_in_it_for_entries_without_it(
    tmp_path: Path,
) -> None:
    def rates(call: Call) -> str:
        shows = "on day 1" in call.messages[1].content or "on day 2" in call.messages[1].content
        return json.dumps({**dict.fromkeys(BIG_FIVE), "openness": 60 if shows else None})

    model = ScriptedModel(by_task={**play.actor()._by_task, "traits.rate": rates})
    made, _ = await run(model, tmp_path, beta=0.3)
    shown = [person.views["traits"]["openness"] for person in made.people]
    assert shown
    assert set(shown) == {0.2}, "the mean of the entries that show it, 0.6, on a scale of -1 to 1"


async def test_a_talk_that_cannot_be_read_is_written_again(tmp_path: Path) -> None:
    fine = play.actor()._by_task["conversation.write"]
    asked: list[int] = []

    def writes(call: Call) -> str:
        asked.append(call.seed)
        return "no talk" if len(asked) <= 2 else str(fine(call))  # type: ignore[operator]

    model = ScriptedModel(by_task={**play.actor()._by_task, "conversation.write": writes})
    made, drops = await run(model, tmp_path, conversations=1, tries=2)
    assert len(made.conversations) == 1
    assert drops == []


def test_the_estimate_asks_for_no_more_talks_than_authors_can_meet() -> None:
    settings = {**find_recipe("journal-dialogues").settings}
    defaults = {name: one.default for name, one in settings.items()}
    talks = journal_dialogues_calls({**defaults, "conversations": 10_000}, 0)[1]
    assert talks.calls == 15, "six authors"
