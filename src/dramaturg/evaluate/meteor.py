"""METEOR by equal words: how much of a reference text another text says, in about its order."""

from __future__ import annotations

import itertools

from dramaturg.scorers import tokens


def meteor(reference: str, text: str) -> float:
    """METEOR's score from equal words alone, in [0, 1].

    Words are matched one to one where they are equal; no stems and no synonyms, which need word
    lists that do not ship with this package. So it is lower than METEOR with them, and a
    paraphrase gets little of it: compare only values that were taken the same way.

    Source: Banerjee & Lavie 2005, "METEOR: an automatic metric for MT evaluation"; parameters 0.9,
    3 and 0.5.

    >>> meteor("Rest at home.", "rest at home")
    0.9814814814814815
    """
    right, said = tokens(reference), tokens(text)
    open_: dict[str, list[int]] = {}
    for place, word in enumerate(right):
        open_.setdefault(word, []).append(place)
    matches = []
    for place in range(len(said) - 1, -1, -1):
        if open_.get(said[place]):
            matches.append((place, open_[said[place]].pop()))
    if not matches:
        return 0.0
    matches.reverse()
    chunks = 1 + sum((b[0] - a[0], b[1] - a[1]) != (1, 1) for a, b in itertools.pairwise(matches))
    precision, recall = len(matches) / len(said), len(matches) / len(right)
    mean = precision * recall / (0.9 * precision + 0.1 * recall)
    return mean * (1 - 0.5 * (chunks / len(matches)) ** 3)
