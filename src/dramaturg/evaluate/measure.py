"""A measure of a dataset, ready to become a figure, or a difference to another dataset's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dramaturg.evaluate.figure import Difference, Figure
from dramaturg.evaluate.resample import (
    RESAMPLES,
    Fixed,
    OfSet,
    Ratio,
    Statistic,
    interval,
    resampled_together,
)
from dramaturg.records import derive_seed

FEW = 10  # conversations, below which an interval would say nothing


@dataclass(frozen=True, eq=False)
class Measure:
    """A statistic with everything that its figure must say.

    Args:
        statistic: One entry or place a conversation; None where it cannot be had.
        keys: Who talks, one key a conversation, in the statistic's order; 0 = unknown.
        count: What the figure counts over (the sum below, for a ratio of counts).
    """

    name: str
    group: str
    unit: str
    of: str
    count: int
    scorer: str
    statistic: Statistic | None
    keys: Sequence[int] = ()
    split: str = "all"
    sample: str = ""
    why: str = ""


def figure(measure: Measure, *, resamples: int = RESAMPLES, seed: int = 13) -> Figure:
    """The measure's value and its interval; see `figures`."""
    return figures([measure], resamples=resamples, seed=seed)[0]


def figures(
    measures: Sequence[Measure], *, resamples: int = RESAMPLES, seed: int = 13
) -> list[Figure]:
    """The measures' values and 95 % intervals.

    Below 10 conversations there is no interval: it would be narrower than the truth.
    """
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    drawn: dict[int, tuple[float, float] | None] = {}
    for i, measure in enumerate(measures):
        stat = measure.statistic
        if isinstance(stat, Ratio) and len(stat) >= FEW:
            by_length[len(stat)].append(i)
        elif isinstance(stat, OfSet) and len(stat) >= FEW:
            drawn[i] = interval(stat.resampled(resamples, derive_seed(seed, measure.name)))
    for length, group in by_length.items():
        ratios = [s for i in group if isinstance(s := measures[i].statistic, Ratio)]
        columns = resampled_together(ratios, resamples, derive_seed(seed, length))
        drawn.update({i: interval(c) for i, c in zip(group, columns, strict=True)})
    return [_figure(measure, drawn.get(i)) for i, measure in enumerate(measures)]


def _figure(measure: Measure, found: tuple[float, float] | None) -> Figure:
    stat = measure.statistic
    value = stat.value() if stat is not None else None
    why = measure.why
    if value is None:
        why, found = why or "there is nothing to count", None
    elif isinstance(stat, Fixed):
        why = why or stat.why
    elif stat is not None and len(stat) < FEW:
        why = why or f"no interval: {len(stat)} conversations are too few"
    return Figure(
        name=measure.name,
        group=measure.group,
        value=value,
        unit=measure.unit,
        n=measure.count,
        of=measure.of,
        conversations=len(stat) if stat is not None else 0,
        split=measure.split,
        scorer=measure.scorer,
        low=found[0] if found else None,
        high=found[1] if found else None,
        interval=stat.method if stat is not None and found else "",
        sample=measure.sample,
        why=why,
    )


def difference(
    ours: Measure, theirs: Measure, *, resamples: int = RESAMPLES, seed: int = 13
) -> Difference:
    """Ours less theirs, on the same people where the keys tell who they are.

    Only a `Ratio` can be paired: a statistic of a set is cut to equal size on both sides.
    Paired where at least half of the smaller side has its people on the other side too; then only
    those conversations count, and both of a pair are drawn together.
    """
    mine, other = ours.statistic, theirs.statistic
    how = "independent"
    if isinstance(mine, Ratio) and isinstance(other, Ratio):
        pairs = match(ours.keys, theirs.keys)
        if len(pairs) >= max(FEW, min(len(mine), len(other)) / 2):
            how = "paired"
            mine, other = mine.at([a for a, _ in pairs]), other.at([b for _, b in pairs])
    a = mine.value() if mine is not None else None
    b = other.value() if other is not None else None
    n = min(len(mine), len(other)) if mine is not None and other is not None else 0
    found = None
    if (
        a is not None
        and b is not None
        and n >= FEW
        and isinstance(mine, Ratio | OfSet)
        and isinstance(other, Ratio | OfSet)
    ):
        first = derive_seed(seed, ours.name, "difference")
        second = first if how == "paired" else derive_seed(seed, ours.name, "reference")
        drawn, against = mine.resampled(resamples, first), other.resampled(resamples, second)
        least = min(len(drawn), len(against))  # a larger side may be drawn less often
        found = interval(drawn[:least] - against[:least])
    return Difference(
        name=ours.name,
        group=ours.group,
        value=a - b if a is not None and b is not None else None,
        ours=a,
        theirs=b,
        unit=ours.unit,
        n=n,
        how=how,
        low=found[0] if found else None,
        high=found[1] if found else None,
        clear=bool(found and (found[0] > 0 or found[1] < 0)),
    )


def match(ours: Sequence[int], theirs: Sequence[int]) -> list[tuple[int, int]]:
    """Places on both sides that bear the same key, each place once; 0 matches nothing."""
    waiting: defaultdict[int, list[int]] = defaultdict(list)
    for place, key in enumerate(theirs):
        if key:
            waiting[int(key)].append(place)
    for places in waiting.values():
        places.reverse()
    return [(i, waiting[int(key)].pop()) for i, key in enumerate(ours) if waiting.get(int(key))]
