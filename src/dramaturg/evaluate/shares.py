"""A share of n cases with its interval."""

from __future__ import annotations

import math

import msgspec

_Z = 1.959964  # 95 %


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """`hits` of `n`, and where the true share lies at 95 %.

    Attributes:
        value: hits / n; None where n is 0, and low and high then span everything.
    """

    hits: float
    n: int
    value: float | None
    low: float
    high: float


def share(hits: float, n: int) -> Share:
    """The share with its Wilson interval, which holds near 0 and 1 and for few cases.

    Args:
        hits: In [0, n]; halves are allowed (ties).

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    >>> found = share(8, 10)
    >>> round(found.low, 3), round(found.high, 3)
    (0.49, 0.943)
    """
    if n == 0:
        return Share(hits=hits, n=0, value=None, low=0.0, high=1.0)
    p = hits / n
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(max(p * (1 - p), 0) / n + _Z**2 / (4 * n**2))
    return Share(hits=hits, n=n, value=p, low=max(0.0, middle - half), high=min(1.0, middle + half))
