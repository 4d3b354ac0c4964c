"""Mark on each turn the facts that it shows, denies, or takes from the partner."""

from __future__ import annotations

import msgspec

from dramaturg.models import NLIModel
from dramaturg.records import Conversation, Grounding
from dramaturg.scorers.faithfulness import against_facts, fact_id


async def ground(
    conversation: Conversation, nli: NLIModel, *, threshold: float = 0.5, seed: int = 0
) -> Conversation:
    """The same conversation, its turns marked "entail", "contradict" or "partner".

    A turn that shows a fact of its own speaker is not marked as taking one from the partner: two
    people may share a fact. Facts without an id are not marked. The conversation keeps its id.
    """
    marks: list[list[Grounding]] = [[] for _ in conversation.turns]
    for turn, owner, fact, one in await against_facts(conversation, nli, seed=seed):
        known = fact_id(conversation, owner, fact)
        if known is None or one.label == "neutral":
            continue
        if max(one.p_entail, one.p_contradict) >= threshold:
            marks[turn].append(Grounding(fact_id=known, relation=one.label))
    shows_own = [any(m.relation == "entail" for m in row) for row in marks]
    theirs = await against_facts(conversation, nli, of_partner=True, seed=seed)
    for turn, owner, fact, one in theirs:
        known = fact_id(conversation, owner, fact)
        if known is None or shows_own[turn] or one.label != "entail":
            continue
        if one.p_entail >= threshold:
            marks[turn].append(Grounding(fact_id=known, relation="partner"))
    turns = tuple(
        msgspec.structs.replace(turn, grounding=tuple(row))
        for turn, row in zip(conversation.turns, marks, strict=True)
    )
    return msgspec.structs.replace(conversation, turns=turns)
