"""The actor of user-profile: it reads its own order out of the prompt, so it is always right.

It proves plumbing, not quality.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel

SETTINGS: dict[str, Any] = {"people": 6, "updates": 5}
EMBEDDED = "refuses"
PER_ITEM = "one call to read a profile out of a text, one to update it with each further text"


def inputs(folder: Path) -> dict[str, Any]:
    """Six people: two with a text and a profile, two with a profile, two with a text."""
    rows = [
        {"name": "Ada Abel", "text": "Ada Abel says: occupation = baker.",
         "profile": {"job": "baker"}},
        {"name": "Ben Brandt", "text": "Ben Brandt says: occupation = ferry pilot.",
         "profile": {"occupation": "ferry pilot"}},
        {"name": "Cleo Castell", "profile": {"hobby": ["chess", "rowing"], "home": "Lisbon"}},
        {"name": "Dario Dorn", "profile": {"occupation": "translator", "pets": "two goats"}},
        {"name": "Edda Eklund", "text": "Edda Eklund says: residence = Porto."},
        {"name": "Farid Farkas", "text": "Farid Farkas says: occupation = school nurse."},
    ]  # fmt: skip
    file = folder / "people.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return {"texts": file}


def actor() -> ScriptedModel:
    return ScriptedModel(
        by_task={
            "profile.tell": tell, "profile.note": note, "profile.extract": extract,
            "profile.update": update,
        },
        ref="scripted:actor",
    )  # fmt: skip


def paper_calls(settings: Mapping[str, Any]) -> float:
    """Construction and updates; biographies and notes were a model's as well, one call each."""
    return float(settings["people"] * (1 + 2 * settings["updates"]))


def tell(call: Call) -> str:
    name, lines = _inside(call, "name"), _inside(call, "profile")
    told = re.findall(r"^- (.*?): (.*)$", lines, re.MULTILINE)
    return f"{name} says: " + "; ".join(f"{key} = {value}" for key, value in told) + "."


def note(call: Call) -> str:
    order = dict(
        line.split(": ", 1) for line in _inside(call, "order").splitlines() if ": " in line
    )
    if order["kind"] == "irrelevant":
        return "It rained all week."
    if order["kind"] == "replace":
        return (
            f"{order['person']}: {order['key']} is {order['new value']}, not {order['old value']}."
        )
    return f"{order['person']}: {order['key']} is {order['new value']}."


def extract(call: Call) -> str:
    name, text = _inside(call, "name"), _inside(call, "text")
    found = [
        {"person": name, "key": key, "value": value, "evidence": f"{key} = {value}"}
        for key, value in re.findall(r"(\w+) = ([^;.]+)", text)
    ]
    return json.dumps({"facts": found})


def update(call: Call) -> str:
    text = _inside(call, "text")
    hit = re.match(r"(.*?): (\w+) is (.*?)(?:, not (.*))?\.$", text)
    if hit is None:
        return '{"facts": []}'
    person, key, value, old = hit.groups()
    op = "replace" if old else "add"
    item = {"op": op, "person": person, "key": key, "value": value, "old": old or ""}
    return json.dumps({"facts": [{**item, "evidence": text}]})


def _inside(call: Call, tag: str) -> str:
    asked = call.messages[-1].content if call.attempt == 0 else call.messages[-3].content
    found = re.findall(rf"<{tag}>\n?(.*?)\n?</{tag}>", asked, re.DOTALL)
    return str(found[-1])
