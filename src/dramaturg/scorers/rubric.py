"""How good one conversation is by itself: five qualities, measured or on an anchored scale.

The qualities are those of FED (Mehri and Eskenazi 2020) that the pairwise experts use. A scale
whose five steps are described leaves a judge less room than "1 to 5".
"""

from __future__ import annotations

from collections.abc import Mapping

from dramaturg.errors import UserError
from dramaturg.models import ChatModel, QualityRater
from dramaturg.models.base import QualityExplainer, Rated
from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.asked import AskedScore, need_words
from dramaturg.scorers.base import MEASURED, Scorer
from dramaturg.scorers.once import Once
from dramaturg.scorers.quality import POLICIES


def rubric(policy: str, judge: QualityRater | ChatModel) -> Scorer:
    """One quality of one conversation; higher is better.

    Returns:
        Measured: the expert's formula, in [0, 1]. Asked: 1 to 5, each step described.

    Raises:
        UserError: If there is no such policy, or the judge cannot do it.
    """
    if policy not in POLICIES:
        raise UserError(
            f"there is no quality policy {policy!r}", fix=f"use one of {', '.join(POLICIES)}"
        )
    if isinstance(judge, QualityRater):
        return _Measured(policy, judge, _once(judge))
    return AskedScore(policy, judge, f"judge.rubric.{policy}", f"rubric_{policy}", 1, 5)


def rubrics(judge: QualityRater | ChatModel) -> list[Scorer]:
    """All five by the same judge; a measured judge reads each conversation once."""
    if isinstance(judge, QualityRater):
        shared = _once(judge)
        return [_Measured(policy, judge, shared) for policy in POLICIES]
    return [rubric(policy, judge) for policy in POLICIES]


def _once(judge: QualityRater) -> Once[Mapping[str, Rated]]:
    async def look(conversation: Conversation, _: int) -> Mapping[str, Rated]:
        if isinstance(judge, QualityExplainer):
            return await judge.rated(conversation)
        bare = await judge.qualities(conversation)
        return {name: Rated(value=value) for name, value in bare.items()}

    return Once(look)


class _Measured:
    version, cost_rank, low, high = "features-1", MEASURED, 0.0, 1.0

    def __init__(
        self, policy: str, model: QualityRater, qualities: Once[Mapping[str, Rated]]
    ) -> None:
        self.name, self.model, self._qualities = policy, model, qualities

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        found, _ = await self._qualities(conversation, 0)
        one = found[self.name]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(min(max(one.value, 0.0), 1.0), 6),
            reasons=one.reasons,
            evidence=tuple(Evidence(turn=turn, note="contradicts another") for turn in one.turns),
            model=self.model.ref,
        )
