"""How many calls a recipe will make, before any reply is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dramaturg.recipes.recipe import Step
from dramaturg.scorers import POLICIES

TOKENS_A_TURN = 18
_ANY = 10**9
RANGES = {
    **dict.fromkeys(["conversations", "rounds", "drafts", "partners", "profile_size"], (1, _ANY)),
    **dict.fromkeys(["demonstrations", "new_facts", "query_steps", "retries"], (0, _ANY)),
    **dict.fromkeys(["new_per_person", "shared"], (0, _ANY)),
    "people": (2, _ANY),
    "enough": (1, _ANY),
    "min_turns": (2, 100),
    "max_turns": (2, 100),
    "cluster_at": (-1, 1),
    "duplicate_at": (0, 1),
    "narrow_at": (0, 1),
}
NEW_PER_SEED = 1.06  # the paper wanted 5,000 new facts of 4,723 seeds


def new_facts_wanted(asked: int | None, seeds: int) -> int:
    """The number asked for, or the paper's share of the seeds."""
    return round(NEW_PER_SEED * seeds) if asked is None else asked


def synthetic_persona_chat_calls(s: Mapping[str, Any], facts: int) -> list[Step]:
    """No draft is dropped early and no pair is tried again: a real run makes fewer quality votes
    (the drafts that the first experts drop are not compared) and a few more drafts.
    """
    n, rounds, size = s["conversations"], s["rounds"], s["profile_size"]
    drafts = min(s["drafts"], s["enough"] or s["drafts"])
    new = new_facts_wanted(s["new_facts"], facts) if facts else 0
    talk = TOKENS_A_TURN * (s["min_turns"] + s["max_turns"]) // 2
    shown = s["demonstrations"] * (talk + 120) + 320
    judgements = (s["people"] or 2 * n) * size * (size - 1) if facts else 0
    votes = n * rounds * (drafts * (drafts - 1) // 2) * 2 * len(POLICIES)
    return [
        Step("induce queries", "writer", facts // 15 if new else 0, 180, 15, "query.induce"),
        Step("more queries", "writer", s["query_steps"] if new else 0, 170, 60, "query.more"),
        Step("new facts", "writer", round(1.3 * new), 230, 20, "persona.answer"),
        Step("negations", "writer", facts + new, 90, 12),
        Step("check profiles", "nli", judgements, 160, 20, "nli.judge"),
        Step("drafts", "writer", n * drafts * rounds, shown, talk, "conversation.write"),
        Step("faithfulness", "critic", n * drafts * rounds, talk + 1_100, 50, "judge.faithfulness"),
        Step("toxicity", "critic", n * drafts * rounds, talk + 150, 40, "judge.toxicity"),
        Step("quality votes", "critic", votes, 2 * talk + 200, 40, "judge.quality"),
    ]
