"""The actor of persona-extend: replies, judgements and votes that depend on what is asked only.

It proves plumbing, not quality.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel

SETTINGS: dict[str, Any] = {"conversations": 8}
EMBEDDED = "runs"
PER_ITEM = "every fact of the pool judged against the question and the profile, then one reply"

THINGS = ["goats", "chess", "kites", "bread", "clocks", "boats", "moss", "radios", "violins"]
PLACES = ["Turku", "Lille", "Cork", "Graz", "Bergen", "Malaga", "Porto", "Riga", "Vigo"]
POOL = [f"I collect {thing} from {place}." for thing, place in zip(THINGS, PLACES, strict=True)]


def inputs(folder: Path) -> dict[str, Any]:
    """Nine people with five facts; the reply uses the first, the others are of no matter."""
    rows = []
    for n, thing in enumerate(THINGS):
        held = [POOL[n], f"I am {n + 20} years old.", f"My brother paints {THINGS[n - 1]}."]
        held += [f"I walk {n + 2} miles a day.", "I sleep badly."]
        rows.append(
            {"query": f"hi ! have you anything to do with {thing} ?", "facts": held,
             "reply": f"sure , i collect {thing} , all from {PLACES[n]}"}
        )  # fmt: skip
    file = folder / "turns.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    pool = folder / "pool.txt"
    pool.write_text("\n".join(POOL), encoding="utf-8")
    return {"turns": file, "pool": pool}


def actor() -> ScriptedModel:
    return ScriptedModel(
        by_task={"turn.next": turn, "nli.judge": judge, "judge.fits": vote}, ref="scripted:actor"
    )


def paper_calls(settings: Mapping[str, Any]) -> float:
    """A question against the whole pool, each fact against four held ones, and one reply."""
    return float(settings["conversations"] * (len(POOL) * (1 + 4) + 1))


def turn(call: Call) -> str:
    """Says the fact that shares a thing with the question, else something of no matter."""
    asked = call.messages[-1].content
    query = asked.partition("Person 2: ")[2]
    facts = re.findall(r"^- (.*)$", asked, re.MULTILINE)
    thing = next((t for t in THINGS if t in query), "")
    told = [fact for fact in facts if thing in fact]
    return told[0].lower() if told else f"no , not really . ({_digest(asked) % 97})"


def judge(call: Call) -> str:
    return "neutral - nothing to do with each other"


def vote(call: Call) -> str:
    replies = re.findall(r"<reply_\d>(.*?)</reply_\d>", call.messages[-1].content)
    shown = ["collect" in reply for reply in replies]
    return "neither" if shown[0] == shown[1] else f"{1 + shown.index(True)} - it shows a fact"


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
