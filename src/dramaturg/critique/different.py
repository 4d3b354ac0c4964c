"""Conversations that say nearly what an earlier one says go."""

from __future__ import annotations

from collections.abc import Sequence

from dramaturg.dataset.near import near_repeats
from dramaturg.records import Conversation, Drop
from dramaturg.scorers.languages import spaced
from dramaturg.store import notes


def different(conversations: Sequence[Conversation], *, near: float = 0.8) -> list[Conversation]:
    """Those that are no near-duplicate of one before; each other one is noted as a Drop.

    Args:
        near: Share of common word triples from which two count as one, in [0.5, 1].
    """
    talks = list(conversations)
    texts = (spaced(" ".join(turn.text for turn in talk.turns)) for talk in talks)
    doubles = near_repeats(texts, near)
    for index, (first, share) in doubles.items():
        reason = f"duplicate: {share:.0%} of its word triples are those of {talks[first].id}"
        notes.note(Drop(kind="conversation", reason=reason, subject=talks[index].id))
    return [talk for index, talk in enumerate(talks) if index not in doubles]
