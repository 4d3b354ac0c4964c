"""How far several judges agree beyond chance, with an interval.

Ratings are a table: a row is an item, a column a rater, None where that rater did not rate. All
figures here are pure functions of such a table.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import combinations
from typing import Literal, TypeAlias

import msgspec

from dramaturg.errors import RecordError, UserError
from dramaturg.records import derive_seed

Level: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]
Ratings: TypeAlias = Sequence[Sequence[Hashable | None]]

LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval", "ratio")
RESAMPLES = 1_000


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement figure with its interval and what it is counted over.

    Attributes:
        measure: E.g. "Krippendorff's alpha, nominal".
        value: 1 full agreement, 0 as by chance, below 0 worse; None where it is not defined.
        low, high: The middle 95 % of `value` over resampled items; None where `value` is, or
            where fewer than two items could be counted.
        items: Items that could be counted: rated by two or more.
        raters: Columns of the table with at least one rating.
        ratings: Ratings of the counted items.
        why: Why there is no value, "" where there is one.
    """

    measure: str
    value: float | None
    low: float | None
    high: float | None
    items: int
    raters: int
    ratings: int
    why: str = ""


def krippendorff_alpha(ratings: Ratings, level: Level = "nominal") -> float:
    """Krippendorff's alpha: agreement beyond chance, for any number of raters, gaps allowed.

    Args:
        ratings: Rows are items, columns raters, None = not rated. Items with fewer than two
            ratings count for nothing. Above "nominal" the ratings are numbers.
        level: How far apart two values are: "nominal" different or not, "ordinal" by rank,
            "interval" by difference, "ratio" by difference over sum.

    Returns:
        1 for full agreement, 0 as by chance, negative for worse; never above 1.

    Raises:
        RecordError: If no item has two ratings, or all ratings are equal (nothing can be told
            from raters who always say the same), or a rating is no number where one is needed.
        UserError: If there is no such level.

    Source: Krippendorff 2011, "Computing Krippendorff's alpha-reliability".

    >>> round(krippendorff_alpha([[1, 1], [2, 2], [3, 3], [1, 2]]), 3)
    0.667
    """
    if level not in LEVELS:
        raise UserError(f"there is no level {level!r}", fix=f"use one of {', '.join(LEVELS)}")
    counts = _counts(ratings)
    if level != "nominal":
        for value in {value for row in counts for value in row}:
            if not isinstance(value, int | float):
                raise RecordError(f"{value!r} is no number, and {level} ratings are numbers")
    return _alpha([row for row in counts if row.total() > 1], level)


def fleiss_kappa(ratings: Ratings) -> float:
    """Fleiss' kappa: agreement beyond chance where every item has equally many ratings.

    Args:
        ratings: Rows are items, columns raters (who need not be the same people in each row);
            None = not rated.

    Returns:
        1 for full agreement, 0 as by chance, negative for worse.

    Raises:
        RecordError: If items differ in their number of ratings, have fewer than two, or all
            ratings are equal.

    Source: Fleiss 1971, "Measuring nominal scale agreement among many raters".

    >>> round(fleiss_kappa([["a", "a"], ["b", "b"], ["a", "b"]]), 3)
    0.333
    """
    return _fleiss(_counts(ratings))


def share_agreed(ratings: Ratings) -> float:
    """The share of pairs of ratings of one item that are equal, item by item; chance not removed.

    Raises:
        RecordError: If no item has two ratings.
    """
    rows = [row for row in _counts(ratings) if row.total() > 1]
    if not rows:
        raise _nothing()
    shares = [_pairs(row) / (n * (n - 1) / 2) for row in rows if (n := row.total())]
    return sum(shares) / len(shares)


def cohen_kappa(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """Cohen's kappa of two raters of the same items: each rater's own habits are the chance.

    Raises:
        RecordError: If the lengths differ, nothing was rated, or both always say the same thing.

    Source: Cohen 1960, "A coefficient of agreement for nominal scales".

    >>> round(cohen_kappa(["y", "y", "n", "n"], ["y", "n", "n", "n"]), 3)
    0.5
    """
    if len(one) != len(other) or not one:
        raise RecordError(
            "two raters cannot be compared", why=f"one rated {len(one)} items, one {len(other)}"
        )
    n = len(one)
    seen = sum(a == b for a, b in zip(one, other, strict=True)) / n
    mine, yours = Counter(one), Counter(other)
    chance = sum(mine[value] * yours[value] for value in mine) / n**2
    if chance == 1:
        raise _all_equal()
    return (seen - chance) / (1 - chance)


def agreement(
    ratings: Ratings,
    *,
    measure: Literal["alpha", "kappa", "share"] = "alpha",
    level: Level = "nominal",
    resamples: int = RESAMPLES,
    seed: int = 13,
) -> Agreement:
    """An agreement figure with a bootstrap interval: items are resampled, raters stay.

    Where the figure is not defined the result says why instead of raising.

    Args:
        measure: "alpha" (Krippendorff), "kappa" (Fleiss), or "share" of equal pairs.
        level: For alpha only.
        resamples: How often the items are drawn anew; draws without a defined figure (all
            ratings equal) are left out of the interval.
    """
    counts = _counts(ratings)
    rows = [row for row in counts if row.total() > 1]
    names = {
        "alpha": f"Krippendorff's alpha, {level}",
        "kappa": "Fleiss' kappa",
        "share": "share of equal pairs",
    }
    raters = max((len(row) for row in ratings), default=0)
    active = sum(any(len(r) > i and r[i] is not None for r in ratings) for i in range(raters))
    about = Agreement(
        measure=names[measure],
        value=None,
        low=None,
        high=None,
        items=len(rows),
        raters=active,
        ratings=sum(row.total() for row in rows),
    )
    try:
        if measure == "alpha":
            value = krippendorff_alpha(ratings, level)
        else:
            value = fleiss_kappa(ratings) if measure == "kappa" else share_agreed(ratings)
    except RecordError as error:
        why = error.what + (f": {error.why}" if error.why else "")
        return msgspec.structs.replace(about, why=why)

    def figure(drawn: Sequence[Counter[Hashable]]) -> float:
        if measure == "alpha":
            return _alpha(drawn, level)
        if measure == "kappa":
            return _fleiss(drawn)
        return sum(_pairs(r) / (r.total() * (r.total() - 1) / 2) for r in drawn) / len(drawn)

    low, high = _interval(rows, figure, resamples, seed)
    return msgspec.structs.replace(about, value=value, low=low, high=high)


def _counts(ratings: Ratings) -> list[Counter[Hashable]]:
    return [Counter(value for value in row if value is not None) for row in ratings]


def _alpha(rows: Sequence[Counter[Hashable]], level: Level) -> float:
    if not rows:
        raise _nothing()
    totals: Counter[Hashable] = Counter()
    for row in rows:
        totals.update(row)
    if len(totals) < 2:
        raise _all_equal()
    n = totals.total()
    apart = _distances(totals, level)
    # Disagreement seen within items, over what all values at random would show.
    seen = sum(
        2 * row[a] * row[b] * apart[a, b] / (row.total() - 1)
        for row in rows
        if len(row) > 1
        for a, b in combinations(sorted(row, key=_order), 2)
    )
    chance = sum(2 * totals[a] * totals[b] * d for (a, b), d in apart.items()) / (n - 1)
    return 1 - seen / chance


def _order(value: Hashable) -> tuple[bool, float, str]:
    if isinstance(value, int | float):
        return (False, float(value), "")
    return (True, 0.0, repr(value))


def _distances(
    totals: Mapping[Hashable, int], level: Level
) -> dict[tuple[Hashable, Hashable], float]:
    """The squared distance of every two values, the smaller first."""
    values = sorted(totals, key=_order)
    if level == "nominal":
        return dict.fromkeys(combinations(values, 2), 1.0)
    found: dict[tuple[Hashable, Hashable], float] = {}
    for (i, a), (j, b) in combinations(enumerate(values), 2):
        assert isinstance(a, int | float)
        assert isinstance(b, int | float)
        if level == "ordinal":
            between = sum(totals[value] for value in values[i : j + 1])
            found[a, b] = (between - (totals[a] + totals[b]) / 2) ** 2
        elif level == "interval":
            found[a, b] = float(a - b) ** 2
        else:
            found[a, b] = ((a - b) / (a + b)) ** 2 if a + b else 0.0
    return found


def _fleiss(rows: Sequence[Counter[Hashable]]) -> float:
    sizes = {row.total() for row in rows}
    if not sizes or max(sizes) < 2:
        raise _nothing()
    if len(sizes) > 1:
        raise RecordError(
            "Fleiss' kappa needs equally many ratings of every item",
            why=f"there are items with {min(sizes)} and with {max(sizes)}",
            fix="use Krippendorff's alpha, which allows gaps",
        )
    each = sizes.pop()
    totals: Counter[Hashable] = Counter()
    for row in rows:
        totals.update(row)
    if len(totals) < 2:
        raise _all_equal()
    seen = sum(_pairs(row) for row in rows) / (len(rows) * each * (each - 1) / 2)
    chance = sum((count / totals.total()) ** 2 for count in totals.values())
    return (seen - chance) / (1 - chance)


def _pairs(row: Counter[Hashable]) -> float:
    return sum(count * (count - 1) / 2 for count in row.values())


def _interval(
    rows: Sequence[Counter[Hashable]],
    figure: Callable[[Sequence[Counter[Hashable]]], float],
    resamples: int,
    seed: int,
) -> tuple[float | None, float | None]:
    if len(rows) < 2:
        return None, None
    draw = random.Random(derive_seed(seed, "agreement", len(rows)))
    found: list[float] = []
    for _ in range(resamples):
        try:
            found.append(figure(draw.choices(rows, k=len(rows))))
        except RecordError:
            continue
    if not found:
        return None, None
    found.sort()
    edge = (len(found) - 1) * 0.025
    return found[int(edge)], found[len(found) - 1 - int(edge)]


def _nothing() -> RecordError:
    return RecordError("there is no agreement to measure", why="no item has two ratings")


def _all_equal() -> RecordError:
    return RecordError(
        "agreement beyond chance is not defined", why="all ratings are the same value"
    )
