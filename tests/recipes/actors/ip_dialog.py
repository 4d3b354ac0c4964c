"""A scripted model that hints by code words: the user of a value says its word, a reader knows it.

One round in five says its attribute aloud at first, one in five shows nothing at first: both are
sent back, improved, and kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel

SETTINGS: dict[str, Any] = {"conversations": 20}
EMBEDDED = "refuses"
PER_ITEM = (
    "a gold answer; for each related attribute a round, a judge of what shows, a judge of what "
    "clashes; requests by kind, field and subject; a reading"
)


WORDS = [
    "anchor", "basket", "candle", "dragon", "engine", "feather", "garden", "hammer", "island",
    "jacket", "kettle", "ladder", "magnet", "needle", "orchard", "pepper", "quartz", "ribbon",
    "saddle", "turnip", "umbrella", "violin", "window", "yogurt", "zipper", "bridge", "copper",
    "dolphin", "emerald", "forest", "granite", "harbour", "insect", "jungle", "lantern", "meadow",
]  # fmt: skip


def number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def asked(call: Call) -> str:
    return next(m.content for m in call.messages if m.role == "user")


def part(text: str, tag: str) -> str:
    found = re.findall(rf"<{tag}>\n(.*?)\n</{tag}>", text, re.DOTALL)
    return str(found[-1]) if found else ""


def code(name: str, value: str) -> str:
    """The word by which a value is told, e.g. "Zub4e1"."""
    return f"Zub{number(f'{name}={value}') % 0xFFFF:04x}"


def requests(call: Call) -> str:
    text = asked(call)
    count = int(re.findall(r"(\d+) requests on", text)[-1])
    form = part(text, "form_of_the_requests")
    rows = []
    for i in range(count):
        words = [WORDS[number(f"{text}{i}{n}") % len(WORDS)] for n in range(5)]
        row = f"How do {words[0]} and {words[1]} go with {words[2]}, {words[3]} or {words[4]}?"
        if "A. to D." in form or "A. to E." in form:
            options = "ABCDE"[: 5 if "A. to E." in form else 4]
            row += " " + " ".join(f"{letter}. thing {letter}{i}" for letter in options)
        rows.append(f"{i + 1}. {row}")
    return "\n".join(rows)


def answer_in(form: str, key: str) -> Any:
    draw = number(key)
    if form.startswith("all four"):
        return ["C", "A", "D", "B"] if draw % 2 else ["A", "B", "C", "D"]
    if "letters" in form:
        return ["ABCD"[draw % 4]]
    if form == "yes or no":
        return "yes" if draw % 5 else "no"
    return ["rest well", "ask a friend"] if form.startswith("a list") else "some thing, as it is"


def gold(call: Call) -> str:
    text = asked(call)
    names = re.findall(r"^- (\w+): ", part(text, "attributes_of_the_user"), re.MULTILINE)
    start = number(part(text, "request")) % len(names)
    chosen = [names[(start + i) % len(names)] for i in range(1 + number(text) % 3)]
    form = part(text, "form_of_the_answer")
    return json.dumps(
        {
            "attributes": chosen,
            "analysis": f"It rests on {' and '.join(chosen)}.",
            "answer": answer_in(form, part(text, "request")),
        }
    )


def hint(call: Call) -> str:
    text = asked(call)
    name, value = part(text, "attribute").split(": ", 1)
    fresh = "<try>" not in text and "<faults_of_earlier_tries>" not in text
    fault = number(text) % 5
    if fresh and fault == 0:
        told = f"as {value} in {name} would"
    elif fresh and fault == 1:
        told = "as one does"
    else:
        told = f"with my {code(name, value)} at hand"
    return f"User: Could you tell me the way, {told}?\nAssistant: Straight on, then left."


def reveals(call: Call) -> str:
    text = asked(call)
    name, value = part(text, "attribute").split(": ", 1)
    shows = code(name, value) in part(text, "conversation")
    return "Yes\nWhy: the word says it." if shows else "No\nWhy: nothing of it shows."


def read(call: Call) -> str:
    """Knows every code word; without one in the history it names nothing."""
    text = asked(call)
    said, form = part(text, "earlier"), part(text, "form_of_the_answer")
    found = {}
    for row in part(text, "possible_attributes").splitlines():
        name, values = row[2:].split(": ", 1)
        for value in values.split(" / "):
            if code(name, value) in said:
                found[name] = value
    return json.dumps(
        {
            "attributes": found,
            "analysis": f"It rests on {' and '.join(found)}.",
            "answer": answer_in(form, part(text, "request")),
        }
    )


def actor() -> ScriptedModel:
    readings = ("direct", "filter", "types", "all", "task_related", "gold")
    return ScriptedModel(
        by_task={
            "request.write": requests,
            "request.gold": gold,
            "round.implicit": hint,
            "judge.reveals": reveals,
            "judge.clashes": "No\nWhy: nothing goes against it.",
            **{f"request.answer.{layout}": read for layout in readings},
        },
        ref="scripted:actor",
    )


def inputs(folder: Path) -> dict[str, Any]:
    return {}


def paper_calls(settings: Mapping[str, Any]) -> float:
    """At two attributes an item, as this actor names, and no second try of a round."""
    return float(settings["conversations"] * (1 + 2 * 3 + 1) + 140)
