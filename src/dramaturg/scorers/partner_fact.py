"""Does a speaker claim what is true of the other? Off in the paper; an expert of its own here.

The paper's faithfulness expert lets it pass, and speakers of its corpus take over their partner's
attributes about three times as often as people do.
"""

from __future__ import annotations

from dramaturg.models import ChatModel, NLIModel
from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.base import MEASURED, Scorer
from dramaturg.scorers.faithfulness import against_facts, asked, fact_id
from dramaturg.scorers.yes_no import yes_no_task


def partner_fact(judge: NLIModel | ChatModel, *, threshold: float = 0.5) -> Scorer:
    """The optional expert "this attribute belongs to the partner"; higher is better.

    Args:
        threshold: p(entail) from which a turn counts as claiming a fact of the partner that its
            own speaker's profile does not hold; measured form only.
    """
    if isinstance(judge, NLIModel):
        return _Measured(judge, threshold)
    return asked(judge, name="partner_fact", task=yes_no_task("judge.partner_fact", "partner_fact"))


class _Measured:
    name, version, cost_rank, low, high = "partner_fact", "nli-1", MEASURED, 0.0, 1.0

    def __init__(self, nli: NLIModel, threshold: float) -> None:
        self.nli, self.threshold = nli, threshold

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        own = {
            turn
            for turn, _, _, one in await against_facts(conversation, self.nli, seed=seed)
            if one.p_entail >= self.threshold
        }
        theirs = await against_facts(conversation, self.nli, of_partner=True, seed=seed)
        people = conversation.speakers
        worst, taken = 0.0, []
        for turn, owner, fact, one in theirs:
            claimant = people[conversation.turns[turn].speaker]
            if turn in own or people[owner].persona[fact] in claimant.persona:
                continue
            worst = max(worst, one.p_entail)
            if one.label == "entail" and one.p_entail >= self.threshold:
                taken.append((turn, owner, fact, one))
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(1 - worst, 6),
            passed=not taken,
            reasons=tuple(
                f"turn {turn} claims the partner's {people[owner].persona[fact]!r}"
                for turn, owner, fact, _ in taken
            ),
            evidence=tuple(
                Evidence(
                    turn=turn,
                    fact_id=fact_id(conversation, owner, fact),
                    note=f"p(entail) {one.p_entail:.2f}",
                )
                for turn, owner, fact, one in taken
            ),
            model=self.nli.ref,
        )
