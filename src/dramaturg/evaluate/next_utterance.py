"""Can the next utterance be found among twenty, and does knowing the personas help?

Source: the IR baseline of Jandaghi et al. 2023 (TF-IDF, hit@1), in a form of our own: the query
is the last utterance plus persona words, candidates are scored by idf-weighted overlap over the
candidate's idf length.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from dramaturg.records import Conversation, derive_seed
from dramaturg.scorers import tokens, utterances

if TYPE_CHECKING:
    from dramaturg.evaluate.resample import Ratio

Whose = Literal["none", "self", "their", "both"]
WHOSE: tuple[Whose, ...] = ("none", "self", "their", "both")


def next_utterance_hits(
    conversations: Sequence[Conversation],
    *,
    whose: Whose = "none",
    candidates: int = 20,
    seed: int = 13,
) -> float:
    """hit@1: how often the true next utterance scores best among the candidates.

    Args:
        whose: The persona whose words join the query: of who speaks next ("self"), of who spoke
            last ("their"), of both, or of nobody.
        candidates: The true one and so many less one random other utterances of the set; a tie
            counts as the chance to draw the true one among the best.

    Returns:
        In [0, 1]; 0 where there is nothing to predict.
    """
    found = next_utterance(conversations, whose=(whose,), candidates=candidates, seed=seed)
    return found[whose].value() or 0.0


def next_utterance(
    conversations: Sequence[Conversation],
    *,
    whose: Sequence[Whose] = WHOSE,
    candidates: int = 20,
    seed: int = 13,
) -> dict[Whose, Ratio]:
    """The same for several personas at once: hits over predictions, one row a conversation."""
    import numpy as np

    from dramaturg.evaluate.resample import Ratio

    pool = [frozenset(tokens(text)) for text in utterances(conversations)]
    idf = _idf(pool)
    lengths = [math.sqrt(sum(idf[w] ** 2 for w in words)) or 1.0 for words in pool]
    hits = {who: np.zeros(len(conversations)) for who in whose}
    count = np.zeros(len(conversations))
    at = 0
    for row, made in enumerate(conversations):
        personas = [_words(speaker.persona) for speaker in made.speakers]
        draw = random.Random(derive_seed(seed, made.id))
        for i in range(1, len(made.turns)):
            speaker = made.turns[i].speaker
            last = pool[at + i - 1]
            options = [at + i, *_others(len(pool), at + i, candidates - 1, draw)]
            for name in whose:
                query = last.union(*_chosen(personas, speaker, name))
                scores = [sum(idf[w] for w in pool[o] & query) / lengths[o] for o in options]
                best = max(scores)
                if scores[0] == best:
                    hits[name][row] += 1 / scores.count(best)
            count[row] += 1
        at += len(made.turns)
    return {name: Ratio(hits[name], count) for name in whose}


def _chosen(personas: Sequence[frozenset[str]], speaker: int, whose: Whose) -> list[frozenset[str]]:
    return [
        words
        for who, words in enumerate(personas)
        if whose == "both" or whose == ("self" if who == speaker else "their")
    ]


def _words(sentences: Sequence[str]) -> frozenset[str]:
    return frozenset(word for sentence in sentences for word in tokens(sentence))


def _idf(pool: Sequence[frozenset[str]]) -> Mapping[str, float]:
    counts = Counter(word for words in pool for word in words)
    return {word: math.log(len(pool) / n) for word, n in counts.items()}


def _others(size: int, without: int, count: int, draw: random.Random) -> list[int]:
    """Random places, never that of the true utterance or of the query before it."""
    if size <= 2:
        return []
    return [(without + 1 + draw.randrange(size - 2)) % size for _ in range(count)]
