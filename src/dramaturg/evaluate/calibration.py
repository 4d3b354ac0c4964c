"""How far a critic agrees with people: on yes and no, in order, and score by score.

"Positive" is a problem: what a critic is there to find. People's label is the majority of an
item; an item on which they have none is left out and counted by the caller.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import msgspec
import numpy as np

from dramaturg.errors import RecordError
from dramaturg.evaluate.agreement import cohen_kappa
from dramaturg.evaluate.shares import Share, share
from dramaturg.records import derive_seed

T = TypeVar("T")
RESAMPLES = 1_000
BINS = 5


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with a bootstrap interval over items.

    Attributes:
        value: None where it is not defined; `why` says why.
        low, high: The middle 95 % over resampled items; None where too few items define it.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    why: str = ""


class Agree(msgspec.Struct, frozen=True, kw_only=True):
    """A critic's yes and no beside that of people, over the same items.

    Attributes:
        n: Items.
        problems: Those on which people see the problem.
        same: The share with the same answer.
        precision: Of what the critic calls a problem, the share that people do.
        recall: Of what people call a problem, the share that the critic does.
        kappa: Cohen's kappa.
    """

    n: int
    problems: int
    same: Share
    precision: Share
    recall: Share
    kappa: Estimate


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """One range of a critic's score, and what people said of the items in it.

    Attributes:
        low, high: The range, on the critic's own scale; the last one holds its upper end.
        mean: The mean score of its items; None for none.
        good: The share of its items that people find good.
    """

    low: float
    high: float
    n: int
    mean: float | None
    good: Share


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a score means what it says.

    Attributes:
        error: Expected calibration error: the mean distance, weighted by n, between a bin's mean
            score (as a share of its range, turned so that high is good) and the share that
            people find good; in [0, 1]; None without items.
    """

    bins: tuple[Bin, ...]
    n: int
    error: float | None


def agree(
    people: Sequence[bool],
    critic: Sequence[bool],
    *,
    groups: Sequence[Hashable] | None = None,
    seed: int = 13,
) -> Agree:
    """Compare yes and no; True is a problem.

    Args:
        groups: For each item what it belongs to (turns to their conversation): kappa's interval
            then resamples groups. The intervals of the shares take items as independent.

    Raises:
        RecordError: If the lengths differ.
    """
    if len(people) != len(critic):
        raise RecordError("people and critic must speak of the same items")
    both = list(zip(people, critic, strict=True))
    hits = sum(p and c for p, c in both)
    return Agree(
        n=len(both),
        problems=sum(people),
        same=share(sum(p == c for p, c in both), len(both)),
        precision=share(hits, sum(critic)),
        recall=share(hits, sum(people)),
        kappa=estimate(
            both,
            lambda drawn: cohen_kappa([p for p, _ in drawn], [c for _, c in drawn]),
            groups=groups,
            seed=seed,
        ),
    )


def rank_agreement(people: Sequence[float], critic: Sequence[float], *, seed: int = 13) -> Estimate:
    """Spearman's rank correlation, ties at their mean rank.

    Returns:
        In [-1, 1]; no value for fewer than three items or where one side never varies.

    >>> rank_agreement([1, 2, 3, 4], [10, 20, 30, 25]).value
    0.8
    """
    if len(people) != len(critic):
        raise RecordError("people and critic must speak of the same items")
    return estimate(list(zip(people, critic, strict=True)), _spearman, seed=seed)


def reliability(
    scores: Sequence[float],
    good: Sequence[bool],
    *,
    low: float = 0.0,
    high: float = 1.0,
    high_is_good: bool = True,
    bins: int = BINS,
) -> Reliability:
    """How often people find good what gets such a score.

    Args:
        scores: The critic's, inside [low, high]; others are moved to the nearer end.
        good: What people say of the same items.
    """
    if len(scores) != len(good) or high <= low:
        raise RecordError("scores need people's answers to the same items, and a range")
    wide = (high - low) / bins
    held: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for score, is_good in zip(scores, good, strict=True):
        inside = min(max(score, low), high)
        held[min(int((inside - low) / wide), bins - 1)].append((inside, is_good))
    found, off = [], 0.0
    for n, rows in enumerate(held):
        mean = sum(score for score, _ in rows) / len(rows) if rows else None
        said = share(sum(is_good for _, is_good in rows), len(rows))
        if mean is not None and said.value is not None:
            at = (mean - low) / (high - low)
            off += len(rows) * abs((at if high_is_good else 1 - at) - said.value)
        found.append(
            Bin(low=low + n * wide, high=low + (n + 1) * wide, n=len(rows), mean=mean, good=said)
        )
    error = off / len(scores) if scores else None
    return Reliability(bins=tuple(found), n=len(scores), error=error)


def estimate(
    rows: Sequence[T],
    figure: Callable[[Sequence[T]], float],
    *,
    groups: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 13,
) -> Estimate:
    """A figure over items, with a bootstrap interval.

    Args:
        figure: Raises RecordError where it is not defined; such draws are left out.
        groups: For each item what it belongs to: whole groups are drawn; None = items are.
    """
    try:
        value = figure(rows)
    except RecordError as error:
        why = error.what + (f": {error.why}" if error.why else "")
        return Estimate(value=None, low=None, high=None, n=len(rows), why=why)
    draw = random.Random(derive_seed(seed, "estimate", len(rows)))
    parts: dict[Hashable, list[T]] = {}
    for name, row in zip(range(len(rows)) if groups is None else groups, rows, strict=True):
        parts.setdefault(name, []).append(row)
    drawn_from = list(parts.values())
    found = []
    for _ in range(resamples if len(parts) > 1 else 0):
        drawn = draw.choices(drawn_from, k=len(drawn_from))
        try:
            found.append(figure([row for part in drawn for row in part]))
        except RecordError:
            continue
    found.sort()
    if not found:
        return Estimate(value=value, low=None, high=None, n=len(rows))
    edge = int((len(found) - 1) * 0.025)
    return Estimate(value=value, low=found[edge], high=found[-1 - edge], n=len(rows))


def _spearman(rows: Sequence[tuple[float, float]]) -> float:
    if len(rows) < 3:
        raise RecordError("ranks need three items", why=f"there are {len(rows)}")
    one, other = (_ranks(np.array(side, dtype=float)) for side in zip(*rows, strict=True))
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    if size == 0:
        raise RecordError("ranks cannot be compared", why="one side gives all items the same")
    return float(round((one * other).sum() / size, 12))


def _ranks(values: np.ndarray) -> np.ndarray:
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    ranks: np.ndarray = (last - (counts - 1) / 2)[where]
    return ranks
