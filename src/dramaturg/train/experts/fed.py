"""The quality expert against FED's human ratings: pairs in the right order, by gap, and ranks."""

import asyncio
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.likelihood import WITH_LIKELIHOOD, likely, mean_likelihood
from dramaturg.models.experts.quality import QualityExpert
from dramaturg.models.experts.words import words
from dramaturg.train.experts.data import rows

RATING = {
    "depth": "Depth",
    "coherency": "Coherent",
    "consistency": "Consistent",
    "diversity": "Diverse",
    "likable": "Likeable",
}
Turns = list[tuple[int, str]]


def fed_accuracy(data: Path, gap: float) -> dict[str, tuple[float, float, float, int]]:
    """By quality: `(expert, few short turns, human words, pairs)` over pairs at least `gap` apart.

    Pairs whose means are equal are left out; a tie of the expert counts half. The two baselines
    are the trivial features of the data's README.
    """
    talks: list[tuple[Turns, dict[str, float]]] = [
        ([(int(who == "System"), text) for who, text in row["turns"]], row["mean"])
        for row in rows(data / "fed" / "dialogs.jsonl.gz")
    ]
    expert = QualityExpert()
    ours = [expert.qualities(turns) for turns, _ in talks]
    full = [-sum(len(words(t)) < 3 for _, t in turns) / len(turns) for turns, _ in talks]
    human = [float(sum(len(words(t)) for who, t in turns if who == 0)) for turns, _ in talks]
    found = {}
    for policy, rating in RATING.items():
        gold = [mean.get(rating) for _, mean in talks]
        scores = [q[policy] for q in ours]
        found[policy] = (
            _ordered(scores, gold, gap)[0],
            _ordered(full, gold, gap)[0],
            _ordered(human, gold, gap)[0],
            _ordered(scores, gold, gap)[1],
        )
    return found


def fed_spearman(data: Path) -> dict[str, tuple[dict[str, float], int]]:
    """By quality: Spearman's correlation with the mean rating by score, and the conversations.

    The scores: the expert, the expert with likelihood where that differs, the likelihood alone, the
    two trivial features.
    """
    talks: list[tuple[Turns, dict[str, float | None]]] = [
        ([(int(who == "System"), text) for who, text in row["turns"]], row["mean"])
        for row in rows(data / "fed" / "dialogs.jsonl.gz")
    ]
    expert = QualityExpert()

    async def likelihoods() -> list[float]:
        return [await mean_likelihood(turns) for turns, _ in talks]

    nats = asyncio.run(likelihoods())
    plain = [expert.qualities(turns) for turns, _ in talks]
    full = [-sum(len(words(t)) < 3 for _, t in turns) / len(turns) for turns, _ in talks]
    human = [float(sum(len(words(t)) for who, t in turns if who == 0)) for turns, _ in talks]
    found = {}
    for quality, rating in RATING.items():
        own = [one[quality] for one in plain]
        scores = {"expert": own, "likelihood alone": nats}
        if quality in WITH_LIKELIHOOD:
            scores["with likelihood"] = [
                (value + likely(n)) / 2 for value, n in zip(own, nats, strict=True)
            ]
        scores |= {"few short turns": full, "words of the human": human}
        known = [i for i, (_, mean) in enumerate(talks) if mean.get(rating) is not None]
        gold = [float(talks[i][1][rating] or 0.0) for i in known]
        found[quality] = (
            {name: spearman([v[i] for i in known], gold) for name, v in scores.items()},
            len(known),
        )
    return found


def spearman(left: Sequence[float], right: Sequence[float]) -> float:
    """Correlation of the ranks, equal values sharing their mean rank; -1..1."""
    return float(np.corrcoef(_ranks(left), _ranks(right))[0, 1])


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    _, place, count = np.unique(np.array(values), return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[place], dtype=np.float64)


def _ordered(
    scores: Sequence[float], gold: Sequence[float | None], gap: float
) -> tuple[float, int]:
    right, n = 0.0, 0
    for i, j in combinations(range(len(scores)), 2):
        one, other = gold[i], gold[j]
        if one is None or other is None or one == other or abs(one - other) < gap - 1e-9:
            continue
        n += 1
        better = (scores[i] - scores[j]) * (one - other)
        right += 1.0 if better > 0 else 0.5 if better == 0 else 0.0
    return (right / n if n else float("nan")), n
