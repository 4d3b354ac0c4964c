"""A scripted writer and judge for the recipe: replies depend on prompt and seed alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel
from tests.recipes.actors.persona_hub import CARES, PLACES, draw, one, person, talk

SETTINGS: dict[str, Any] = {"conversations": 10, "subtopics": 2, "people": 3}
EMBEDDED = "refuses"
PER_ITEM = (
    "one call a talk, one for its rating and one for its summary, besides one a topic and one a "
    "subtopic"
)


def inputs(folder: Path) -> dict[str, Any]:
    """Three topics in a file."""
    file = folder / "topics.txt"
    file.write_text("Pets\nNight trains\nBread\n", encoding="utf-8")
    return {"topics": file}


def paper_calls(settings: dict[str, Any]) -> float:
    """3 topics, 6 subtopics, and 3 calls a talk."""
    return float(3 + 3 * settings["subtopics"] + 3 * settings["conversations"])


def actor(**faults: Any) -> ScriptedModel:
    """Writer and judge in one; `faults` replace the reply by task, dots as underscores."""
    script = {
        "topic.split": subtopics,
        "topic.people": lambda call: "\n".join(f"{n}. {crowd(call, n)}" for n in range(1, 5)),
        "conversation.reasoned": talk,
        "conversation.unreasoned": lambda call: talk(call).partition("</reasoning>")[2],
        "conversation.summarise": lambda call: f"They talk of {one(CARES, call, 1)}.",
        "judge.overall": lambda call: f"{draw(call, 1) % 10 + 1}\nWhy: turn 2 answers turn 1.",
    }
    told = {name: faults.get(name.replace(".", "_"), reply) for name, reply in script.items()}
    return ScriptedModel(by_task=told, ref="scripted:actor")


def subtopics(call: Call) -> str:
    """Three different ones, and one that repeats the first."""
    first = f"{one(CARES, call, 1)} of {one(PLACES, call, 2)}"
    return f"- {first}\n- {first} again\n- why {one(CARES, call, 3)} matter\n- lost luggage"


def crowd(call: Call, number: int) -> str:
    """Descriptions that share few words with one another."""
    whole = person(call.__class__(task=call.task, messages=call.messages, seed=number)).split()
    tails = ("by the sea", "with four sons", "after retiring", "on crutches")
    return f"A {whole[1]} {tails[number - 1]} fond of {one(CARES, call, number)}"
