"""Conversations that say nearly what an earlier one says go."""

from __future__ import annotations

from collections.abc import Sequence

from dramaturg.dataset.near import near_repeats
from dramaturg.records import Conversation, Drop
from dramaturg.scorers.languages import spaced
from dramaturg.store import Spool, notes


def different(
    conversations: Sequence[Conversation], *, near: float = 0.8
) -> Sequence[Conversation]:
    """Those that are no near-duplicate of one before; each other one is noted as a Drop.

    Args:
        near: Share of common word triples from which two count as one, in [0.5, 1].

    Returns:
        Read from disk, in order.
    """
    doubles = near_repeats(
        (spaced(" ".join(turn.text for turn in talk.turns)) for talk in conversations), near
    )
    for index, (first, share) in doubles.items():
        kept = conversations[first].id
        reason = f"duplicate: {share:.0%} of its word triples are those of {kept}"
        notes.note(Drop(kind="conversation", reason=reason, subject=conversations[index].id))
    return Spool(talk for index, talk in enumerate(conversations) if index not in doubles)
