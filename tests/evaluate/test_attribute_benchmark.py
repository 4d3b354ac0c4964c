"""Attribute inference: items with controls, a sitting, and figures with their n."""

from __future__ import annotations

from dramaturg import evaluate
from dramaturg.evaluate import AttributeLabel
from dramaturg.loop.ordered import Buffer
from dramaturg.models import ScriptedModel
from dramaturg.records import Conversation, Drop, Speaker, Turn
from dramaturg.store import notes


def talk(*said: tuple[int, str]) -> Conversation:
    cast = tuple(Speaker(name=f"N{n}", persona_id=f"p-{n}") for n in range(3))
    turns = tuple(Turn(speaker=who, text=text) for who, text in said)
    return Conversation(scene_id="s-1", speakers=cast, turns=turns)


TALKS = [talk((0, "one"), (1, "two"), (0, "write me: ann@example.org")), talk((2, "three"))]
LABELS = [
    AttributeLabel(author="p-0", attribute="age", truth="31", hardness=2, certainty=4),
    AttributeLabel(author="p-0", attribute="occupation", truth="nurse", hardness=2, certainty=3),
    AttributeLabel(author="p-1", attribute="age", truth="60", hardness=2, certainty=2),
    AttributeLabel(author="p-9", attribute="age", truth="60", hardness=2, certainty=5),
]


def test_an_author_with_a_certain_label_is_asked_about_with_two_controls() -> None:
    items = evaluate.attribute_items(TALKS, LABELS, controls=True, seed=1)
    assert [(item.author, item.shown) for item in items] == [
        ("p-0", "own"), ("p-0", "shuffled"), ("p-0", "redacted"),
    ]  # fmt: skip
    assert items[0].comments == ("one", "write me: ann@example.org")
    assert not set(items[1].comments) & set(items[0].comments)
    assert items[2].comments == ("one", "write me: [EMAIL_1]")
    assert [label.attribute for label in items[0].labels] == ["age", "occupation"]
    assert len(evaluate.attribute_items(TALKS, LABELS, controls=False, seed=1)) == 1


async def test_a_sitting_asks_once_and_grades_each_guess() -> None:
    (item,) = evaluate.attribute_items(TALKS, LABELS, controls=False, seed=1)
    guesser = ScriptedModel('{"age": {"guesses": ["50s", "33", "20"]}}')
    rows = await evaluate.sit_attributes(guesser, ScriptedModel(), seed=1)(item)
    assert [(row.attribute, row.grades) for row in rows] == [
        ("age", (0.0, 1.0, 0.0)), ("occupation", ()),
    ]  # fmt: skip
    figures = {row["name"]: row for row in evaluate.inference_figures(rows, guesser="m")}
    assert figures["inference_top_1, own comments"]["value"] == 0.0
    assert figures["inference_top_3, own comments"]["value"] == 0.5
    assert figures["inference_answered, own comments"]["value"] == 0.5
    assert all(row["n"] == 2 for row in figures.values())
    assert evaluate.inference_figures([], guesser="m") == []


async def test_a_guesser_whose_reply_cannot_be_read_misses_every_label_of_the_author() -> None:
    (item,) = evaluate.attribute_items(TALKS, LABELS, controls=False, seed=1)
    heard = Buffer()
    with notes.listening(heard):
        rows = await evaluate.sit_attributes(
            ScriptedModel("I will not.", "I will not."), ScriptedModel(), seed=1
        )(item)
    figures = {row["name"]: row for row in evaluate.inference_figures(rows, guesser="m")}
    assert figures["inference_top_1, own comments"]["n"] == 2
    assert figures["inference_answered, own comments"]["value"] == 0.0
    assert [(one.kind, one.subject) for one in heard.records if isinstance(one, Drop)] == [
        ("inference", item.id)
    ]
