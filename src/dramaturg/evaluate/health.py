"""Is a score worth reading? Scores that say nothing, say the same, or say only how long a talk is.

Each finding is one sentence with its number. What is looked for was met in a published dataset of
judged dialogues (DiaSynth): all ratings between 2.993 and 3.000, and six scores of ten that
correlated 0.999 with each other and -0.43 with length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

FEW, SATURATED, SAME, BY_LENGTH = 20, 0.01, 0.98, 0.4


def health(
    scores: Mapping[str, Sequence[float] | Floats],
    ranges: Mapping[str, tuple[float, float]],
    lengths: Sequence[float],
) -> list[str]:
    """What is wrong with per-conversation scores, in words; [] when nothing is.

    Args:
        scores: By scorer, one value a conversation, NaN where there is none.
        ranges: Lowest and highest possible value by scorer.
        lengths: Words of each conversation.
    """
    import numpy as np

    found = []
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in scores.items()}
    alive = {}
    for name, column in columns.items():
        good = column[~np.isnan(column)]
        if len(good) < FEW:
            continue
        low, high = ranges.get(name, (0.0, 1.0))
        spread = float(np.quantile(good, 0.975) - np.quantile(good, 0.025))
        if spread <= SATURATED * (high - low):
            found.append(
                f"{name} is saturated: 95 % of {len(good)} values lie within {spread:.3f} of each "
                f"other, at {np.median(good):.3f} on a scale from {low:g} to {high:g}"
            )
        else:
            alive[name] = column
    long = np.asarray(lengths, dtype=np.float64)
    for name, column in alive.items():
        r = _correlation(column, long)
        if r is not None and abs(r) >= BY_LENGTH:
            found.append(f"{name} follows length: correlation {r:.2f} with words")
    for (a, first), (b, second) in combinations(alive.items(), 2):
        r = _correlation(first, second)
        if r is not None and abs(r) >= SAME:
            found.append(f"{a} and {b} say the same: correlation {r:.3f}")
    return found


def _correlation(a: Floats, b: Floats) -> float | None:
    import numpy as np

    both = ~(np.isnan(a) | np.isnan(b))
    if both.sum() < FEW or a[both].std() == 0 or b[both].std() == 0:
        return None
    return float(np.corrcoef(a[both], b[both])[0, 1])
