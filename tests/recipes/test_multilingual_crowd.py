"""The multilingual crowd end to end with a scripted actor: an ordinary function, no runner."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dramaturg.errors import UserError
from dramaturg.models import Call, ScriptedModel
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.recipes.crowd_figures import _shown, workers_needed
from dramaturg.recipes.multilingual_crowd import multilingual_crowd
from dramaturg.recipes.recipe import Made, find_recipe
from dramaturg.records import Conversation, Drop, Speaker, Turn
from dramaturg.scorers import astray, find_language
from dramaturg.store import notes
from tests.recipes.actors.multilingual_crowd import SETTINGS, actor


class Listener:
    def __init__(self) -> None:
        self.drops: list[Drop] = []

    def note(self, record: Any) -> None:
        if isinstance(record, Drop):
            self.drops.append(record)

    def progress(self, *args: Any) -> None:
        return None


async def play(model: ScriptedModel | None = None, **changes: Any) -> Made:
    model = model or actor()
    return await multilingual_crowd(model, model, **{**SETTINGS, **changes})


def changed(task: str, change: Any) -> ScriptedModel:
    """The actor, with what it replies to a task changed by (text, call)."""
    model = actor()
    kept: Any = model._by_task[task]
    model._by_task[task] = lambda call: change(kept(call), call)
    return model


async def test_every_language_has_its_people_its_talks_and_its_scenes() -> None:
    made = await play()
    assert Counter(person.language for person in made.people) == {"fr": 6, "de": 6, "ko": 6}
    assert len(made.conversations) == 12
    english = find_language("en")
    languages = {person.id: person.language for person in made.people}
    for talk in made.conversations:
        tag = str(talk.scene["language"])
        assert {languages[str(s.persona_id)] for s in talk.speakers} == {tag}
        assert not any(astray(turn.text, find_language(tag), english) for turn in talk.turns)
        assert talk.scene["speech_event"]
        assert talk.scene["common_ground"]
        assert {"in_target_fluency", "in_target_coherence", "in_target_culture"} <= set(talk.scores)
    assert set(Counter(str(t.scene["language"]) for t in made.conversations).values()) == {4}


async def test_examples_are_english_and_never_what_was_written_before() -> None:
    model = actor()
    await play(model, conversations=18, partners=3)
    for call in model.calls:
        if call.task == "conversation.write_in":
            before = call.messages[-1].content.partition("Write a new conversation")[0]
            assert before.count("<example_") == 2
            assert before.isascii() or "Valparaíso" in before


async def test_without_scenes_only_the_language_is_given() -> None:
    model = actor()
    made = await play(model, scenes=False)
    assert {tuple(talk.scene) for talk in made.conversations} == {("language",)}
    asked = [c.messages[-1].content for c in model.calls if c.task == "conversation.write_in"]
    assert not any("<kind_of_talk>" in a.partition("Write a new")[2] for a in asked)


async def test_english_turns_swapped_tags_and_pasted_facts_are_dropped_with_reasons() -> None:
    def spoil(text: str, call: Call) -> str:
        lines, asked = text.split("\n"), call.messages[1].content
        if "in Korean" in asked:
            lines[3] = "User 2: I would rather that we talk about it in the morning."
        elif "in German" in asked:
            lines[3] = lines[3].replace("User 2", "User 1")
        else:
            fact = asked.rpartition("<profile_of_user_1>\n- ")[2].split("\n")[0]
            lines[2] = f"User 1: Eh bien, {fact}"
        return "\n".join(lines)

    listener = Listener()
    with notes.listening(listener):
        made = await play(changed("conversation.write_in", spoil), tries=1)
    assert len(made.conversations) == 0
    reasons = Counter(d.reason_class for d in listener.drops if d.kind == "draft")
    assert reasons == {"in_language": 4, "speakers do not alternate": 4, "persona_copy": 4}
    (english,) = {d.reason for d in listener.drops if d.reason_class == "in_language"}
    assert english == "in_language: turn 3 is in English, not in Korean"
    shares = {r["name"]: r["value"] for r in made.report["figures"] if "dropped" in r["name"]}
    assert shares["drafts dropped: in_language"] == pytest.approx(4 / 12, abs=1e-5)


async def test_a_draft_that_fails_is_written_again() -> None:
    seen: set[str] = set()

    def first_in_english(text: str, call: Call) -> str:
        key = call.about
        if key in seen:
            return text
        seen.add(key)
        return "\n".join(
            f"User {i % 2 + 1}: That is what I think of it, too. {i}" for i in range(9)
        )

    made = await play(changed("conversation.write_in", first_in_english), tries=2)
    assert len(made.conversations) == 12


async def test_the_same_talk_twice_is_kept_once_and_the_same_person_counts_once() -> None:
    lines = "\n".join(
        f"User {i % 2 + 1}: Je ne sais pas, et toi, tu as faim ? {i}" for i in range(9)
    )
    model = actor()
    model._by_task["conversation.write_in"] = lines
    listener = Listener()
    with notes.listening(listener):
        made = await play(model, target_lang="French", conversations=5)
    assert len(made.conversations) == 1
    assert [d.kind for d in listener.drops].count("conversation") == 4
    first: list[str] = []

    def same(text: str, call: Call) -> str:
        first.append(text)
        return first[0]

    twin = changed("persona.crowd", same)
    made = await play(twin, target_lang="fr")
    assert (len(made.people), len(made.conversations)) == (1, 0)
    assert "1 of 6 personas" in made.notes[0]


async def test_harm_drops_and_is_judged_by_the_critic() -> None:
    model = actor()
    model._by_task["judge.toxicity"] = "Yes\nWhy: turn 1 insults."
    made = await play(model, tries=1)
    assert len(made.conversations) == 0
    assert any(r["name"] == "drafts dropped: toxicity" for r in made.report["figures"])


async def test_figures_stand_for_each_language_with_a_control() -> None:
    made = await play()
    rows = {row["name"]: row for row in made.report["figures"]}
    for name in ("French", "German", "Korean"):
        for what in (
            "distinct-2",
            "self-BLEU",
            "facts shown",
            "facts of strangers shown",
            "culture",
        ):
            row = rows[f"{what}, {name}"]
            assert row["n"] > 0
            assert row["scorer"]
            assert row["unit"]
    assert rows["kept, Korean"]["value"] == 4
    sizes = {rows[f"distinct-1, {name}"]["n"] for name in ("French", "German", "Korean")}
    assert len(sizes) == 1, "variety is taken at equal length"


async def test_examples_and_scenes_come_from_files(tmp_path: Path) -> None:
    row = {
        "user_1": ["Je chante dans un chœur.", "Je bois du thé."],
        "user_2": ["Je cours le matin.", "Ma mère est boulangère."],
        "turns": ["Salut, ça va ?", "Oui, et toi, tu chantes encore ?"],
        "speech_event": "bavarder: rien de spécial",
    }
    examples = tmp_path / "e.jsonl"
    examples.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    events, grounds = tmp_path / "ev.txt", tmp_path / "gr.txt"
    events.write_text("잡담: 날씨\n", encoding="utf-8")
    grounds.write_text("이웃: 옆집\n", encoding="utf-8")
    model = actor()
    made = await play(
        model, source_lang="fr", target_lang="de,ko", demonstrations=examples, events=events,
        grounds=grounds,
    )  # fmt: skip
    assert {talk.scene["speech_event"] for talk in made.conversations} == {"잡담: 날씨"}
    asked = next(c for c in model.calls if c.task == "conversation.write_in").messages[-1].content
    assert "Salut, ça va ?" in asked


async def test_a_language_that_nothing_is_known_of_is_said_so() -> None:
    lines = "\n".join(f"User {i % 2 + 1}: Ninapenda sana vitabu vya zamani. {i}" for i in range(9))
    model = actor()
    model._by_task["conversation.write_in"] = lines
    number = iter(range(100))
    model._by_task["persona.crowd"] = lambda call: "\n".join(
        f"Ninapenda {word} {next(number)} sana kila siku." for word in ("chai", "vitabu") * 3
    )
    made = await play(model, target_lang="sw", conversations=2)
    assert any("nothing is known of 'sw'" in note for note in made.notes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"target_lang": "frensh"}, "did you mean 'french'"),
        ({"target_lang": ","}, "no language is named"),
        ({"source_lang": "fr"}, "there are no examples in French"),
        ({"events": Path("/no/such/file")}, "cannot read the events"),
    ],
)
async def test_a_mistake_is_told_before_the_first_call(changes: dict[str, Any], said: str) -> None:
    model = actor()
    with pytest.raises(UserError) as caught:
        await play(model, **changes)
    assert said in str(caught.value)
    assert model.calls == []


def test_enough_workers_are_asked() -> None:
    assert workers_needed(12, 3, 3) == 5
    assert workers_needed(300, 3, 3) == 47


def test_the_embedded_model_is_refused_with_the_nearest_recipe() -> None:
    for role in ("writer", "critic"):
        with pytest.raises(UserError) as refused:
            find_recipe("multilingual-crowd").check_model(role, EmbeddedModel())
        assert "synthetic-persona-chat" in refused.value.fix


def test_who_opens_several_talks_is_no_stranger_to_the_next() -> None:
    facts = {"azur": "Mangues mûres.", "brume": "Vélos rouillés.", "cidre": "Chats voisins."}

    def talk(*cast: str) -> Conversation:
        return Conversation(
            scene_id=" ".join(cast),
            speakers=tuple(Speaker(name=w, persona_id=w, persona=(facts[w],)) for w in cast),
            turns=tuple(Turn(speaker=i, text=facts[w]) for i, w in enumerate(cast)),
        )

    rows = _shown("French", [talk("azur", "brume"), talk("azur", "cidre")])
    assert [(row["name"], row["value"], row["n"]) for row in rows] == [
        ("facts shown, French", 1.0, 4),
        ("facts of strangers shown, French", 0.0, 4),
    ]
    assert len(_shown("French", [talk("azur", "brume")])) == 1, "nobody is a stranger there"
