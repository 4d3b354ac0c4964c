"""How sure a figure is: conversations are drawn again, with a seed, and the figure made again.

Two kinds of statistic, two ways to draw:

- `Ratio`, a sum over conversations divided by another (a mean, a share): the bootstrap, n drawn
  from n with replacement (Efron 1979).
- `OfSet`, anything that depends on what stands together (different n-grams, compression,
  spread): drawing with replacement would put conversations beside their own copies, which is
  just what such measures count. So half of the conversations are drawn without replacement, which
  has the same spread for smooth statistics (the delete-half jackknife, Shao and Wu 1989), and
  the spread is put around the value of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

RESAMPLES = 1_000
LEVEL = 0.95
_CELLS = 1_000_000  # drawn numbers held at a time


@dataclass(frozen=True, eq=False)
class Ratio:
    """The sum of `over` divided by the sum of `under`, one entry a conversation.

    A figure a conversation has ones below; where the sum below is 0 there is no value.
    """

    over: Floats
    under: Floats
    of: str = "conversations"

    @property
    def method(self) -> str:
        """What is drawn again."""
        return f"bootstrap over {self.of}"

    def __len__(self) -> int:
        return len(self.over)

    def value(self) -> float | None:
        """The ratio over all conversations."""
        below = float(self.under.sum())
        return float(self.over.sum()) / below if below else None

    def at(self, places: Sequence[int]) -> Ratio:
        """The same over these conversations, in this order."""
        chosen = list(places)
        return Ratio(self.over[chosen], self.under[chosen], self.of)

    def resampled(self, resamples: int, seed: int) -> Floats:
        """The value in each resample, shape `(resamples,)`; NaN where it has none.

        Equal lengths and seeds draw equal conversations: so pairs are drawn together.
        """
        return resampled_together([self], resamples, seed)[0]


def resampled_together(ratios: Sequence[Ratio], resamples: int, seed: int) -> list[Floats]:
    """`Ratio.resampled` of several of one length: the same draws, made once."""
    import numpy as np

    n = len(ratios[0])
    draw = np.random.default_rng(seed)
    sums = [part for ratio in ratios for part in (ratio.over, ratio.under)]
    columns = np.stack(sums, axis=1).astype(np.float64)
    found = np.empty((resamples, len(ratios)))
    block = max(1, min(resamples, _CELLS // max(n, 1)))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        picked = draw.integers(0, n, size=(size, n), dtype=np.int32)
        times = np.stack([np.bincount(row, minlength=n) for row in picked]).astype(np.float64)
        totals = times @ columns
        with np.errstate(divide="ignore", invalid="ignore"):
            found[start : start + size] = totals[:, 0::2] / totals[:, 1::2]
    return [found[:, i] for i in range(len(ratios))]


@dataclass(frozen=True, eq=False)
class OfSet:
    """A statistic of a set of `n` conversations that is more than a sum.

    Args:
        of: The statistic of the conversations at these places, in this order; None if it has none.
        positive: Whether it is above 0 and best centred by a factor; else by a shift.
        most: Resamples at most, for dear ones.
    """

    of: Callable[[Sequence[int]], float | None]
    places: Sequence[int]
    positive: bool = True
    most: int = 200
    method = "halves of the conversations, drawn without replacement"

    def __len__(self) -> int:
        return len(self.places)

    def value(self) -> float | None:
        """The statistic of all conversations."""
        return self.of(self.places)

    def resampled(self, resamples: int, seed: int) -> Floats:
        """The value in each half, put around the whole's value; NaN where it has none."""
        import numpy as np

        whole = self.value()
        count = min(resamples, self.most)
        if whole is None or len(self) < 4:
            return np.full(count, np.nan)
        draw = np.random.default_rng(seed)
        half = len(self) // 2
        found = []
        for _ in range(count):
            picked = np.sort(draw.permutation(len(self))[:half])
            got = self.of([self.places[i] for i in picked])
            found.append(np.nan if got is None else got)
        values = np.asarray(found, dtype=np.float64)
        centre = np.nanmean(values) if not np.isnan(values).all() else np.nan
        stretch = np.sqrt(half / (len(self) - half))  # 1 for an even number
        if self.positive and centre > 0:
            return np.asarray(whole * (1 + (values / centre - 1) * stretch))
        return np.asarray(whole + (values - centre) * stretch)


@dataclass(frozen=True)
class Fixed:
    """A number that is what it is, without an interval; `why` tells the reason."""

    number: float
    conversations: int = 0
    why: str = ""
    method = ""

    def __len__(self) -> int:
        return self.conversations

    def value(self) -> float:
        """The number."""
        return self.number


Statistic: TypeAlias = Ratio | OfSet | Fixed


def interval(drawn: Floats, level: float = LEVEL) -> tuple[float, float] | None:
    """The middle `level` of the drawn values; None where fewer than half of them are numbers."""
    import numpy as np

    good = drawn[~np.isnan(drawn)]
    if len(good) < max(2, len(drawn) / 2):
        return None
    low, high = np.quantile(good, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
