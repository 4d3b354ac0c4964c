"""The quality expert against FED's human ratings: pairs put in the right order, by gap."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

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
