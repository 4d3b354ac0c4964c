"""Can a profile be read from the talk? Rank attributes by what one speaker says.

Source: Jandaghi et al. 2023: options are both speakers' attributes and 25 random ones of others,
F-score, four scenarios (whose profile, from whose turns). The ranking is not stated there; ours is
the idf-weighted overlap of an attribute with the speaker's words, over the attribute's length.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence

from dramaturg.evaluate.resample import Ratio
from dramaturg.records import Conversation, derive_seed
from dramaturg.scorers import tokens

DISTRACTORS = 25


def profile_extraction(
    conversations: Sequence[Conversation], *, distractors: int = DISTRACTORS, seed: int = 13
) -> dict[tuple[int, int], Ratio]:
    """F-score by (target speaker, speaker read), of the best so many options as the target has.

    As many are picked as are right, so precision, recall and F are one number.

    Returns:
        Hits over attributes, one row a conversation of two people with personas; {} without.
        Chance is the target's share of the options, about 0.14 for profiles of five.
    """
    import numpy as np

    talks = [c for c in conversations if sum(bool(s.persona) for s in c.speakers) == 2]
    talks = [c for c in talks if len(c.speakers) == 2]
    everybody = sorted({fact for c in talks for s in c.speakers for fact in s.persona})
    bags = {fact: frozenset(tokens(fact)) for fact in everybody}
    counts = Counter(word for words in bags.values() for word in words)
    idf = {word: math.log(len(bags) / n) for word, n in counts.items()}
    cells = {(target, read): np.zeros((len(talks), 2)) for target in range(2) for read in range(2)}
    for row, made in enumerate(talks):
        draw = random.Random(derive_seed(seed, made.id, "extraction"))
        options = list(dict.fromkeys(fact for s in made.speakers for fact in s.persona))
        known = set(options)
        strangers = [f for f in _draw(everybody, distractors + len(known), draw) if f not in known]
        options += strangers[:distractors]
        draw.shuffle(options)
        for read in range(2):
            said = {word for turn in made.said_by(read) for word in tokens(turn.text)}
            ranked = sorted(options, key=lambda fact: -_overlap(bags[fact], said, idf))
            for target in range(2):
                mine = set(made.speakers[target].persona)
                hits = len(mine.intersection(ranked[: len(mine)]))
                cells[target, read][row] = (hits, len(mine))
    if not talks:
        return {}
    return {cell: Ratio(rows[:, 0], rows[:, 1]) for cell, rows in cells.items()}


def _overlap(words: frozenset[str], said: set[str], idf: dict[str, float]) -> float:
    length = math.sqrt(sum(idf[word] ** 2 for word in words)) or 1.0
    return sum(idf[word] for word in words & said) / length


def _draw(items: Sequence[str], count: int, draw: random.Random) -> list[str]:
    return draw.sample(items, min(count, len(items)))
