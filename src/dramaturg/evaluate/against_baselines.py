"""Does a learned rating say more than the mean, or than one cosine?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import numpy as np

from dramaturg.errors import UserError
from dramaturg.evaluate.resample import RESAMPLES, Ratio, interval, resampled_together

if TYPE_CHECKING:
    import numpy.typing as npt

Predictor: TypeAlias = Callable[..., Any]
"""`learn(firsts, seconds, ratings, groups)` -> something with `of_pairs(firsts, seconds)`."""

CONSTANT, LINE, LEARNED = "mean rating", "straight line in the cosine", "learned"


class Beaten(msgspec.Struct, frozen=True, kw_only=True):
    """How far off each way of telling a rating is, on people it was not learned from.

    Attributes:
        mse: Mean squared error by name: "learned" and both baselines.
        gain: Mean rating's error less the learned one's; above 0 is better than the mean.
        gain_low, gain_high: Its 95 % interval, drawn over groups; None where there is none.
        variance: Of the ratings, the least that a constant can reach when it knows them all.
        n, groups: Rated meetings and groups of them.
        folds: Parts of which each in turn was left out.
    """

    mse: dict[str, float]
    gain: float
    gain_low: float | None
    gain_high: float | None
    variance: float
    n: int
    groups: int
    folds: int

    @property
    def beats(self) -> bool:
        """Whether it is better than both baselines, and than the mean beyond chance."""
        least = min(self.mse[CONSTANT], self.mse[LINE])
        return self.mse[LEARNED] < least and self.gain_low is not None and self.gain_low > 0


def against_baselines(
    learn: Predictor,
    firsts: npt.ArrayLike,
    seconds: npt.ArrayLike,
    ratings: Sequence[float],
    groups: Sequence[Any],
    *,
    folds: int = 5,
    seed: int = 13,
) -> Beaten:
    """The error of a learned rating beside the mean rating and a straight line in one cosine.

    Each part of the groups in turn is left out, everything is learned from the others, and told
    of those left out. A random division of rows would let a person be in both parts.

    Args:
        learn: Makes a predictor of some rows, e.g. `pairing.learn_match`.
        firsts, seconds: Unit vectors of both people of each meeting, shape `(n, dim)` each.
        groups: Who is never in both parts, one a meeting, e.g. the first person's id.

    Raises:
        UserError: If there are fewer than two groups.
    """
    a, b = np.asarray(firsts, np.float64), np.asarray(seconds, np.float64)
    y = np.asarray(ratings, np.float64)
    parts = _parts(groups, folds)
    off = {name: np.zeros(len(y)) for name in (CONSTANT, LINE, LEARNED)}
    cosine = (a * b).sum(axis=1)
    for test in parts:
        train = np.setdiff1d(np.arange(len(y)), test)
        off[CONSTANT][test] = (y[train].mean() - y[test]) ** 2
        slope, level = _line(cosine[train], y[train])
        off[LINE][test] = (level + slope * cosine[test] - y[test]) ** 2
        model = learn(a[train], b[train], y[train].tolist(), [groups[i] for i in train])
        off[LEARNED][test] = (np.asarray(model.of_pairs(a[test], b[test])) - y[test]) ** 2
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(str(group), []).append(place)
    places = [members[name] for name in sorted(members)]
    gained = off[CONSTANT] - off[LEARNED]
    ratio = Ratio(
        np.array([gained[p].sum() for p in places]), np.array([float(len(p)) for p in places])
    )
    drawn = interval(resampled_together([ratio], RESAMPLES, seed)[0])
    low, high = drawn if drawn else (None, None)
    return Beaten(
        mse={name: float(errors.mean()) for name, errors in off.items()},
        gain=float(gained.mean()),
        gain_low=low,
        gain_high=high,
        variance=float(y.var()),
        n=len(y),
        groups=len(places),
        folds=len(parts),
    )


def _parts(groups: Sequence[Any], folds: int) -> list[npt.NDArray[np.intp]]:
    names = sorted({str(group) for group in groups})
    if len(names) < 2:
        raise UserError(
            "what was learned cannot be tried on others",
            why=f"all {len(groups)} ratings belong to one group",
            fix="give ratings of two people or more",
        )
    part_of = {name: i % folds for i, name in enumerate(names)}
    parts = np.array([part_of[str(group)] for group in groups])
    return [np.flatnonzero(parts == i) for i in sorted(set(parts.tolist()))]


def _line(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Slope and level of the least squares line; flat where x does not vary."""
    spread = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread if spread > 1e-12 else 0.0
    return slope, float(y.mean() - slope * x.mean())
