"""Which of two conversations is more likely a chat of two people? The Turing test of a pair.

Source: the human detection study of Jandaghi et al. 2023, arXiv:2312.10007, with a judge in place
of the annotators.
"""

from __future__ import annotations

from dramaturg.errors import NotJudged
from dramaturg.models import ChatModel
from dramaturg.records import Comparison, Conversation
from dramaturg.scorers.base import RULE, Comparer
from dramaturg.scorers.naturalness import HumanReference, naturalness
from dramaturg.scorers.quality import AskedComparer

_TIE = 0.01


def more_human(
    judge: ChatModel | None = None, *, reference: HumanReference | None = None
) -> Comparer:
    """The comparer "human": asked of a chat model in both orders, or measured by naturalness.

    Args:
        judge: None takes the measured form: the conversation that is more typical of the
            reference wins; nearer than 0.01, or where one cannot be measured, is a tie.
    """
    if judge is None:
        return _Measured(reference)
    return AskedComparer("human", judge)


class _Measured:
    name = policy = "human"
    version, cost_rank, asks = "surface-1", RULE, 1

    def __init__(self, reference: HumanReference | None) -> None:
        self._rate = naturalness(reference=reference)

    async def __call__(self, a: Conversation, b: Conversation, *, seed: int = 0) -> Comparison:
        try:
            one, other = (await self._rate(a)).value, (await self._rate(b)).value
            why = f"naturalness {one:.3f} against {other:.3f}"
        except NotJudged as error:
            one = other = 0.0
            why = f"no vote: {error.what}"
        winner = None if abs(one - other) < _TIE else (a.id if one > other else b.id)
        return Comparison(
            first=a.id,
            second=b.id,
            scorer=self.name,
            version=self.version,
            winner=winner,
            votes=(winner,),
            reasons=(why,),
        )
