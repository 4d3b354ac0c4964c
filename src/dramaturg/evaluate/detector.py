"""Can a small classifier tell the two datasets apart? 0.5 = not at all.

A logistic regression on words and pairs of words (hashed, log-scaled, rows of unit length), trained
by AdaGrad in folds: each conversation is judged by a classifier that saw neither it nor any talk
of the same people. Case, punctuation and contractions are set aside, since files differ in them
whoever wrote the talk; length is set aside by the unit rows, and stands beside as a baseline.

Source of the idea: Jandaghi et al. 2023 let people find the made one of a pair; this is the
offline stand-in (lose = the made one was found out).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.evaluate.talk import Coder, Talk, ngram_codes, stable_hash

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

FOLDS, PASSES, RATE = 5, 8, 0.3
_BITS = 18
_FADING = 1e-6
_PEOPLE = 20


@dataclass(frozen=True, eq=False)
class Told:
    """What the classifier said of each conversation, ours and theirs.

    Attributes:
        ours, theirs: Log-odds of being ours, by a classifier that did not see the conversation.
        by_length: The same, ours first, by the number of turns and words alone, same folds.
    """

    ours: Floats
    theirs: Floats
    by_length: Floats

    @property
    def right(self) -> Floats:
        """1 for each conversation that was told right, ours first."""
        import numpy as np

        return np.concatenate([self.ours > 0, self.theirs <= 0]).astype(np.float64)

    @property
    def told_by_length(self) -> Floats:
        """1 for each conversation that its length alone told right, ours first."""
        import numpy as np

        n = len(self.ours)
        right = np.concatenate([self.by_length[:n] > 0, self.by_length[n:] <= 0])
        return right.astype(np.float64)

    @property
    def accuracy(self) -> float:
        """The mean of both sides' shares told right, so that unequal sizes do not matter."""
        return float((self.ours > 0).mean() + (self.theirs <= 0).mean()) / 2

    @property
    def right_by_length(self) -> float:
        """The same by length alone."""
        told, n = self.told_by_length, len(self.ours)
        return float(told[:n].mean() + told[n:].mean()) / 2


def auc(ours: Floats, theirs: Floats) -> float:
    """The share of (ours, theirs) pairs in which ours has the higher score; a tie counts half."""
    import numpy as np

    both = np.concatenate([ours, theirs])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n, m = len(ours), len(theirs)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def tell_apart(
    ours: Sequence[Talk], theirs: Sequence[Talk], *, folds: int = FOLDS, seed: int = 13
) -> Told:
    """Train and ask in folds.

    The same people are in one fold on both sides, so that no classifier knows their facts; where
    a side has fewer than 20 different pairs of people, folds are of conversations.
    """
    import numpy as np

    talks = [*ours, *theirs]
    truth = np.array([1.0] * len(ours) + [0.0] * len(theirs))
    apart = all(len({t.key for t in side if t.key}) >= _PEOPLE for side in (ours, theirs))
    who = [talk.key if apart and talk.key else talk.conversation.id for talk in talks]
    fold = np.array([stable_hash(f"{seed} {name}") % folds for name in who])
    coder = Coder()
    rows = [_features(talk, coder) for talk in talks]
    plain = np.array([_length(talk) for talk in talks])
    odds = np.zeros(len(talks))
    by_length = np.zeros(len(talks))
    for k in range(folds):
        learn, ask = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        if not len(ask):
            continue
        weights, bias = _fit([rows[i] for i in learn], truth[learn], seed + k)
        for i in ask:
            odds[i] = float(weights[rows[i][0]] @ rows[i][1]) + bias
        by_length[ask] = _by_length(plain[learn], truth[learn], plain[ask])
    n = len(ours)
    return Told(odds[:n], odds[n:], by_length)


def _features(talk: Talk, coder: Coder) -> tuple[Floats, Floats]:
    import numpy as np

    parts = []
    for words in talk.written_out:
        codes = coder(words)
        parts += [codes, ngram_codes(codes, 2)]
    flat = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)
    places, counts = np.unique((flat >> np.uint64(64 - _BITS)).astype(np.int64), return_counts=True)
    values = np.log1p(counts)
    length = np.sqrt((values**2).sum()) or 1.0
    return places, values / length


def _fit(rows: Sequence[tuple[Floats, Floats]], truth: Floats, seed: int) -> tuple[Floats, float]:
    import numpy as np

    draw = np.random.default_rng(seed)
    weights = np.zeros(1 << _BITS)
    past = np.full(1 << _BITS, 1e-2)
    bias, bias_past = 0.0, 1e-2
    balance = {1.0: 0.5 / max(truth.mean(), 1e-9), 0.0: 0.5 / max(1 - truth.mean(), 1e-9)}
    for _ in range(PASSES):
        for i in draw.permutation(len(rows)):
            places, values = rows[i]
            odds = float(weights[places] @ values) + bias
            push = (1 / (1 + np.exp(-np.clip(odds, -30, 30))) - truth[i]) * balance[truth[i]]
            slope = push * values + _FADING * weights[places]
            past[places] += slope**2
            weights[places] -= RATE * slope / np.sqrt(past[places])
            bias_past += push**2
            bias -= RATE * push / np.sqrt(bias_past)
    return weights, bias


def _length(talk: Talk) -> tuple[float, float]:
    import math

    words = sum(map(len, talk.words))
    return math.log1p(len(talk.words)), math.log1p(words)


def _by_length(learn: Floats, truth: Floats, ask: Floats) -> Floats:
    """Linear discriminant on log turns and log words."""
    import numpy as np

    if truth.min() == truth.max():
        return np.zeros(len(ask))
    ours, theirs = learn[truth == 1], learn[truth == 0]
    spread = np.cov(ours, rowvar=False) + np.cov(theirs, rowvar=False) + 1e-6 * np.eye(2)
    axis = np.linalg.solve(spread, ours.mean(axis=0) - theirs.mean(axis=0))
    return np.asarray((ask - (ours.mean(axis=0) + theirs.mean(axis=0)) / 2) @ axis)
