"""persona-mem end to end with its actor: an ordinary function, no runner, no folder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dramaturg import dataset
from dramaturg.errors import UserError
from dramaturg.models import Call, ScriptedModel
from dramaturg.recipes.persona_mem import persona_mem
from dramaturg.recipes.recipe import Made, find_recipe, read_settings
from dramaturg.records import Drop
from dramaturg.store import notes
from tests.recipes.actors import persona_mem as acting


async def play(folder: Path, model: ScriptedModel | None = None, **changes: Any) -> Made:
    model = model or acting.actor()
    settings = {**acting.SETTINGS, **acting.inputs(folder), **changes}
    return await persona_mem(model, model, **settings)


def replaced(**faults: Any) -> ScriptedModel:
    """The actor with other replies for some tasks, by name with "_" for "."."""
    model = acting.actor()
    model._by_task.update({task.replace("_", "."): reply for task, reply in faults.items()})
    return model


class Heard:
    def __init__(self) -> None:
        self.drops: list[Drop] = []

    def note(self, record: msgspec.Struct) -> None:
        self.drops += [record] if isinstance(record, Drop) else []

    def progress(self, *_: object) -> None: ...


async def test_every_answer_was_told_before_its_question_and_holds_when_it_is_asked(
    tmp_path: Path,
) -> None:
    made = await play(tmp_path)
    rows: Any = made.tables["histories"]
    histories = {one.id: one for one in rows}
    people = {person.id: person for person in made.people}
    questions: Any = made.tables["questions"]
    assert len(questions) == 21
    for asked in questions:
        history = histories[asked.history]
        seen = history.turns[: asked.ends]
        told = [fact for turn in seen for fact in turn.facts]
        assert set(asked.evidence) <= set(told)
        facts = {fact.id: fact for fact in people[asked.person].facts}
        state = facts[asked.evidence[-1]]
        same = [
            f for f in told if f in facts and facts[f].text.split()[2:] == state.text.split()[2:]
        ]
        assert same[-1] == state.id, "nothing later was told of it"
        stance = "likes" if state.text.startswith("I like") else "dislikes"
        assert f" one who {stance} " in asked.options[asked.right]
        later = [d for d, end in zip(history.dates, history.ends, strict=True) if end <= asked.ends]
        assert max(later) <= asked.date
        if asked.kind in ("reason_for_change", "full_evolution"):
            assert len(asked.evidence) > 1


async def test_letters_and_kinds_are_balanced_and_the_reader_who_sees_is_right(
    tmp_path: Path,
) -> None:
    made = await play(tmp_path)
    questions: Any = made.tables["questions"]
    counts = Counter(asked.letter for asked in questions)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert set(Counter(asked.kind for asked in questions).values()) == {3}
    figures = {row["name"]: row for row in made.report["figures"]}
    assert figures["with the history"]["value"] == 1.0
    assert figures["without the history"]["value"] < 0.5
    assert figures["longest option"]["value"] == 0.25
    assert figures["changes"]["value"] > 0.5
    assert figures["chance"] == {
        "name": "chance", "value": 0.25, "n": 21, "unit": "share right", "split": "all",
        "scorer": "guessing",
    }  # fmt: skip
    assert {row["n"] for name, row in figures.items() if name.endswith("ago")} != {0}


async def test_sessions_questions_and_histories_of_a_person_are_in_one_split(
    tmp_path: Path,
) -> None:
    made = await play(tmp_path)
    split = {talk.speakers[0].persona_id: talk.split for talk in made.conversations}
    assert set(split.values()) == {"train", "validation", "test"}
    rows: list[Any] = [*made.tables["questions"], *made.tables["histories"]]
    assert all(row.split == split[row.person] for row in rows)
    assert dataset.leaks(made.conversations, {t.id: t.split for t in made.conversations}) == []


async def test_every_period_changes_what_was_and_facts_say_so(tmp_path: Path) -> None:
    made = await play(tmp_path)
    steps = made.report["steps"]
    assert (steps["lives"], steps["sessions"]) == (3, 24)
    assert steps["changes"] >= 3 * 2 * 3 * 2
    for person in made.people:
        ended = [fact for fact in person.facts if fact.status == "superseded"]
        by_parent = {parent: fact for fact in person.facts for parent in fact.parents}
        assert ended
        for fact in ended:
            assert by_parent[fact.id].valid_from == fact.valid_to


async def test_nobody_reads_where_nothing_is_to_be_read(tmp_path: Path) -> None:
    model = acting.actor()
    made = await play(tmp_path, model, read="nothing", tokens=0)
    assert not [call for call in model.calls if call.task == "option.choose"]
    assert not [row for row in made.report["figures"] if "history" in row["name"]]
    histories: Any = made.tables["histories"]
    assert {one.filler for one in histories} == {0}


async def test_a_question_whose_options_give_it_away_is_written_again_then_dropped(
    tmp_path: Path,
) -> None:
    def long(call: Call) -> str:
        draft = json.loads(acting.question(call))
        return json.dumps({**draft, "right": draft["right"] + " as you have told me before now"})

    heard, model = Heard(), replaced(question_options=long)
    with notes.listening(heard):
        made = await play(tmp_path, model, tries=2)
    assert made.tables["questions"] == []
    asked = [call for call in model.calls if call.task == "question.options"]
    assert len(asked) == 2 * 21
    assert "make all equally long" in asked[-1].messages[-1].content
    drops = [drop for drop in heard.drops if drop.kind == "question"]
    assert len(drops) == 21
    assert {drop.reason_class for drop in drops} == {"lengths"}
    assert made.notes[0].startswith("0 of 21") or "0 of 21" in " ".join(made.notes)


async def test_one_lost_life_leaves_the_others(tmp_path: Path) -> None:
    def portrait(call: Call) -> str:
        return "no" if "bees" in call.messages[-1].content else acting.portrait(call)

    def by_first_note(call: Call) -> str:
        return portrait(call) if len(call.messages) == 2 else "no"

    heard = Heard()
    with notes.listening(heard):
        made = await play(tmp_path, replaced(persona_portrait=by_first_note))
    assert len(made.people) == 2
    assert [d.reason_class for d in heard.drops if d.kind == "life"] == ["malformed JSON"]


async def test_more_lives_than_notes_is_told(tmp_path: Path) -> None:
    made = await play(tmp_path, people=5)
    assert "3 notes for 5 lives: give more people, or ask for fewer" in made.notes


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"topics": Path("nowhere.txt")}, "cannot read the topics"),
        ({"personas": Path("nowhere.txt")}, "nowhere.txt"),
    ],
)
async def test_what_cannot_be_is_refused_before_the_first_call(
    tmp_path: Path, given: dict[str, Any], said: str
) -> None:
    model = acting.actor()
    with pytest.raises(UserError, match=said):
        await play(tmp_path, model, **given)
    assert model.calls == []


async def test_histories_are_filled_from_a_file_and_what_is_missing_is_told(tmp_path: Path) -> None:
    talks = tmp_path / "talks.jsonl"
    rows = [
        {
            "turns": [
                {"speaker": i % 2, "text": f"Talk {n} of the weather, turn {i}."} for i in range(9)
            ]
        }
        for n in range(60)
    ]
    talks.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    made = await play(tmp_path, filler=talks, tokens=3_000, read="nothing")
    histories: Any = made.tables["histories"]
    assert {2_900 < one.tokens <= 3_000 for one in histories} == {True}
    assert any("Talk 7 of the weather" in turn.text for turn in histories[0].turns)
    assert not [note for note in made.notes if "--filler" in note]
    short = await play(tmp_path, tokens=50_000, read="nothing")
    assert [n for n in short.notes if "not 50,000: there is no more unrelated talk" in n]


async def test_without_periods_there_is_a_past_and_no_change(tmp_path: Path) -> None:
    made = await play(tmp_path, periods="none")
    assert made.report["steps"]["changes"] == 0
    questions: Any = made.tables["questions"]
    assert {asked.kind for asked in questions} == {
        "recall_fact", "latest_preference", "aligned_recommendation", "new_idea", "new_scenario",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"periods": "week,decade"}, "cannot be 'week,decade'"),
        ({"year": "20"}, "between 1950 and 2200"),
        ({"changing": "1.5"}, "between 0 and 1"),
        ({"topic-each": "2"}, "did you mean --topics-each"),
    ],
)
def test_settings_out_of_range_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as refused:
        read_settings(find_recipe("persona-mem"), given)
    assert said in str(refused.value)


def test_the_python_of_its_page_runs_as_it_stands() -> None:
    page = Path(__file__).parents[2] / "docs" / "recipes" / "persona-mem.md"
    code, said = re.findall(
        r"```python\n(.*?)```\n```\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL
    )[0]
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, said), ran.stderr
