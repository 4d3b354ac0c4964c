"""Next-utterance prediction by the ranker that ships: no training on the dataset itself.

Beside `ranker`, which learns from four fifths of the dataset: that one says how predictable the
set is from its own kind, this one how well its turns follow by what was learnt on SPC train.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from dramaturg.evaluate.next_utterance import Whose
from dramaturg.evaluate.resample import Ratio
from dramaturg.records import Conversation, derive_seed
from dramaturg.scorers import utterances

if TYPE_CHECKING:
    from dramaturg.models.experts.ranker import Ranker


def expert_hits(
    conversations: Sequence[Conversation],
    *,
    whose: Sequence[Whose] = ("none", "both"),
    style: Literal["made", "human"] = "made",
    candidates: int = 20,
    most: int = 200,
    seed: int = 13,
) -> dict[Whose, Ratio]:
    """hit@1 of the shipped ranker by whose persona it knows; one row a conversation.

    Args:
        style: Which of the ranker's weights; see `Ranker`.
        candidates: The true utterance and so many less one random others of the set.
        most: Utterances asked about, spread over the conversations.

    Returns:
        Empty where there is nothing to predict.
    """
    import numpy as np

    from dramaturg.models.experts.ranker import Ranker

    ranker = Ranker(style)
    places = [(row, i) for row, made in enumerate(conversations) for i in range(1, len(made.turns))]
    if not places:
        return {}
    draw = random.Random(derive_seed(seed, "expert ranker"))
    places = sorted(draw.sample(places, min(most, len(places))))
    pool = list(utterances(conversations))
    hits = {name: np.zeros(len(conversations)) for name in whose}
    count = np.zeros(len(conversations))
    for row, place in places:
        made = conversations[row]
        options = [made.turns[place].text, *(draw.choice(pool) for _ in range(candidates - 1))]
        for name in whose:
            hits[name][row] += _hit(ranker, made, place, options, name)
        count[row] += 1
    return {name: Ratio(hits[name], count) for name in whose}


def _hit(
    ranker: Ranker, made: Conversation, place: int, options: Sequence[str], whose: Whose
) -> float:
    """1 if the first option is the best; its share where several are."""
    speaker = made.turns[place].speaker
    own = made.speakers[speaker].persona if whose in ("self", "both") else ()
    other = [
        fact
        for who, one in enumerate(made.speakers)
        if who != speaker and whose in ("their", "both")
        for fact in one.persona
    ]
    history = [(turn.speaker, turn.text) for turn in made.turns[:place]]
    found = ranker.scores(options, own=own, other=other, history=history, speaker=speaker)
    best = float(found.max())
    return 1 / int((found >= best - 1e-9).sum()) if found[0] >= best - 1e-9 else 0.0
