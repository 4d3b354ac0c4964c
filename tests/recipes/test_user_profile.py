"""user-profile end to end with its scripted actor: what stands in the tables and in the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dramaturg.errors import BackendError
from dramaturg.models import ScriptedModel
from dramaturg.recipes.recipe import Made
from dramaturg.recipes.user_profile import user_profile
from dramaturg.records import Drop
from dramaturg.store import notes
from tests.persona.helpers import Ear
from tests.recipes.actors import user_profile as acting


async def play(folder: Path, model: ScriptedModel | None = None, **changes: Any) -> Made:
    model = model or acting.actor()
    settings = {**acting.SETTINGS, **acting.inputs(folder), **changes}
    return await user_profile(model, model, **settings)


def figures(made: Made) -> dict[str, tuple[float, int]]:
    return {row["name"]: (row["value"], row["n"]) for row in made.report["figures"]}


async def test_a_reader_that_is_right_gets_full_marks_and_every_figure_its_n(
    tmp_path: Path,
) -> None:
    made = await play(tmp_path)
    said = figures(made)
    assert said["construction_f1"] == (1.0, 7)  # four of six people have a true profile
    assert said["evidence_verbatim"] == (1.0, 9)
    assert said["update_right"] == (1.0, 30)
    assert said["replaced_value_kept_in_history"] == (1.0, 6)
    assert said["updated_f1_of_changing_nothing"][0] < 0.5
    assert len(made.tables["texts"]) == 6
    assert len(made.tables["updates"]) == 30
    assert made.conversations == []
    assert [p.name for p in made.people][:2] == ["Ada Abel", "Ben Brandt"]
    ada = made.people[0]
    assert ada.facts[0].triple is not None
    assert ada.facts[0].evidence[0].document == "note of 2025-03"


async def test_a_reader_that_takes_everybody_s_facts_loses_them_one_by_one(tmp_path: Path) -> None:
    def greedy(call: Any) -> str:
        told = json.loads(acting.update(call))
        for item in told["facts"]:
            item["person"] = "subject"
        return json.dumps(told)

    model = ScriptedModel(
        by_task={
            "profile.tell": acting.tell, "profile.note": acting.note,
            "profile.extract": acting.extract, "profile.update": greedy,
        },
    )  # fmt: skip
    said = figures(await play(tmp_path, model))
    assert said["update_right_other"] == (0.0, 6)
    assert said["update_right_restate"] == (1.0, 6)
    assert said["updated_f1"][0] < 1


async def test_one_bad_text_costs_one_person_and_is_told(tmp_path: Path) -> None:
    def stubborn(call: Any) -> str:
        return "no" if "Ben Brandt" in call.messages[-1].content + call.messages[-3].content \
            else acting.extract(call)  # fmt: skip

    model = ScriptedModel(
        by_task={
            "profile.tell": acting.tell, "profile.note": acting.note,
            "profile.extract": stubborn, "profile.update": acting.update,
        },
    )  # fmt: skip
    ear = Ear()
    with notes.listening(ear):
        made = await play(tmp_path, model)
    assert [p.name for p in made.people] == [
        "Ada Abel", "Cleo Castell", "Dario Dorn", "Edda Eklund", "Farid Farkas",
    ]  # fmt: skip
    drops = [one.reason for one in ear.notes if isinstance(one, Drop) and one.kind == "text"]
    assert drops == ["malformed JSON: the reply holds no JSON"]
    assert made.notes == ["5 of 6 were made; see dropped/ for the reasons"]


async def test_without_a_file_people_are_made_up_and_beyond_n_is_told(tmp_path: Path) -> None:
    model = acting.actor()
    made = await user_profile(model, model, people=3, updates=2, keys="hobby, birth date")
    texts: Any = made.tables["texts"]
    held = {a.key for text in texts for a in text.found.attributes}
    assert held <= {"hobbies", "birth_date"}
    assert "birth_date" in held
    made = await play(tmp_path, people=2)
    assert made.notes == ["4 of 6 people are left out: see -n"]
    again = await play(tmp_path, people=2)
    assert list(again.tables["updates"]) == list(made.tables["updates"])


async def test_two_people_of_one_name_are_two_people(tmp_path: Path) -> None:
    rows = [{"name": "Ada Abel", "text": f"Ada Abel says: occupation = {job}."}
            for job in ("baker", "cook")]  # fmt: skip
    file = tmp_path / "two.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    made = await play(tmp_path, texts=file, people=2, updates=0)
    assert [p.sentences for p in made.people] == [
        ("My occupation is baker.",), ("My occupation is cook.",),
    ]  # fmt: skip
    made = await play(tmp_path, texts=file, people=2, updates=4)
    updates: Any = made.tables["updates"]
    assert len({row.person for row in updates}) == 2
    assert len({row.id for row in updates}) == 8
    assert figures(made)["update_right"] == (1.0, 8)


async def test_with_keys_what_was_not_asked_for_is_not_missed(tmp_path: Path) -> None:
    row = {
        "name": "Ada Abel", "text": "Ada Abel says: occupation = baker; residence = Porto.",
        "profile": {"job": "baker", "home": "Porto", "pets": "two goats"},
    }  # fmt: skip
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(row), encoding="utf-8")
    made = await play(tmp_path, texts=file, people=1, updates=0, keys="job, residence")
    assert figures(made)["construction_recall"] == (1.0, 2)
    made = await play(tmp_path, texts=file, people=1, updates=0)
    assert figures(made)["construction_recall"][1] == 3


async def test_two_people_of_one_name_are_told_different_notes(tmp_path: Path) -> None:
    rows = [{"name": "Ada Abel", "profile": {"job": "baker", "home": "Porto", "pets": pet}}
            for pet in ("two goats", "an old cat", "three hens", "a grey parrot")]  # fmt: skip
    file = tmp_path / "four.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    updates: Any = (await play(tmp_path, texts=file, people=4, updates=5)).tables["updates"]
    lives: dict[str, list[str]] = {}
    for row in updates:
        lives.setdefault(row.person, []).append(row.kind)
    assert len({tuple(kinds) for kinds in lives.values()}) > 1


async def test_no_note_is_written_after_reading_was_cut(tmp_path: Path) -> None:
    def fails(call: Any) -> str:
        if "Dario Dorn" in call.messages[-1].content:
            raise BackendError("the reader is gone", why="it was switched off", fix="switch it on")
        return acting.extract(call)

    model = ScriptedModel(
        by_task={
            "profile.tell": acting.tell, "profile.note": acting.note,
            "profile.extract": fails, "profile.update": acting.update,
        },
    )  # fmt: skip
    made = await play(tmp_path, model)
    assert isinstance(made.cut, BackendError)
    assert not [call for call in model.calls if call.task == "profile.note"]
