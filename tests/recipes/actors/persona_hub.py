"""A scripted writer for the recipe: every reply depends on the call's prompt and seed alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel

TRADES = ["nurse", "cooper", "pilot", "florist", "surveyor", "baker", "clerk", "diver", "tailor"]
TRADES += ["welder", "archivist", "shepherd", "roofer", "typist", "brewer", "glazier"]
PLACES = ["Lisbon", "Turku", "Ghent", "Malaga", "Cork", "Graz", "Bergen", "Lille", "Brno", "Pécs"]
CARES = ["kites", "old maps", "moss", "radios", "tides", "violins", "bridges", "stray cats"]
CARES += ["crosswords", "orchids", "trams", "folk dances", "compost", "lighthouses"]
RELATIONS = ["sister", "long-term patient", "rival", "landlady", "apprentice", "chess partner"]
SETTINGS: dict[str, Any] = {"count": 12, "people": 12, "rounds": 1, "close": 1, "talks": 2}
EMBEDDED = "refuses"
PER_ITEM = (
    "one call a person out of a text, one a person for those close to them, one a text; here half "
    "of the people are found in texts and lead to the other half"
)


def inputs(folder: Path) -> dict[str, Any]:
    """Twelve passages in a file."""
    file = folder / "texts.md"
    file.write_text("\n\n".join(map(passage, range(12))) + "\n", encoding="utf-8")
    return {"texts": file}


def passage(number: int) -> str:
    """A paragraph about a place and a thing; long enough to stand alone."""
    place, thing = PLACES[number % len(PLACES)], CARES[number % len(CARES)]
    return f"Paragraph {number}. " + f"In {place} they speak of {thing} and of little else. " * 9


def paper_calls(settings: dict[str, Any]) -> float:
    """6 from texts, 6 close to them, 12 texts, 2 talks."""
    people = settings["people"]
    return float(people / 2 + people / 2 + settings["count"] + settings["talks"])


def actor(**faults: Any) -> ScriptedModel:
    """The writer; `faults` replace the reply by task, dots as underscores."""
    script = {
        "persona.from_text": lambda call: person(call),
        "persona.related": lambda call: json.dumps(
            {"people": [{"relation": one(RELATIONS, call, 0), "person": person(call)}]}
        ),
        "conversation.reasoned": talk,
        **{f"text.{name}": text for name in ("instruction", "knowledge", "npc", "maths")},
        "text.reasoning": text,
        "text.tool": tool,
    }
    told = {name: faults.get(name.replace(".", "_"), reply) for name, reply in script.items()}
    return ScriptedModel(by_task=told, ref="scripted:actor")


def person(call: Call) -> str:
    trade, place, thing = one(TRADES, call, 1), one(PLACES, call, 2), one(CARES, call, 3)
    return f"A {trade} from {place} who in all weathers cares for {thing} ({draw(call, 4) % 97})."


def text(call: Call) -> str:
    return (
        f"Which {one(CARES, call, 5)} near {one(PLACES, call, 6)} would you show to "
        f"{draw(call, 7) % 89 + 2} guests on day {draw(call, 8) % 28 + 1}?"
    )


def tool(call: Call) -> str:
    fields = ("name", "description", "function", "arguments", "returns", "needs")
    return json.dumps({field: f"{field} of {one(CARES, call, 9)}" for field in fields})


def talk(call: Call) -> str:
    values = "\n".join(f"{name}: {one(CARES, call, n)} - it fits" for n, name in enumerate(NAMES))
    turns = "\n".join(
        f"User {n % 2 + 1}: {draw(call, n)} {one(CARES, call, n)} in {one(PLACES, call, n + 50)}?"
        for n in range(6)
    )
    return f"<reasoning>\n{values}\n</reasoning>\n<dialogue>\n{turns}\n</dialogue>"


NAMES = ("people", "familiarity", "emotion", "formality", "length", "medium", "focus", "place",
         "agreement", "manner")  # fmt: skip


def one(words: list[str], call: Call, salt: int) -> str:
    return words[draw(call, salt) % len(words)]


def draw(call: Call, salt: int) -> int:
    said = "|".join(m.content for m in call.messages)
    key = f"{call.seed}|{salt}|{said}"
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")
