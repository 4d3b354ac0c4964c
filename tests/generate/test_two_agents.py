"""Two people talk turn by turn: who knows what, what is brought up, when they part."""

from __future__ import annotations

from typing import Any

import pytest

from dramaturg.errors import ReplyError
from dramaturg.generate import Lasting, TwoAgents, agent
from dramaturg.models import Call, ScriptedModel
from dramaturg.records import Drop, Fact, Pair, Persona, Scene
from dramaturg.store import notes

LINES = ["Rain again.", "Same here.", "I stayed in.", "Who called?", "My aunt did.", "And then?"]


def person(name: str) -> Persona:
    memories = {"recent_worry": f"{name} worries.", "hobby": f"{name} sails.", "more": f"{name}+"}
    views = {"statement": f"You are {name}.", "memories": memories, "tones": ["Aye."]}
    return Persona(name=name, facts=(Fact(text=f"I am {name}."),), views=views)


def writer(choice: str = "NONE") -> ScriptedModel:
    turns = iter(LINES * 20)
    return ScriptedModel(
        by_task={
            "memory.choose": choice,
            "turn.reply": lambda call: next(turns),
            "turn.farewell": "I must go now.",
        }
    )


async def play(model: ScriptedModel, moods: list[float], **how: Any) -> Any:
    first, second = person("Ada"), person("Ben")
    pair = Pair(first=first, second=second, scene=Scene(cast=(first.id, second.id)))
    left = iter(moods)

    async def rate(text: str, before: str, seed: int) -> float:
        mood = next(left)
        if mood < 0:
            raise ReplyError("no number", kind="no score")
        return mood

    sides = (
        agent("seeker", first, also=["recent_worry"], must={1: "recent_worry"}, extra="more"),
        agent("supporter", second, without=["recent_worry"], extra="more"),
    )
    stop = how.pop("stop", Lasting(level=4))
    return await TwoAgents(model, rate, stop, **how).talk(pair, sides, seed=5)


async def test_it_opens_alternates_and_ends_with_two_farewells() -> None:
    talk = await play(writer(), [1, 2, 3, 4, 4])
    assert [turn.speaker for turn in talk.turns] == [i % 2 for i in range(13)]
    assert talk.turns[0].text == "Hello."
    assert [turn.text for turn in talk.turns[-2:]] == ["I must go now.", "I must go now."]
    extra = talk.provenance.extra
    assert extra["ratings"] == {"2": 1, "4": 2, "6": 3, "8": 4, "10": 4}
    assert extra["ended"] == "the ratings say so"
    assert [s.name for s in talk.speakers] == ["Ada", "Ben"]


async def test_without_a_good_mood_it_ends_at_the_last_turn() -> None:
    talk = await play(writer(), [1.0] * 40, most=10)
    assert len(talk.turns) == 10
    assert talk.provenance.extra["ended"] == "10 turns"
    assert [turn.text for turn in talk.turns[-2:]] == ["I must go now.", "I must go now."]


async def test_each_side_is_shown_its_own_statement_only() -> None:
    model = writer("hobby")
    await play(model, [1, 1, 1, 4, 4])
    for call in model.calls:
        if call.task == "turn.reply":
            asked = call.messages[-1].content
            mine, other = ("Ada", "Ben") if "You are Ada" in asked else ("Ben", "Ada")
            assert f"You are {mine}." in asked
            assert f"You are {other}." not in asked
            assert f"{other} sails" not in asked
            assert "Ben worries" not in asked


async def test_the_worry_comes_up_in_the_second_turn_and_costs_no_choice() -> None:
    model = writer("NONE")
    talk = await play(model, [1, 2, 3, 4, 4])
    chosen = {row["turn"]: row["chosen"] for row in talk.provenance.extra["memories"]}
    assert chosen[2] == "recent_worry"
    asked = [call for call in model.calls if call.task == "memory.choose"]
    assert len(asked) == 9, "10 turns to write, one of them with the worry"
    worried = [c for c in model.calls if "<bring_up>\nAda worries." in c.messages[-1].content]
    assert len(worried) == 1


async def test_where_none_is_chosen_the_extra_is_taken_half_of_the_time() -> None:
    taken = []
    for n in range(4):
        talk = await play(writer("NONE"), [1.0] * 40, most=34 + 2 * n)
        taken += [row["chosen"] for row in talk.provenance.extra["memories"] if row["turn"] != 2]
    share = taken.count("more") / len(taken)
    assert set(taken) == {"", "more"}
    assert 0.3 < share < 0.7, share


async def test_in_one_window_what_one_says_rests_for_the_other() -> None:
    def first_refused(talk: Any) -> int:
        rows = talk.provenance.extra["memories"]
        return next(int(row["turn"]) for row in rows if "hobby" in row["resting"])

    def takes(call: Call) -> str:
        return "hobby" if "- hobby" in call.messages[-1].content else "NONE"

    def model() -> ScriptedModel:
        turns = iter(LINES * 20)
        return ScriptedModel(
            by_task={
                "memory.choose": takes,
                "turn.reply": lambda call: next(turns),
                "turn.farewell": "Bye.",
            }
        )

    together = await play(model(), [1.0] * 40, one_window=True)
    apart = await play(model(), [1.0] * 40, one_window=False)
    assert first_refused(together) == 5  # used at the turns 1, 3, 4
    assert first_refused(apart) == 7  # the supporter's 1, 3, 5


async def test_a_mood_that_cannot_be_read_is_noted_and_counts_as_none() -> None:
    heard: list[Any] = []

    class Listener:
        def note(self, record: Any) -> None:
            heard.append(record)

        def progress(self, *args: Any) -> None:
            return None

    with notes.listening(Listener()):
        talk = await play(writer(), [4, 4, -1, 4, 4, 4, 4])
    assert talk.provenance.extra["ratings"] == {"2": 4, "4": 4, "8": 4, "10": 4, "12": 4}
    (drop,) = [one for one in heard if isinstance(one, Drop)]
    assert (drop.kind, drop.reason) == ("rating", "no score: no number")
    assert drop.subject.endswith("turn 6")


async def test_the_same_seed_gives_the_same_talk() -> None:
    one, other = [await play(writer("hobby"), [1, 2, 3, 4, 4]) for _ in range(2)]
    assert one == other


async def test_a_choice_that_cannot_be_read_is_noted_and_is_none() -> None:
    heard: list[Any] = []

    class Listener:
        def note(self, record: Any) -> None:
            heard.append(record)

        def progress(self, *args: Any) -> None:
            return None

    with notes.listening(Listener()):
        talk = await play(writer("my cat"), [1, 2, 3, 4, 4])
    drops = [one for one in heard if isinstance(one, Drop)]
    assert len(drops) == 9
    assert {(d.kind, d.reason_class) for d in drops} == {("choice", "no choice")}
    assert len(talk.turns) == 13


async def test_two_of_one_name_are_told_apart_by_their_part() -> None:
    first = person("Ada")
    second = Persona(name="Ada", facts=(Fact(text="I am another."),), views=first.views)
    pair = Pair(first=first, second=second, scene=Scene(cast=(first.id, second.id)))
    sides = (agent("seeker", first), agent("supporter", second))
    made = TwoAgents(writer(), None, Lasting(level=4), most=6)
    talk = await made.talk(pair, sides, seed=1)
    assert [s.name for s in talk.speakers] == ["Ada (seeker)", "Ada (supporter)"]
    assert talk.provenance.extra["ratings"] == {}


async def test_a_turn_that_cannot_be_had_costs_the_talk() -> None:
    model = ScriptedModel(by_task={"memory.choose": "NONE", "turn.reply": "As an AI I cannot."})
    with pytest.raises(ReplyError):
        await play(model, [1.0])
