"""Is a score worth reading? Scores that say nothing, say the same, or say only how long a talk is.

Each finding is one sentence with its number. What is looked for was met in a published dataset of
judged dialogues (DiaSynth): all ratings between 2.993 and 3.000, and six scores of ten that
correlated 0.999 with each other and -0.43 with length, and chances of a yes that were never above
0.19.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
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
    *,
    chances: Collection[str] = (),
) -> list[str]:
    """What is wrong with per-conversation scores, in words; [] when nothing is.

    Args:
        scores: By scorer, one value a conversation, NaN where there is none.
        ranges: Lowest and highest possible value by scorer; infinite where a scale has no end.
            Without one: 0 to 1.
        lengths: Words of each conversation.
        chances: Scorers whose value is the chance of a yes: one that never reaches a half answers
            no to everything.
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
        scale = high - low
        if spread <= (SATURATED * scale if math.isfinite(scale) else 0):
            ends = f" on a scale from {low:g} to {high:g}" if math.isfinite(scale) else ""
            found.append(
                f"{name} is saturated: 95 % of {len(good)} values lie within {spread:.3f} of each "
                f"other, at {np.median(good):.3f}{ends}"
            )
        else:
            alive[name] = column
        if name in chances and not good.min() < 0.5 <= good.max():
            always = "no" if good.max() < 0.5 else "yes"
            found.append(
                f"{name} always says {always}: {len(good)} chances of a yes from {good.min():.3f} "
                f"to {good.max():.3f}"
            )
    long = np.asarray(lengths, dtype=np.float64)
    for name, column in alive.items():
        r = _correlation(column, long)
        if r is not None and abs(r) >= BY_LENGTH:
            found.append(f"{name} follows length: correlation {r:.2f} with words")
    return found + _same(alive)


def _same(columns: Mapping[str, Floats]) -> list[str]:
    """Which scores say the same: each group once, in the order of its first."""
    near: dict[tuple[str, str], float] = {}
    group = {name: [name] for name in columns}
    for (a, first), (b, second) in combinations(columns.items(), 2):
        r = _correlation(first, second)
        if r is not None and abs(r) >= SAME:
            near[a, b] = r
            if group[a] is not group[b]:
                group[a] += group[b]
                for name in group[b]:
                    group[name] = group[a]
    found = []
    for names in {id(group[name]): group[name] for name in columns}.values():
        values = [r for (a, _), r in near.items() if a in names]
        if len(names) == 2:
            found.append(f"{names[0]} and {names[1]} say the same: correlation {values[0]:.3f}")
        elif len(names) > 2:
            most = f"{min(values):.3f} to {max(values):.3f}"
            told = f"{', '.join(names[:-1])} and {names[-1]}"
            found.append(f"{told} say the same: correlations {most}")
    return found


def _correlation(a: Floats, b: Floats) -> float | None:
    import numpy as np

    both = ~(np.isnan(a) | np.isnan(b))
    if both.sum() < FEW or a[both].std() == 0 or b[both].std() == 0:
        return None
    return float(np.corrcoef(a[both], b[both])[0, 1])
