"""Put several scorers to a conversation that is kept whatever they say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from dramaturg.errors import BackendError, RecordError
from dramaturg.records import Conversation, Drop, Verdict
from dramaturg.scorers import Scorer, together, why_lost
from dramaturg.store import notes


def scored(
    judges: Sequence[Scorer], *, seed: int
) -> Callable[[Conversation], Awaitable[Conversation]]:
    """How a conversation gets a score by the name of each judge.

    Every verdict is noted. A judge who has nothing to say of a conversation, or whose reply cannot
    be used, leaves no score and a Drop of kind "verdict" with the reason: never a zero.

    Raises:
        BackendError: From the work, where a judge's model fails for every conversation.
    """

    async def verdict(judge: Scorer, conversation: Conversation) -> Verdict | Drop:
        try:
            return await judge(conversation, seed=seed)
        except (RecordError, BackendError) as error:
            reason = f"{judge.name}: {why_lost(error)}"
            return Drop(kind="verdict", reason=reason, subject=conversation.id)

    async def score(conversation: Conversation) -> Conversation:
        found = await together(verdict(judge, conversation) for judge in judges)
        for one in found:
            notes.note(one)
        scores = {one.scorer: one.value for one in found if isinstance(one, Verdict)}
        return msgspec.structs.replace(conversation, scores={**conversation.scores, **scores})

    return score
