"""Coherency and consistency with the embedded language model's opinion: slower, and better on FED.

A turn that the model finds unlikely after the turns before it is off the point, or badly said.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from dramaturg.models.experts.quality import QualityExpert, Turns

DATA = Path(__file__).parent / "data"
WITH_LIKELIHOOD = ("coherency", "consistency")


async def likely_qualities(
    expert: QualityExpert,
    turns: Turns,
    *,
    facts: tuple[Sequence[str], Sequence[str]] = ((), ()),
    style: Literal["made", "human"] = "human",
) -> dict[str, float]:
    """`expert.qualities`, with coherency and consistency each the mean of itself and `likely`.

    Takes about half a second of processor time for a conversation of 25 turns.

    Args:
        turns: `(speaker, text)` in order; the speakers are 0 and 1.
        facts: What is known of speaker 0 and of speaker 1.
        style: What the model takes the conversation for.
    """
    found = expert.qualities(turns)
    share = likely(await mean_likelihood(turns, facts=facts, style=style))
    return {
        name: (value + share) / 2 if name in WITH_LIKELIHOOD else value
        for name, value in found.items()
    }


async def mean_likelihood(
    turns: Turns,
    *,
    facts: tuple[Sequence[str], Sequence[str]] = ((), ()),
    style: Literal["made", "human"] = "human",
) -> float:
    """Nats a token over all turns, each after those before it; -inf where nothing is said."""
    from dramaturg.models.embedded.writer import score_turns

    found = await score_turns(*facts, turns, style=style)
    count = sum(len(turn) for turn in found)
    return sum(float(turn.sum()) for turn in found) / count if count else -math.inf


def likely(nats: float) -> float:
    """Where a mean likelihood stands among human conversations: 0.5 at their mean, 0 to 1."""
    usual = _usual()
    far = (nats - usual["mean"]) / usual["spread"]
    return 1 / (1 + math.exp(min(-far, 700.0)))


@lru_cache(maxsize=1)
def _usual() -> dict[str, float]:
    found: dict[str, float] = json.loads((DATA / "likelihood.json").read_text(encoding="utf-8"))
    return found
