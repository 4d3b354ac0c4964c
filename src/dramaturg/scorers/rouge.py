"""ROUGE-L: the longest run of words that two texts have in common, in order, gaps allowed.

Source: Lin 2004, "ROUGE: a package for automatic evaluation of summaries", the sentence-level
F-measure with equal weight. Differs: no stemming, and words of every script count.
"""

from __future__ import annotations

from collections.abc import Sequence

from dramaturg.dataset.terms import terms


def rouge_l(one: str, other: str) -> float:
    """How alike two texts are, in [0, 1]; 0 where one of them has no word.

    >>> round(rouge_l("the cat sat down", "The cat lay down!"), 2)
    0.75
    """
    return rouge_l_of(terms(one), terms(other))


def rouge_l_of(one: Sequence[str], other: Sequence[str]) -> float:
    """The same of texts that are given as their words."""
    total = len(one) + len(other)
    return 2 * longest_common(one, other) / total if one and other else 0.0


def longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence.

    Source: Hyyrö 2004, "Bit-parallel LCS-length computation revisited": a row of the table is one
    whole number, so that two talks of 300 words take some 0.1 milliseconds.
    """
    places: dict[str, int] = {}
    for at, word in enumerate(one):
        places[word] = places.get(word, 0) | (1 << at)
    full = (1 << len(one)) - 1
    row = full
    for word in other:
        hit = row & places.get(word, 0)
        row = ((row + hit) | (row - hit)) & full
    return len(one) - row.bit_count()


def too_alike(texts: Sequence[str], at: float = 0.5) -> dict[int, tuple[int, float]]:
    """Which texts of a list are too like an earlier one that stays.

    Args:
        at: ROUGE-L from which two count as alike, in (0, 1].

    Returns:
        Index of the one that goes -> (index of the earlier one that stays, their ROUGE-L). A text
        like one that went itself may stay.

    >>> too_alike(["Working from home", "Working from the home", "Bread"])
    {1: (0, 0.8571428571428571)}
    """
    cut = [terms(text) for text in texts]
    kept: list[int] = []
    gone: dict[int, tuple[int, float]] = {}
    for index, words in enumerate(cut):
        best = max(((rouge_l_of(words, cut[k]), -k) for k in kept), default=(0.0, 0))
        if best[0] >= at:
            gone[index] = (-best[1], best[0])
        else:
            kept.append(index)
    return gone
