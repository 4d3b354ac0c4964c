"""The recipe end to end by its scripted actor: the tree, the pairs, the talks beside them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dramaturg.errors import UserError
from dramaturg.models import Call, ScriptedModel
from dramaturg.recipes.diasynth import diasynth
from dramaturg.recipes.recipe import Made
from dramaturg.records import Drop, Verdict
from dramaturg.store import notes
from tests.recipes.actors.diasynth import SETTINGS, actor, inputs, subtopics
from tests.recipes.heard import Heard


async def play(model: ScriptedModel, folder: Path, **changes: Any) -> tuple[Made, Heard]:
    heard = Heard()
    with notes.listening(heard):
        made = await diasynth(model, model, **{**inputs(folder), **SETTINGS, **changes})
    return made, heard


async def test_fewer_talks_than_pairs_are_spread_over_topics_and_subtopics(tmp_path: Path) -> None:
    model = actor()
    made, heard = await play(model, tmp_path)
    asked = Counter(call.task for call in model.calls)
    assert asked == {
        "topic.split": 3, "topic.people": 6, "conversation.reasoned": 10, "judge.overall": 10,
        "conversation.summarise": 10,
    }  # fmt: skip
    assert made.report["steps"] == {"topics": 3, "subtopics": 6, "pairs": 18}
    by_topic = Counter(talk.scene["topic"] for talk in made.conversations)
    assert set(by_topic) == {"Pets", "Night trains", "Bread"}
    branches = Counter((t.scene["topic"], t.scene["subtopic"]) for t in made.conversations)
    assert sorted(branches.values()) == [1, 1, 2, 2, 2, 2]
    assert [d.kind for d in heard.of(Drop) if d.reason_class == "too alike"].count("subtopic") == 3


async def test_all_pairs_of_the_tree_are_talked_where_enough_are_asked_for(tmp_path: Path) -> None:
    made, _ = await play(actor(), tmp_path, conversations=99)
    assert len(made.conversations) == 3 * 2 * 3
    assert any("18 of 99 were made" in note for note in made.notes)


async def test_ratings_and_summaries_stand_beside_their_talks(tmp_path: Path) -> None:
    made, heard = await play(actor(), tmp_path)
    talks = {talk.id: talk for talk in made.conversations}
    verdicts = heard.of(Verdict)
    assert {v.subject: v.value for v in verdicts} == {
        t.id: t.scores["overall"] for t in talks.values()
    }
    told: Any = list(made.tables["summaries"])
    assert {row.conversation: row.split for row in told} == {t.id: t.split for t in talks.values()}
    assert all(row.text.startswith("They talk of ") for row in told)
    rated = next(f for f in made.report["figures"] if f["name"] == "overall, 1 to 10")
    assert rated["n"] == 10
    assert rated["value"] == pytest.approx(sum(v.value for v in verdicts) / 10)


async def test_without_ratings_and_summaries_nothing_is_asked_for_them(tmp_path: Path) -> None:
    model = actor()
    made, _ = await play(model, tmp_path, ratings=False, summaries=False)
    assert {c.task for c in model.calls} == {"topic.split", "topic.people", "conversation.reasoned"}
    assert made.tables == {}
    assert made.report["critics"] == {}


async def test_a_judge_who_says_the_same_of_all_is_named_in_the_notes(tmp_path: Path) -> None:
    model = actor(judge_overall="9\nWhy: fine.")
    made, _ = await play(model, tmp_path, conversations=30, people=4, subtopics=3, alike=0.9)
    assert len(made.conversations) >= 20
    assert any(note.startswith("overall is saturated: 95 % of") for note in made.notes)


async def test_a_list_that_cannot_be_read_costs_its_branch_and_not_the_topic(
    tmp_path: Path,
) -> None:
    def nothing_on_trains(call: Call) -> str:
        asked = "|".join(message.content for message in call.messages)
        return "..." if "Night trains" in asked else subtopics(call)

    made, heard = await play(actor(topic_split=nothing_on_trains), tmp_path)
    assert {talk.scene["topic"] for talk in made.conversations} == {"Pets", "Bread"}
    lost = [d for d in heard.of(Drop) if d.subject == "Night trains"]
    assert [(d.kind, d.reason_class) for d in lost] == [("subtopic", "no list")]
    assert len(made.conversations) == 10, "the other branches make up for it"


async def test_the_ablations_ask_without_reasoning_people_or_subtopics(tmp_path: Path) -> None:
    model = actor()
    made, _ = await play(model, tmp_path, reasoning=False, show_people=False, subtopics=0)
    tasks = {call.task for call in model.calls}
    assert "topic.split" not in tasks
    assert "conversation.reasoned" not in tasks
    assert all(talk.scene["topic"] == talk.scene["subtopic"] for talk in made.conversations)
    talks = [call for call in model.calls if call.task == "conversation.unreasoned"]
    assert all("(for you to choose)" in call.messages[-1].content for call in talks)


async def test_the_examples_of_a_domain_are_shown_instead_of_the_starter_pool(
    tmp_path: Path,
) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(
        '{"messages": [{"role": "user", "content": "Is the quay wet?"}, '
        '{"role": "assistant", "content": "As ever."}]}\n',
        encoding="utf-8",
    )
    model = actor()
    await play(model, tmp_path, examples=file)
    shown = [c.messages[-1].content for c in model.calls if c.task == "conversation.reasoned"]
    assert all("User 1: Is the quay wet?" in prompt for prompt in shown)
    assert all(prompt.count("</example_") == 1 for prompt in shown)


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "is empty"), ("# only a comment\n\n", "holds no topic"), ("...\n", "holds no topic")],
)
async def test_a_file_without_a_topic_is_refused(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "none.txt"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        await play(actor(), tmp_path, topics=file)


async def test_topics_are_read_once_each_and_the_rest_is_told(tmp_path: Path) -> None:
    file = tmp_path / "t.txt"
    file.write_text(f"# mine\nPets\n\npets!\n...\n{'long ' * 50}\n漫画\n", encoding="utf-8")
    made, heard = await play(actor(), tmp_path, topics=file)
    assert {talk.scene["topic"] for talk in made.conversations} == {"Pets", "漫画"}
    assert [d.reason for d in heard.of(Drop) if d.kind == "input_line"] == [
        "duplicate: line 4 is not used",
        "no words: line 5 is not used",
        "too long: line 6 is not used",
    ]


async def test_without_a_talk_there_is_no_figure_over_nothing(tmp_path: Path) -> None:
    made, _ = await play(actor(conversation_reasoned="no tags"), tmp_path)
    assert all(figure["n"] for figure in made.report["figures"])
    assert made.notes == ["0 of 10 were made; see dropped/ for the reasons"]
