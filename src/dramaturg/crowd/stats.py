"""What a crowd covers: each figure with the number of rows that it is of."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from dramaturg.crowd.alike import NEAR, alike, bags_for, repeats
from dramaturg.crowd.rake import Marginals, checked, read_target, value_of
from dramaturg.crowd.rows import Row, categories_of, read
from dramaturg.errors import UserError

_SHOWN = 12  # categories, values


def stats(
    source: str | Path, *, to: str | Path | Marginals | None = None, near: float = NEAR
) -> dict[str, Any]:
    """How many people there are, how different, how long, and in which categories.

    Args:
        to: Marginals to stand beside, or their file.
        near: Share of words in common from which two people are near-duplicates.

    Returns:
        Figures by name, JSON values; each has "n", the rows that it is of. Distances to the target
        are total variation distances: the share of people who would have to be others.

    Raises:
        UserError: If the source or the target cannot be read, or nobody is in it.
    """
    wanted: Marginals = {}
    if to is not None:
        wanted = to if not isinstance(to, (str, Path)) else read_target(to)
        wanted = checked(wanted)
    bad: Counter[str] = Counter()
    fields: Counter[str] = Counter()
    facts: Counter[int] = Counter()
    categories: Counter[str] = Counter()
    having = 0
    held: dict[str, Counter[str]] = {variable: Counter() for variable in wanted}
    with closing(bags_for(near)) as bags:
        for row in read(source):
            if not isinstance(row, Row):
                bad[row.reason_class] += 1
                continue
            bags.add(row.text)
            facts[len(row.facts)] += 1
            fields.update(row.fields.keys())
            if own := categories_of(row):
                having += 1
                categories.update(own)
            for variable, shares in wanted.items():
                value = value_of(row.fields, variable, shares)
                held[variable]["" if value is None else value] += 1
        bags.ready()
        n = len(bags)
        if not n:
            raise UserError(f"{source} holds no person", why=f"{dict(bad)}" if bad else "")
        again = repeats(alike(bags, near))
        sizes, counts = np.unique(bags.sizes, return_counts=True)
        lengths = Counter(dict(zip(sizes.tolist(), counts.tolist(), strict=True)))
        distinct = len(np.unique(bags.ordered))
    found: dict[str, Any] = {
        "rows": {"people": n, "no person": dict(bad), "n": n + bad.total()},
        "distinct": {"value": distinct, "share": round(distinct / n, 4), "n": n},
        "near_duplicates": {
            "value": len(again), "share": round(len(again) / n, 4), "at": near, "n": n,
        },
        "words": {**_spread(lengths), "n": n},
        "facts": {**_spread(facts), "n": n},
        "fields": {"value": dict(fields.most_common(_SHOWN)), "n": n},
    }  # fmt: skip
    if categories:
        total = categories.total()
        entropy = -math.fsum(k / total * math.log(k / total) for k in categories.values())
        found["categories"] = {
            "value": len(categories),
            "people_with_one": having,
            "effective": round(math.exp(entropy), 1),
            "largest": dict(categories.most_common(_SHOWN)),
            "largest_share": round(categories.most_common(1)[0][1] / total, 4),
            "n": total,
        }
    if wanted:
        found["target"] = {v: _beside(held[v], shares) for v, shares in wanted.items()}
    return found


def _spread(counts: Counter[int]) -> dict[str, Any]:
    n = counts.total()
    ordered = sorted(counts.items())

    def quantile(share: float) -> int:
        seen = 0
        for value, count in ordered:
            seen += count
            if seen >= share * n:
                return value
        return ordered[-1][0]

    return {
        "least": ordered[0][0],
        "median": quantile(0.5),
        "mean": round(sum(value * count for value, count in ordered) / n, 2),
        "p95": quantile(0.95),
        "most": ordered[-1][0],
    }


def _beside(held: Counter[str], shares: Any) -> dict[str, Any]:
    n = sum(held[category] for category in shares)
    now = {category: held[category] / n if n else 0.0 for category in shares}
    return {
        "shares": {
            c: {"target": round(s, 4), "here": round(now[c], 4), "n": held[c]}
            for c, s in shares.items()
        },
        "distance": round(sum(abs(now[c] - s) for c, s in shares.items()) / 2, 4) if n else None,
        "not_known": held[""],
        "not_in_the_target": held.total() - n - held[""],
        "n": n,
    }
