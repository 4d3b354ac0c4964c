"""An actor for staged scenes: it plays every part, directs, and finds one flaw in each scene."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel
from dramaturg.models.scripted import Script
from dramaturg.records import derive_seed
from dramaturg.scorers import DIMENSIONS

SETTINGS: dict[str, Any] = {"scenes": 3, "turns": 8, "chunk_tokens": 200}
EMBEDDED = "refuses"
PER_ITEM = "a line and the next speaker for each turn, 20 turns at most, and 4 judges"

_QUAY = """Chapter I

Ada stood on the quay. "You are late, Bo," she said. Bo laughed and tied up the boat.
"The wind had other plans." "The wind always has." Ada counted the crates. "There is one missing."
"There is one for the gulls," said Bo. "Put it on my bill." They went up to the inn together.

Chapter II

Cleo kept the inn. "Sit," she told them. "The soup is hot and the news is bad."
"Then the soup first," said Bo. Ada did not sit. "What news?" she asked.
"The ferry is sold," said Cleo. "From Monday you row for somebody else." Nobody ate the soup.
"""


def actor() -> ScriptedModel:
    tasks: dict[str, Script] = {
        "book.extract": _extract,
        "book.names": '{"Captain Bo": "Bo"}',
        "book.profile": "A person of few words who lives by the water, works hard, trusts slowly, "
        "pays every debt and never forgets a face or a tide.",
        "stage.act": _act,
        "stage.environment": "A gull cries over the roofs. (The rain sets in.)",
        "stage.follow": _follow,
        **{f"judge.flaws.{name}": _flaws for name in DIMENSIONS},
    }
    return ScriptedModel(by_task=tasks, ref="scripted:actor")


def inputs(folder: Path) -> dict[str, Any]:
    target = folder / "the_quay.txt"
    target.write_text(_QUAY * 2, encoding="utf-8")
    return {"book": target}


def paper_calls(settings: Mapping[str, Any]) -> float:
    """Two calls a turn and four judgements a scene; reading the book comes on top."""
    return float(settings["scenes"] * (2 * settings["turns"] + 4))


def _extract(call: Call) -> str:
    text = call.messages[-1].content
    said = re.findall(r"[^.?!]+[.?!]", re.split(r"<text>", text)[1].split("</text>")[0])
    first, last = said[1].strip(), said[-1].strip()
    who = ["Ada", "Captain Bo", *(["Cleo"] if "Cleo" in text else [])]
    lines = [
        {"character": who[i % len(who)], "line": f"[So.] (nods) {said[1 + i % 5].strip()}"}
        for i in range(10)
    ]
    talk = {
        "setting": f"By the water. {first}",
        "topic": "News",
        "motivations": {name: f"{name} wants to know first." for name in who},
        "lines": [*lines, {"character": "Environment", "line": "Rain."}],
    }
    plot = {
        "first_sentence": first,
        "last_sentence": last,
        "summary": "People meet by the water and hear news.",
        "prominence": 70,
        "state": "finished",
        "characters": [
            {"name": n, "description": "A neighbour.", "experience": f"{n} came by."} for n in who
        ],
        "conversations": [talk],
    }
    return json.dumps({"plots": [plot]})


def _act(call: Call) -> str:
    draw = derive_seed(call.seed, "line")
    name = re.findall(r"<you>(\w+)", call.messages[-1].content)[-1]
    deed = ["nods", "waits", "looks away", "counts the crates"][draw % 4]
    return (
        f"{name}: [Nobody must know about cellar {draw % 997}.] ({deed}) Row {draw % 89} of them."
    )


def _follow(call: Call) -> str:
    text = call.messages[-1].content
    names = re.findall(r"^- (.+)$", text.split("<names>")[-1].split("</names>")[0], re.MULTILINE)
    draw = derive_seed(call.seed, "next")
    if draw % 11 == 0:
        return "Somebody else, surely."
    return f"They are all silent.\nNext: {names[draw % len(names)]}"


def _flaws(call: Call) -> str:
    severity = 1 + derive_seed(call.seed, call.task) % 3
    return json.dumps({"flaws": [{"flaw": "It drags.", "type": "progress", "severity": severity}]})
