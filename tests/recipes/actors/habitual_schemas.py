"""A scripted writer of routines and of turns: plumbing, not quality."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel

FACTS = [
    "I bake bread.", "I keep bees.", "I sing in a choir.", "I repair old radios.",
    "I run along the river.", "I grow tomatoes.", "I paint boats.", "I teach chess.",
]  # fmt: skip
SETTINGS: dict[str, Any] = {"conversations": 4, "habits": 2, "turns": 6, "partners": 3}
EMBEDDED = "refuses"
PER_ITEM = "a fact: 1 passage and 1 schema (more where a section is missing); a turn: 1 reply"


def actor() -> ScriptedModel:
    script = {"habit.passage": _passage, "habit.schema": _schema, "turn.recalled": _turn}
    return ScriptedModel(by_task=script, ref="scripted:actor")


def inputs(folder: Path) -> dict[str, Any]:
    people = folder / "people.jsonl"
    lines = [
        f'{{"name": "P{i}", "persona": ["{FACTS[i]}", "{FACTS[(i + 3) % 8]} Since {i}."]}}'
        for i in range(8)
    ]
    people.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {"personas": people}


def paper_calls(settings: Mapping[str, Any]) -> float:
    """Six of the eight people talk at least once in four talks; every fact is read once."""
    talks = settings["conversations"]
    people = min(8, 2 * talks)
    return float(people * settings["habits"] * 2 + talks * (settings["turns"] - 1))


def _fact(call: Call) -> str:
    return call.messages[-1].content.split("<fact>")[-1].split("</fact>")[0]


def _passage(call: Call) -> str:
    what = _fact(call).rstrip(".")
    return f"{what} on most days. I get everything ready. I take my time over it. I tidy up after."


def _schema(call: Call) -> str:
    what = _fact(call)
    if call.seed % 5 == 0 and "Your last schema" not in call.messages[-1].content:
        return f":event {what}\n:goals\n- I want to take my time."  # four sections are missing
    return (
        f":event\n- {what}\n:preconditions\n- I have everything ready.\n:static-conditions\n"
        "- It is one of most days.\n:postconditions\n- I tidy up after.\n:goals\n"
        "- I want to take my time.\n:episodes\n- I get everything ready.\n- I tidy up."
    )


def _turn(call: Call) -> str:
    asked = call.messages[-1].content
    mind = asked.split("<comes_to_mind>")[1].split("</comes_to_mind>")[0].split("\n")
    said = [line[2:] for line in mind if line.startswith("- ")]
    return f"{said[call.seed % len(said)]} And you, number {call.seed % 97}?" if said else "Hm, no."
