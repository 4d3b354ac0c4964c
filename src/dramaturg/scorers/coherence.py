"""Does each turn follow from the one before? Measured by vectors, or asked on an anchored scale.

Source: the idea of telling a text from its shuffled self, Barzilay and Lapata 2008, "Modeling
local coherence". Differs: a number for one conversation, no training.
"""

from __future__ import annotations

import random

from dramaturg.errors import NotJudged
from dramaturg.models import ChatModel, Embedder
from dramaturg.records import Conversation, Evidence, Verdict, derive_seed
from dramaturg.scorers.asked import AskedScore, need_words
from dramaturg.scorers.base import MEASURED, Scorer, prompted

_OTHERS = 20  # turns that the one before is set against
_SHOWN = 3


def coherence(judge: Embedder | ChatModel) -> Scorer:
    """The coherence scorer; higher is better.

    Returns:
        Measured: how often a turn is nearer to the turn before it than to another turn of the
        conversation, 0.5 for turns in random order, in [0, 1]. Asked: 1 to 5.
    """
    if isinstance(judge, Embedder) and not prompted(judge):
        return _Measured(judge)
    assert isinstance(judge, ChatModel)
    return AskedScore("coherence", judge, "judge.coherence", "rubric_coherency", 1, 5)


class _Measured:
    name, version, cost_rank, low, high = "coherence", "order-1", MEASURED, 0.0, 1.0

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        turns = [i for i, turn in enumerate(conversation.turns) if turn.text.strip()]
        if len(turns) < 4:
            raise NotJudged("order needs four turns at least", kind="fewer than four turns")
        vectors = await self.embedder.embed([conversation.turns[i].text for i in turns])
        draw = random.Random(derive_seed(seed, "coherence", conversation.id))
        rows: list[tuple[float, int]] = []
        for at in range(1, len(turns)):
            near = float(vectors[at] @ vectors[at - 1])
            others = [i for i in range(len(turns)) if i not in (at, at - 1)]
            if len(others) > _OTHERS:
                others = draw.sample(others, _OTHERS)
            far = vectors[others] @ vectors[at]
            wins = float((near > far + 1e-6).mean() + 0.5 * (abs(near - far) <= 1e-6).mean())
            rows.append((wins, turns[at]))
        worst = sorted(rows)[:_SHOWN]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(sum(wins for wins, _ in rows) / len(rows), 6),
            reasons=tuple(
                f"turn {turn} is further from the turn before it than from "
                f"{1 - wins:.0%} of the others"
                for wins, turn in worst
                if wins < 0.25
            ),
            evidence=tuple(Evidence(turn=turn) for wins, turn in worst if wins < 0.25),
            model=self.embedder.ref,
        )
