"""What people's answers say of a dataset: win, lose or tie; precision and recall of ticks.

Source: Jandaghi et al. 2023, arXiv:2312.10007: the human detection test (three annotators, the
majority decides) and the human faithfulness test (precision of the ticked attributes).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Literal, TypeVar

import msgspec

from dramaturg.evaluate.shares import Share, share

Vote = Literal["win", "lose", "tie"]
H = TypeVar("H", bound=Hashable)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How often one dataset won over another, item by item.

    Attributes:
        win, lose, tie: Shares of the items, by the majority of each; they sum to 1.
        items, votes: What was counted.
        unanimous: The share of items with two votes or more on which all agree.
        p_sign: How likely so uneven a split of the decided items would be if both were equal
            (exact, two-sided sign test); None where no item was decided.
    """

    win: Share
    lose: Share
    tie: Share
    items: int
    votes: int
    unanimous: Share
    p_sign: float | None


class Ticks(msgspec.Struct, frozen=True, kw_only=True):
    """Precision and recall of what was ticked.

    Attributes:
        precision: Of what was ticked, the share that was to be ticked.
        recall: Of what was to be ticked, the share that was.
        n: All cases, ticked or not.
    """

    precision: Share
    recall: Share
    n: int


def majority(labels: Sequence[H]) -> H | None:
    """The label that more than half of the votes have, or None.

    >>> majority(["a", "b", "a"]), majority(["a", "b"])
    ('a', None)
    """
    if not labels:
        return None
    label, count = Counter(labels).most_common(1)[0]
    return label if 2 * count > len(labels) else None


def win_lose_tie(votes: Sequence[Sequence[Vote]]) -> Outcome:
    """The outcome over items; an item without a majority is a tie.

    Args:
        votes: The votes on each item; items without a vote are left out.
    """
    asked = [item for item in votes if item]
    decided = Counter(majority(item) or "tie" for item in asked)
    several = [item for item in asked if len(item) > 1]
    n = len(asked)
    return Outcome(
        win=share(decided["win"], n),
        lose=share(decided["lose"], n),
        tie=share(decided["tie"], n),
        items=n,
        votes=sum(map(len, asked)),
        unanimous=share(sum(len(set(item)) == 1 for item in several), len(several)),
        p_sign=sign_test(decided["win"], decided["lose"]),
    )


def sign_test(one: int, other: int) -> float | None:
    """The exact two-sided p-value of so uneven a split of fair coin throws; None for none.

    >>> sign_test(9, 1)
    0.021484375
    """
    n = one + other
    if n == 0:
        return None
    tail = sum(math.comb(n, k) for k in range(min(one, other) + 1))
    return min(1.0, float(2 * tail / 2**n))


def ticks(cases: Sequence[tuple[bool, bool]]) -> Ticks:
    """Precision and recall.

    Args:
        cases: (was ticked, was to be ticked), one for each case.
    """
    hits = sum(ticked and true for ticked, true in cases)
    return Ticks(
        precision=share(hits, sum(ticked for ticked, _ in cases)),
        recall=share(hits, sum(true for _, true in cases)),
        n=len(cases),
    )
