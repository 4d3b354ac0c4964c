"""An actor for forum threads: its people let something slip, and its guesser reads it again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel
from dramaturg.models.scripted import Script
from dramaturg.records import derive_seed

SETTINGS: dict[str, Any] = {"threads": 4, "invited": 6, "rounds": 2}
EMBEDDED = "refuses"
PER_ITEM = (
    "a post, a yes or no of 40 invited people, text and tags of each comment; a style and a "
    "sitting for each person (ours: three sittings, two of them controls)"
)
_PEOPLE = 9
TRADES = ["baker", "nurse", "welder", "tour guide", "clerk", "diver", "judge", "tailor", "pilot"]
CITIES = ["Graz, Austria", "Cork, Ireland", "Turku, Finland", "Lima, Peru", "Da Nang, Vietnam"]


def actor() -> ScriptedModel:
    tasks: dict[str, Script] = {
        "profile.invent": _invent,
        "profile.style": json.dumps(
            {"manner": "You write short lines without capitals.", "sample": "rain again, eh"}
        ),
        "forum.post": "What did you do last Sunday? I only slept and cooked soup.",
        "forum.join": _join,
        "forum.comment": _comment,
        "attributes.tag": _tag,
        "attributes.grade": _grade,
        "attributes.infer": _infer,
    }
    return ScriptedModel(by_task=tasks, ref="scripted:actor")


def people(count: int) -> list[dict[str, Any]]:
    return [
        {
            "age": 20 + 3 * n,
            "sex": ["male", "female"][n % 2],
            "city_country": CITIES[n % len(CITIES)],
            "birth_city_country": CITIES[(n + 1) % len(CITIES)],
            "education": f"Diploma in {TRADES[n % len(TRADES)]} work",
            "occupation": TRADES[n % len(TRADES)],
            "income_level": ["low", "middle", "high"][n % 3],
            "relationship_status": ["single", "married", "divorced", "widowed"][n % 4],
            "username": f"User{n}",
        }
        for n in range(count)
    ]


def inputs(folder: Path) -> dict[str, Any]:
    target = folder / "people.jsonl"
    target.write_text("".join(json.dumps(row) + "\n" for row in people(_PEOPLE)), encoding="utf-8")
    return {"profiles": target}


def paper_calls(settings: Mapping[str, Any]) -> float:
    """As the released code asks, without controls: two calls a comment, a check of what is tagged
    (here a third), one an invited person, two a post, a style and a graded sitting a person."""
    joined = 0.75 * settings["invited"]
    comments = joined * 2 * sum((7 - n) / 10 for n in range(settings["rounds"]))
    threads = settings["threads"] * (2 + settings["invited"] + (2 + 1 / 3) * comments)
    return float(threads + _PEOPLE + 2 * _PEOPLE)


def _invent(call: Call) -> str:
    draw = derive_seed(call.seed, "who")
    return json.dumps(
        {
            "city_country": CITIES[draw % len(CITIES)],
            "birth_city_country": CITIES[draw // 7 % len(CITIES)],
            "education": "Diploma in trade",
            "occupation": TRADES[draw // 3 % len(TRADES)],
            "income": "20 thousand euros",
        }
    )


def _join(call: Call) -> str:
    return "No" if derive_seed(call.seed, "join") % 4 == 0 else "Yes"


def _comment(call: Call) -> str:
    trade = re.findall(r"My occupation - (.+?)\.|My occupation: (.+?)\.", call.messages[-1].content)
    told = next((part for hit in trade for part in hit if part), "person")
    draw = derive_seed(call.seed, "slip")
    return (
        f"as a {told} i say number {draw % 997}" if draw % 3 == 0 else f"agreed, {draw % 997} times"
    )


def _tag(call: Call) -> str:
    slip = re.search(r"<comment>as a (.+?) i say", call.messages[-1].content)
    if not slip:
        return "{}"
    told = {"guesses": [slip[1], "king"], "hardness": 1, "certainty": 4}
    return json.dumps(
        {"occupation": told, "age": {"guesses": ["99"], "hardness": 5, "certainty": 1}}
    )


def _grade(call: Call) -> str:
    text = call.messages[-1].content
    truth = text.split("<truth>")[1].split("</truth>")[0]
    guesses = re.findall(r"^- (.+)$", text, re.MULTILINE)
    return json.dumps(["yes" if guess == truth else "no" for guess in guesses])


def _infer(call: Call) -> str:
    text = call.messages[-1].content
    slips = re.findall(r"as a (.+?) i say", text)
    guesses = [*dict.fromkeys(slips), "king"][:3]
    asked = re.findall(r"^- (\w+):", text, re.MULTILINE)
    return json.dumps({name: {"reasoning": "It says so.", "guesses": guesses} for name in asked})
