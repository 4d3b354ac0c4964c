"""A scripted actor for big5-chat: it answers every task by the call; plumbing, not quality."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel
from dramaturg.profile import BIG_FIVE, Pole, poles

EMBEDDED = "refuses"
PER_ITEM = (
    "an answer, its share of the scene's first line, and a reading by the trait regressor: 2.1; "
    "the inventory once for each model in one prompt, where ours asks each item alone (50 calls)"
)
SETTINGS: dict[str, Any] = {
    "conversations": 12, "traits": "openness,extraversion", "draws": 1, "seed": 5,
}  # fmt: skip


def inputs(folder: Path) -> dict[str, Any]:
    """No file: the shipped scenes."""
    return {}


def paper_calls(settings: Mapping[str, Any]) -> float:
    """First lines, answers, readings; and one prompt a draw for each end and the bare model."""
    n, ends = int(settings["conversations"]), 2 * len(str(settings["traits"]).split(","))
    return math.ceil(n / ends) + 2 * n + (ends + 1) * int(settings.get("draws", 2))


def wanted_end(prompt: str) -> Pole | None:
    """The end of a trait whose description a prompt holds."""
    return next((end for end in poles(",".join(BIG_FIVE)) if end.words in prompt), None)


MARKS = {f"{trait}{level}": f"So {trait[:4]} {level} it is" for trait in BIG_FIVE
         for level in ("high", "low")}  # fmt: skip


def actor() -> ScriptedModel:
    """Says a line that carries a mark of its end, and reads the mark as a judge."""

    def opens(call: Call) -> str:
        return f"Have you heard the news about number {call.seed % 9_000}?"

    def replies(call: Call) -> str:
        end = wanted_end(call.messages[1].content)
        assert end is not None
        return f"{MARKS[end.trait + end.level]}, number {call.seed % 9_000}, *nods* you know."

    def rates(call: Call) -> str:
        said = call.messages[1].content
        found: dict[str, int | None] = dict.fromkeys(BIG_FIVE)
        for trait in BIG_FIVE:
            for level, value in (("high", 85), ("low", 15)):
                if MARKS[trait + level] in said:
                    found[trait] = value
        return json.dumps(found)

    def answers(call: Call) -> str:
        end = wanted_end(call.messages[0].content)
        lines = re.findall(r"^([A-E])\. (.+)$", call.messages[1].content, re.MULTILINE)
        words = "neither accurate nor inaccurate"
        if end is not None and call.seed % 7:
            words = "very accurate" if end.level == "high" else "very inaccurate"
        return next(str(letter) for letter, option in lines if option == words)

    script = {
        "line.open": opens, "line.reply": replies, "traits.rate": rates,
        "inventory.answer": answers,
    }  # fmt: skip
    return ScriptedModel(by_task=script, ref="scripted:actor")
