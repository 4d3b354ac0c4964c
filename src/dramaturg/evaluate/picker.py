"""A small learner for `in_domain`: picks the turns of a talk that make its summary.

It learns by ridge regression how much a turn's place, length and words say about its part in the
summary, and how long summaries are. It trains in a second on two cores; it stands where papers
fine-tune a language model, and its figures compare training sets with each other only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.dataset.terms import terms
from dramaturg.evaluate.in_domain import Item, Predict

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

_RIDGE = 1.0
_UNTRAINED = 0.3  # share of a talk's words that is picked before anything is learnt


def fit_picker(items: Sequence[Item], seed: int) -> Predict:
    """A predictor trained on these items; of none, it picks from the beginning.

    The seed changes nothing: the fit has one solution.
    """
    import numpy as np

    if not items:
        return lambda item: _picked(item, -np.arange(len(item.turns)), _UNTRAINED)
    rows = [_features(item) for item in items]
    wanted = [_part_in_summary(item) for item in items]
    shares = [
        len(terms(item.target)) / max(1, sum(len(terms(turn)) for turn in item.turns))
        for item in items
    ]
    x, y = np.concatenate(rows), np.concatenate(wanted)
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    x = np.column_stack([(x - middle) / spread, np.ones(len(x))])
    weights = np.linalg.solve(x.T @ x + _RIDGE * np.eye(x.shape[1]), x.T @ y)
    share = float(np.median(shares))

    def predict(item: Item) -> str:
        found = (_features(item) - middle) / spread
        return _picked(item, found @ weights[:-1] + weights[-1], share)

    return predict


def _features(item: Item) -> Floats:
    """One row a turn: place, whether first or last, length, question, digits, how central."""
    import numpy as np

    cut = [terms(turn) for turn in item.turns]
    count = Counter(word for words in cut for word in set(words))
    n = len(cut)
    rows = []
    for at, (words, text) in enumerate(zip(cut, item.turns, strict=True)):
        central = sum(count[word] - 1 for word in set(words)) / max(1, len(set(words)))
        capitals = sum(part[:1].isupper() for part in text.split()[1:])
        rows.append(
            [
                at / max(1, n - 1),
                float(at == 0),
                float(at == n - 1),
                math.log1p(len(words)),
                float("?" in text),
                float(any(map(str.isdigit, text))),
                math.log1p(capitals),
                central / n,
            ]
        )
    return np.array(rows, dtype=np.float64).reshape(n, 8)


def _part_in_summary(item: Item) -> Floats:
    """For each turn, of its different words the share that the summary has."""
    import numpy as np

    said = set(terms(item.target))
    bags = [set(terms(turn)) for turn in item.turns]
    return np.array([len(bag & said) / max(1, len(bag)) for bag in bags], dtype=np.float64)


def _picked(item: Item, worth: Floats, share: float) -> str:
    """The best turns in the order of the talk, until so great a share of its words is reached."""
    sizes = [len(terms(turn)) for turn in item.turns]
    room = share * sum(sizes)
    taken: list[int] = []
    for at in sorted(range(len(sizes)), key=lambda at: (-float(worth[at]), at)):
        if taken and room <= 0:
            break
        taken.append(at)
        room -= sizes[at]
    return " ".join(item.turns[at] for at in sorted(taken))
