"""How near each text is to the nearest other one: a set that repeats itself is near everywhere.

Source: the diversity of Suresh et al. 2024, "DiaSynth", arXiv:2409.19020: the mean over all texts
of the highest ROUGE-L, or cosine, to any other one. Lower is more varied. It rises with the number
of texts: compare equal numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.dataset.terms import terms
from dramaturg.scorers.rouge import rouge_l_of

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

_BLOCK = 2_048


def nearest_in_words(texts: Sequence[str]) -> list[float]:
    """For each text its highest ROUGE-L to any other one, in [0, 1]; 0 where there is no other.

    Exact. Pairs that cannot be the nearest of either, by their lengths or the words that they
    share in any order, are not compared.
    """
    cut = [terms(text) for text in texts]
    bags = [Counter(words) for words in cut]
    best = [0.0] * len(cut)
    order = sorted(range(len(cut)), key=lambda index: len(cut[index]))
    for at, one in enumerate(order):
        for other in reversed(order[:at]):
            total = len(cut[one]) + len(cut[other])
            bar = min(best[one], best[other])
            if not total or 2 * len(cut[other]) <= bar * total:
                continue
            if 2 * (bags[one] & bags[other]).total() <= bar * total:
                continue
            like = rouge_l_of(cut[one], cut[other])
            best[one], best[other] = max(best[one], like), max(best[other], like)
    return best


def nearest_in_meaning(vectors: Floats) -> Floats:
    """For each row its highest cosine to any other one, shape `(n,)`; 0 where there is no other.

    Args:
        vectors: Rows of unit length.
    """
    import numpy as np

    count = len(vectors)
    found = np.zeros(count)
    for start in range(0, count if count > 1 else 0, _BLOCK):
        like = vectors[start : start + _BLOCK] @ vectors.T
        rows = np.arange(len(like))
        like[rows, start + rows] = -np.inf
        found[start : start + _BLOCK] = like.max(axis=1)
    return found
