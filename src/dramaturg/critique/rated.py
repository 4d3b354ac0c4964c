"""A conversation with the numbers of some scorers on it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dramaturg.errors import BackendError, RecordError
from dramaturg.models import calls_heard
from dramaturg.records import Conversation, Drop, derive_seed
from dramaturg.scorers import Scorer, why_lost
from dramaturg.store import notes


async def rated(
    conversation: Conversation, scorers: Sequence[Scorer], *, seed: int
) -> Conversation:
    """The conversation with a score by each scorer's name; every verdict is noted.

    Nothing is decided: a low number drops nothing. Where a scorer gives no verdict its score is
    missing, and a Drop says why.

    Raises:
        BackendError: If a judge cannot be used at all.
    """
    scores = dict(conversation.scores)
    for scorer in scorers:
        try:
            with calls_heard() as keys:
                own = derive_seed(seed, "rated", conversation.id)  # shared answers share a seed
                verdict = await scorer(conversation, seed=own)
        except (RecordError, BackendError) as error:
            reason = f"{why_lost(error)}: {scorer.name} has no verdict"
            notes.note(Drop(kind="verdict", reason=reason, subject=conversation.id))
            continue
        notes.note(msgspec.structs.replace(verdict, calls=tuple(keys)))
        scores[scorer.name] = verdict.value
    return msgspec.structs.replace(conversation, scores=scores)
