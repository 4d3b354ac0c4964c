"""Everybody in `character-chat`: the inventor of characters, both who talk, and the judge."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel
from dramaturg.persona.type_grid import EXTRA, FIELDS, TOLD

SETTINGS: dict[str, Any] = {"conversations": 12, "partners": 2, "per_type": 4}
EMBEDDED = "refuses"
PER_ITEM = (
    "a choice of memory and a reply a turn, a mood a turn of the seeker, 2 farewells, 1 rating, 2 "
    "requests for tone sentences; and some 16 requests for each character"
)
_FIRST = ["Ola", "Mirek", "Sunniva", "Tariq", "Ilse", "Bashir", "Nuria", "Kofi", "Dagny", "Emeka"]
_LAST = ["Brand", "Okoye", "Lind", "Haddad", "Moreau", "Tanaka", "Varga", "Silva", "Petrov"]
_THINGS = ["kites", "maps", "bread", "clocks", "boats", "moss", "radios", "violins", "tea", "snow"]


def actor() -> ScriptedModel:
    tasks = {
        "character.create": _character,
        "character.enrich": _enriched,
        "profile.second_person": _second_person,
        "memory.choose": _choice,
        "turn.reply": _turn,
        "turn.farewell": lambda call: f"I must go and see to the {_one(_THINGS, call)}. Take care!",
        "judge.mood": lambda call: f"{2 + _number(call) % 4}\nWhy: it sounds so.",
        "judge.support": _rating,
    }
    return ScriptedModel(by_task=tasks, ref="scripted:actor")


def inputs(folder: Path) -> dict[str, Any]:
    file = folder / "types.txt"
    file.write_text("# two of ours\nDreamer: lives in plans\nFixer: mends\n\nHost: invites\n")
    return {"types": file}


def paper_calls(settings: Mapping[str, Any]) -> float:
    """Talks of 15 turns, half of them the seeker's; 3 types."""
    told = 15 - 3
    a_talk = 2 + (told - 1) + told + told // 2 + 2 + 1
    return float(settings["conversations"] * a_talk + 3 * settings["per_type"] * 16)


def _character(call: Call) -> str:
    name = f"{_one(_FIRST, call)} {_one(_LAST, call, 'last')}"
    told = {field: f"I say of {field}: {_one(_THINGS, call, field)}." for field in FIELDS}
    return json.dumps({**told, "name": name, "region": "Graz, Austria", "job": "clock repairer"})


def _enriched(call: Call) -> str:
    name = re.findall(r"name: (\w+)", call.messages[-1].content)[0]
    return json.dumps(
        {
            field: f"I, {name}, think of {field} and {_one(_THINGS, call, field)} every day."
            for field in (*TOLD, EXTRA)
        }
    )


def _second_person(call: Call) -> str:
    fields = call.messages[-1].content.partition("<fields>")[2]
    names = re.findall(r"^(\w+): ", fields, re.MULTILINE)
    return json.dumps(
        {
            "statement": f"You are somebody who repairs {_one(_THINGS, call)}.",
            "memories": {n: f"You think of {n} and {_one(_THINGS, call, n)}." for n in names},
            "tones": [f"Well, {thing}." for thing in _THINGS[:5]],
        }
    )


def _choice(call: Call) -> str:
    names = re.findall(r"^- (.+)$", call.messages[-1].content, re.MULTILINE)
    return _one([*names, "NONE"], call)


def _turn(call: Call) -> str:
    return f"Some days it is {_one(_THINGS, call)}, and then {_one(_THINGS, call, 'b')}. And you?"


def _rating(call: Call) -> str:
    scores = {n: 3 + _number(call, n) % 3 for n in ("mood_improved", "problem_solved", "active")}
    return json.dumps({**scores, "why": "the last turn"})


def _number(call: Call, salt: str = "") -> int:
    text = f"{call.task}|{call.seed}|{salt}|" + "".join(m.content for m in call.messages)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")


def _one(words: list[str], call: Call, salt: str = "") -> str:
    return words[_number(call, salt) % len(words)]
