"""How traits go together over subjects, and how far that is from how they do in people."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import combinations

from dramaturg.evaluate.inventory.scores import ScaleScore

Matrix = dict[tuple[str, str], float]

# Scales of the IPIP-NEO-120 over 300 people (the test set of PAPI, Zhu et al. 2024), computed with
# this package: benchmarks/cards/big5_chat.py.
PEOPLE: Matrix = {
    ("agreeableness", "conscientiousness"): 0.41,
    ("agreeableness", "extraversion"): 0.20,
    ("agreeableness", "neuroticism"): -0.25,
    ("agreeableness", "openness"): 0.25,
    ("conscientiousness", "extraversion"): 0.33,
    ("conscientiousness", "neuroticism"): -0.59,
    ("conscientiousness", "openness"): -0.11,
    ("extraversion", "neuroticism"): -0.56,
    ("extraversion", "openness"): 0.28,
    ("neuroticism", "openness"): -0.09,
}


def correlations(subjects: Sequence[Mapping[str, ScaleScore]]) -> Matrix:
    """Pearson's r of each two scales over the subjects that have both, keys in ABC order.

    A pair is left out where fewer than three subjects have both or one does not vary.
    """
    scales = sorted({scale for subject in subjects for scale in subject})
    found: Matrix = {}
    for one, other in combinations(scales, 2):
        both = [(s[one].mean, s[other].mean) for s in subjects if one in s and other in s]
        left, right = [a for a, _ in both], [b for _, b in both]
        if len(both) >= 3 and len(set(left)) > 1 and len(set(right)) > 1:
            found[one, other] = statistics.correlation(left, right)
    return found


def matrix_distance(first: Matrix, second: Matrix) -> float:
    """Root mean square difference over the pairs that both have, in [0, 2].

    Raises:
        ValueError: If they share no pair.
    """
    shared = first.keys() & second.keys()
    if not shared:
        raise ValueError("the two tables have no pair of scales in common")
    return math.sqrt(statistics.fmean((first[k] - second[k]) ** 2 for k in shared))
