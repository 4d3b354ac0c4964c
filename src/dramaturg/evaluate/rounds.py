"""Does a loop feed on itself? Variety by the round in which conversations were made."""

from __future__ import annotations

from typing import Any

from dramaturg.evaluate.measures import AT_UTTERANCES, Side
from dramaturg.evaluate.talk import Coder, Talk
from dramaturg.evaluate.variety import AT_TOKENS, different, distinct


def by_round(side: Side) -> list[dict[str, Any]]:
    """The sample's distinct-2 and different utterances by round, equally much of every round.

    Returns:
        For each round "round", "conversations" (of the whole dataset), "sampled",
        "distinct_2_equal" and "different_equal"; [] where no conversation says its round.
    """
    talks: dict[int, list[Talk]] = {}
    for talk in side.talks:
        number = talk.conversation.provenance.round
        if number:
            talks.setdefault(number, []).append(talk)
    if not talks:
        return []
    tokens = min([AT_TOKENS, *(sum(len(t.flat) for t in some) for some in talks.values())])
    said = min([AT_UTTERANCES, *(sum(len(t.words) for t in some) for some in talks.values())])
    coder = Coder()
    return [
        {
            "round": number,
            "conversations": side.own.rounds[number],
            "sampled": len(some),
            "distinct_2_equal": distinct(some, 2, tokens, coder).value(),
            "different_equal": different(some, said).value(),
        }
        for number, some in sorted(talks.items())
    ]
