"""How far an order agrees with the right one: Kendall's tau, taken on the ranks of the items."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence

from dramaturg.errors import RecordError


def kendall_tau(right: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """Agreement of two orders of the same items, in [-1, 1].

    An order lists items from first to last. What is compared is where each *item* stands in both
    orders, for each pair of items. Comparing position by position the letters themselves (is "A"
    before "B" in the alphabet here and there?) is another number: "ACDB" against "BCDA" is -0.67
    by ranks and +0.67 by letters, and of the 576 pairs of orders of four items 296 differ.

    Args:
        right, found: The same items, each once; at least two.

    Raises:
        RecordError: If they are not the same items, each once, or fewer than two.

    Source: Kendall 1938, "A new measure of rank correlation".

    >>> round(kendall_tau("ACDB", "BCDA"), 2)
    -0.67
    """
    if len(set(right)) != len(right) or sorted(map(repr, right)) != sorted(map(repr, found)):
        raise RecordError(f"{list(found)} is no order of {list(right)}", why="items differ")
    if len(right) < 2:
        raise RecordError("an order needs two items or more")
    at = {item: place for place, item in enumerate(found)}
    places = [at[item] for item in right]
    pairs = list(itertools.combinations(places, 2))
    return sum(1 if first < second else -1 for first, second in pairs) / len(pairs)


def rank_score(right: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """(tau + 1) / 2, in [0, 1]; 0 where `found` is no order of the items of `right`.

    An order drawn at random scores 0.5 on average, so read it beside that.
    """
    try:
        return (kendall_tau(right, found) + 1) / 2
    except RecordError:
        return 0.0
