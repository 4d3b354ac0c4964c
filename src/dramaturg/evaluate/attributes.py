"""Were the right attributes of a user found? Types first, then the values of those found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from dramaturg.errors import RecordError
from dramaturg.evaluate.shares import Share, share


class AttributeScores(msgspec.Struct, frozen=True, kw_only=True):
    """How well attributes were found, over items.

    Attributes:
        n: Items.
        type_precision, type_recall, type_f1: Means over the items, in [0, 1]: an attribute type
            counts as found whatever value was given for it. An item where nothing is wanted and
            nothing found scores 1, one where only one of both is empty scores 0.
        value_given_type: Of all types found rightly, the share whose value is right too (value
            precision over type precision), pooled over the items: an item where no type was
            found rightly says nothing of values and is not counted as a 0.
        value_f1: Mean over the items, type and value taken together.
    """

    n: int
    type_precision: float
    type_recall: float
    type_f1: float
    value_given_type: Share
    value_f1: float


def set_f1(right: frozenset[str], found: frozenset[str]) -> tuple[float, float, float]:
    """Precision, recall and F1 of a set, each in [0, 1]; two empty sets agree.

    >>> set_f1(frozenset("AC"), frozenset("AB"))
    (0.5, 0.5, 0.5)
    """
    if not right and not found:
        return 1.0, 1.0, 1.0
    hits = len(right & found)
    precision = hits / len(found) if found else 0.0
    recall = hits / len(right) if right else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if hits else 0.0


def attribute_scores(
    right: Sequence[Mapping[str, str]], found: Sequence[Mapping[str, str]]
) -> AttributeScores:
    """Attributes found against those wanted, item by item.

    Args:
        right, found: Value by attribute type for each item, in the same order. Values are
            compared as written, but for case, spaces, "-" and "_".

    Raises:
        RecordError: If the numbers of items differ, or there is none.

    Source: the measures of IP-Dialog (2025), arXiv:2506.02449.
    """
    if len(right) != len(found) or not right:
        raise RecordError(f"{len(found)} findings for {len(right)} items")
    types = [set_f1(frozenset(r), frozenset(f)) for r, f in zip(right, found, strict=True)]
    values = [set_f1(_values(r), _values(f)) for r, f in zip(right, found, strict=True)]
    both = [(r[k], f[k]) for r, f in zip(right, found, strict=True) for k in r if k in f]
    n = len(right)
    return AttributeScores(
        n=n,
        type_precision=sum(p for p, _, _ in types) / n,
        type_recall=sum(r for _, r, _ in types) / n,
        type_f1=sum(f for _, _, f in types) / n,
        value_given_type=share(sum(plain_value(a) == plain_value(b) for a, b in both), len(both)),
        value_f1=sum(f for _, _, f in values) / n,
    )


def plain_value(text: str) -> str:
    """A value without what is only spelling: case, spaces, hyphens and underscores.

    >>> plain_value("Young-Adult ") == plain_value("young_adult")
    True
    """
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _values(attributes: Mapping[str, str]) -> frozenset[str]:
    return frozenset(f"{name}={plain_value(value)}" for name, value in attributes.items())
