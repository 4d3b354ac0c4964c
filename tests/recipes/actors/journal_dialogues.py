"""A scripted actor for journal-dialogues: plumbing, not quality."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel
from dramaturg.scorers.trait_ratings import BIG_FIVE

EMBEDDED = "runs"
PER_ITEM = (
    "one prompt a talk; each entry once through the trait classifier and the encoder, which the "
    "many talks of an author share"
)
SETTINGS: dict[str, Any] = {"conversations": 4, "seed": 5, "turns": 4, "tries": 3}
THEMES = {
    "bees": ["hive", "queen", "honey", "smoke", "swarm", "comb", "frame", "brood", "wax", "nectar"],
    "ward": ["ache", "bed", "pulse", "shift", "drip", "fever", "bell", "pill", "cot", "nurse"],
    "race": ["run", "knee", "track", "sweat", "finish", "lap", "shoe", "coach", "medal", "sprint"],
    "clay": ["kiln", "glaze", "bowl", "wheel", "rim", "pot", "cup", "plate", "oven", "slip"],
}  # fmt: skip


def inputs(folder: Path) -> dict[str, Any]:
    """Four authors of three entries each, every one about the author's own theme."""
    file = folder / "entries.jsonl"
    rows = [
        {
            "author": name,
            "id": f"{name}-{n}",
            "text": f"I saw the {a} and the {b} on day {n}. My {c} was as old as the {d} of my "
            f"aunt. Nobody knew why the {e} had gone, and I went home through the rain.",
        }
        for name, words in THEMES.items()
        for n, (a, b, c, d, e) in enumerate(
            [words[:5], words[3:8], words[5:10]],
            1,
        )
    ]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return {"entries": file}


def paper_calls(settings: Mapping[str, Any]) -> float:
    """One prompt a talk and one classification an entry."""
    return float(settings["conversations"] + 12)


def actor() -> ScriptedModel:
    """Talks with a word of each speaker's own entry in every turn, and sees openness everywhere."""

    def writes(call: Call) -> str:
        sides = re.findall(r"<entry_of_user_\d>\n(.*?)\n</entry", call.messages[1].content)
        turns = int(re.findall(r"exactly (\d+) turns", call.messages[0].content)[0])
        words = [[w for w in side.split() if len(w) > 2] for side in sides]
        lines = []
        for n in range(turns):
            own = words[n % 2][(call.seed + 7 * n) % len(words[n % 2])].strip(".,")
            lines.append(f"User {n % 2 + 1}: What about {own}, number {n} of {call.seed % 9_000}?")
        return "\n".join(lines)

    ratings = json.dumps({**dict.fromkeys(BIG_FIVE), "openness": 80})
    return ScriptedModel(
        by_task={"conversation.write": writes, "traits.rate": ratings}, ref="scripted:actor"
    )
