"""Does a speaker claim what is true of the other? Off in the paper; an expert of its own here.

The paper's faithfulness expert lets it pass, and speakers of its corpus take over their partner's
attributes about three times as often as people do.
"""

from __future__ import annotations

import re

from dramaturg.models import ChatModel, NLIModel
from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.asked import need_words
from dramaturg.scorers.base import MEASURED, Scorer
from dramaturg.scorers.faithfulness import against_facts, asked, by_sentence, fact_id
from dramaturg.scorers.shown import share_said
from dramaturg.scorers.words import shown_words, tokens
from dramaturg.scorers.yes_no import yes_no_task

SHARED = 0.3  # of a fact's content words must be said: a general likeness is no claim
_SELF = frozenset(("i", "i'm", "im", "i've", "my", "mine", "me"))
_WISH = re.compile(
    r"\b(always wanted|want(?:ed)? to|would|i'd|should|could|wish|might|maybe|will|i'll|let's|"
    r"thinking (?:of|about)|thought about|never|bet|hope|understand|heard|glad|sure)\b"
)


def partner_fact(judge: NLIModel | ChatModel, *, threshold: float = 0.5) -> Scorer:
    """The optional expert "this attribute belongs to the partner"; higher is better.

    Args:
        threshold: p(entail) from which a turn counts as claiming a fact of the partner that its
            own speaker's profile does not hold; measured form only.
    """
    if isinstance(judge, NLIModel):
        return _Measured(judge, threshold)
    return asked(judge, name="partner_fact", task=yes_no_task("judge.partner_fact", "partner_fact"))


def claims_for_self(sentence: str) -> bool:
    """Whether a sentence says something of its speaker that is so now, as far as words tell.

    "I've always wanted a cat" and "We should go hiking" claim nothing; nor does what is said of
    the partner.

    >>> claims_for_self("I have a cat too."), claims_for_self("I've always wanted a cat.")
    (True, False)
    """
    words = tokens(sentence)
    return bool(_SELF & set(words)) and not _WISH.search(" ".join(words))


class _Measured:
    name, version, cost_rank, low, high = "partner_fact", "nli-2", MEASURED, 0.0, 1.0

    def __init__(self, nli: NLIModel, threshold: float) -> None:
        self.nli, self.threshold = nli, threshold

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        told, source = by_sentence(conversation, claims_for_self)
        own = {
            sentence
            for sentence, _, _, one in await against_facts(told, self.nli, seed=seed)
            if one.p_entail >= self.threshold
        }
        theirs = await against_facts(told, self.nli, of_partner=True, seed=seed)
        people = conversation.speakers
        worst, taken = 0.0, []
        for sentence, owner, fact, one in theirs:
            said, text = told.turns[sentence], people[owner].persona[fact]
            share = share_said(text, shown_words(said.text))
            if sentence in own or text in people[said.speaker].persona:
                continue
            if share is not None and share < SHARED:
                continue
            worst = max(worst, one.p_entail)
            if one.label == "entail" and one.p_entail >= self.threshold:
                taken.append((source[sentence], owner, fact, one))
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
