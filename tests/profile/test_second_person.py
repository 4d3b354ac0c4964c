"""A person told as "you": what is rewritten, what the writer must not leave in."""

from __future__ import annotations

import json

import pytest

from dramaturg.errors import ReplyError
from dramaturg.models import ScriptedModel
from dramaturg.profile import needs_rewriting, second_person
from dramaturg.records import Fact, Persona

LONG = "I fold paper boats and let them go from the pier every Sunday since I was nine years old."
PERSON = Persona(
    name="Al Reed",
    facts=(
        Fact(text="I am calm.", category="personality"),
        Fact(text=LONG, category="hobby"),
        Fact(text="Always late.", category="work"),
    ),
    views={"age": 40, "job": "baker", "relations": {"x": 1}},
)
TOLD = {
    "statement": "You are Al Reed, a calm baker of 40.",
    "memories": {"hobby": "You fold paper boats."},
    "tones": ["Well.", "Aye.", "No.", "Sit.", "Go on."],
}


async def test_statement_memories_and_tones_become_views() -> None:
    model = ScriptedModel(json.dumps(TOLD))
    made = await second_person(PERSON, writer=model, base=("personality",), seed=1)
    assert made.views["statement"] == TOLD["statement"]
    assert made.views["memories"] == {"hobby": "You fold paper boats.", "work": "Always late."}
    assert made.views["tones"] == TOLD["tones"]
    assert made.facts == PERSON.facts
    assert made.id != PERSON.id
    asked = model.prompt(0)
    assert "age: 40" in asked
    assert "relations" not in asked
    assert "work:" not in asked, "a short field without the name stays as it is"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"memories": {}}, "missing field"),
        ({"memories": {"hobby": "Al folds boats, and you too."}}, "name left in"),
        ({"memories": {"hobby": "Folds boats."}}, "not second person"),
        ({"statement": "A calm baker."}, "not second person"),
        ({"tones": ["Well."]}, "too few tones"),
        ({"tones": "Well."}, "too few tones"),
    ],
)
async def test_a_reply_that_leaves_something_out_is_asked_for_again_and_refused(
    changes: dict[str, object], kind: str
) -> None:
    bad = json.dumps({**TOLD, **changes})
    with pytest.raises(ReplyError) as caught:
        await second_person(PERSON, writer=ScriptedModel(bad, bad), base=("personality",), seed=1)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("word " * 19, False), ("word " * 20, True), ("Reed's mill.", True),
        ("A reed.", False), ("Always.", False), ("I sail.", True), ("It sails.", False),
    ],
)  # fmt: skip
def test_what_is_long_named_or_first_person_is_rewritten(text: str, wanted: bool) -> None:
    assert needs_rewriting(text, "Al Reed") is wanted
