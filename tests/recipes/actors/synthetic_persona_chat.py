"""The core recipe's actor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.models import ScriptedModel
from tests.runner.actor import actor_model

SETTINGS: dict[str, Any] = {
    "conversations": 6, "rounds": 2, "drafts": 3, "new_facts": 6, "query_steps": 3, "people": 12,
}  # fmt: skip
EMBEDDED = "runs"
PER_ITEM = "3 rounds of a series of drafts, each read by 2 filters and in pairs by 5 experts"


def actor() -> ScriptedModel:
    return actor_model()


def inputs(folder: Path) -> dict[str, Any]:
    facts = Path(__file__).parents[2] / "runner" / "facts.txt"
    target = folder / "facts.txt"
    target.write_bytes(facts.read_bytes())
    return {"personas": target}


def paper_calls(settings: Mapping[str, Any]) -> float:
    """Drafts, filters and votes in both orders, of every pair in every round."""
    drafts = settings["drafts"]
    votes = drafts * (drafts - 1) // 2 * 2 * 5
    return float(settings["conversations"] * settings["rounds"] * (3 * drafts + votes))
