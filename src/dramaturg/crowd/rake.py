"""Weights that make a sample look like its target: iterative proportional fitting.

Source: Deming & Stephan 1940, "On a least squares adjustment of a sampled frequency table when the
expected marginal totals are known"; design effect after Kish 1965, "Survey Sampling".
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dramaturg.dataset.source import csv_rows, existing_file, kind_of
from dramaturg.errors import UserError

Marginals = Mapping[str, Mapping[str, float]]
"""Variable -> category -> share; the shares of a variable sum to 1."""

_ROUNDS = 2_000
_CLOSE = 1e-9  # of a share, where raking ends
_MET = 1e-4  # of a share, from which a target counts as met
_RANGE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(?:[-–]\s*(\d+(?:\.\d+)?)|(\+))\s*$")


@dataclass(frozen=True)
class Raked:
    """Weights of the cells of a table.

    Attributes:
        weights: Of each person of a cell, mean 1 over people; by cell.
        rounds: Rounds that it took.
        design_effect: By how much the weights swell the variance of a mean: 1 = not at all.
        effective: People that an unweighted sample of the same precision would have.
    """

    weights: dict[tuple[str, ...], float]
    rounds: int
    design_effect: float
    effective: float


def read_target(source: str | Path) -> Marginals:
    """Marginals from a small file.

    Args:
        source: JSON `{"sex": {"female": 0.51, "male": 0.49}, ...}`, or CSV with the columns
            variable, category, share. Shares may be counts or percent; each variable's are
            divided by their sum.

    Raises:
        UserError: If the file cannot be read so, or a share is none.
    """
    path = existing_file(source, "marginals")
    found: dict[str, dict[str, float]] = defaultdict(dict)
    try:
        if kind_of(path) == "csv":
            for line, row in csv_rows(path):
                if not isinstance(row, dict) or not {"variable", "category", "share"} <= row.keys():
                    raise UserError(
                        f"line {line} of {path} is no share",
                        fix="give the columns variable, category and share",
                    )
                found[row["variable"]][row["category"]] = float(row["share"])
        else:
            told = json.loads(path.read_text(encoding="utf-8-sig"))
            for variable, shares in told.items():
                for category, share in shares.items():
                    found[variable][category] = float(share)
    except (ValueError, TypeError, AttributeError, csv.Error) as error:
        raise UserError(
            f"{path} holds no marginals", why=str(error)[:200],
            fix='write {"sex": {"female": 0.51, "male": 0.49}}, or a CSV with the columns '
            "variable, category, share",
        ) from error  # fmt: skip
    return checked(found)


def checked(target: Marginals) -> Marginals:
    """The marginals, each variable's shares divided by their sum.

    Raises:
        UserError: If there is none, or a share is negative or no number.
    """
    if not target:
        raise UserError("the target names no variable", fix='give {"sex": {"female": 0.5, ...}}')
    found = {}
    for variable, shares in target.items():
        total = math.fsum(shares.values())
        bad = [k for k, v in shares.items() if not (math.isfinite(v) and v >= 0)]
        if bad or not total > 0:
            what = f"the share of {bad[0]!r}" if bad else "the sum of all shares"
            raise UserError(f"{variable}: {what} is not above 0", fix="give shares, or counts")
        found[variable] = {category: share / total for category, share in shares.items()}
    return found


def value_of(fields: Mapping[str, Any], variable: str, shares: Mapping[str, float]) -> str | None:
    """The target's category of a person, None where the record does not say.

    Args:
        fields: Of the record; "views.demographics.age" looks into nested ones, and a plain name
            also into `views.demographics`.
        shares: The target's categories: a number falls into "18-29" or "65+".

    Returns:
        A category of the target, or another text where the person has one that it lacks.
    """
    found: Any = fields.get(variable)
    if found is None:
        found = _nested(fields, variable.split("."))
    if found is None:
        found = _nested(fields, ["views", "demographics", variable])
    if found is None or (isinstance(found, str) and not found.strip()):
        return None
    text = f"{found:g}" if isinstance(found, float) else str(found).strip()
    if text in shares:
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    for category in shares:
        if span := _RANGE.match(category):
            low, high = float(span[1]), math.inf if span[3] else float(span[2])
            if (
                low <= number < (high + 1 if high == int(high) else high)
                if span[2]
                else low <= number
            ):
                return category
    return text


def _nested(fields: Any, names: Sequence[str]) -> Any:
    for name in names:
        if isinstance(fields, str) and fields.startswith("{"):  # views, as parquet has them
            try:
                fields = json.loads(fields)
            except ValueError:
                return None
        if not isinstance(fields, Mapping):
            return None
        fields = fields.get(name)
    return fields


def rake(counts: Mapping[tuple[str, ...], int], target: Marginals) -> Raked:
    """Weights under which people have the target's marginals, and which change as little else.

    How the variables hang together stays as it is among the people (their odds ratios): marginals
    alone never make a person.

    Args:
        counts: People by cell: one category a variable, in the order of `target`.
        target: Shares by variable.

    Raises:
        UserError: If nobody is in a category that the target asks for, or its shares cannot all be
            met together.

    >>> raked = rake({("f",): 30, ("m",): 70}, {"sex": {"f": 0.5, "m": 0.5}})
    >>> {cell: round(weight, 3) for cell, weight in raked.weights.items()}
    {('f',): 1.667, ('m',): 0.714}
    >>> round(raked.design_effect, 3), round(raked.effective, 1)
    (1.19, 84.0)
    """
    import numpy as np

    cells = sorted(cell for cell, n in counts.items() if n)
    people = np.array([counts[cell] for cell in cells], dtype=np.float64)
    groups = []
    for n, (variable, shares) in enumerate(target.items()):
        own = list(shares)
        held = np.array([own.index(cell[n]) for cell in cells], dtype=np.int64)
        there = np.bincount(held, weights=people, minlength=len(own))
        for category, count in zip(own, there, strict=True):
            if not count and shares[category] > 0:
                raise UserError(
                    f"nobody is {category!r} in {variable}, and the target asks for "
                    f"{100 * shares[category]:.1f} %",
                    fix="add such people, or join the category with another in the target",
                )
        groups.append((variable, own, held, np.array([shares[c] for c in own])))
    mass = people / people.sum()
    rounds, worst = 0, 0.0
    while groups and rounds < _ROUNDS:
        rounds += 1
        for _, own, held, wanted in groups:
            now = np.bincount(held, weights=mass, minlength=len(own))
            mass = mass * np.divide(wanted, now, out=np.zeros_like(now), where=now > 0)[held]
        worst = max(
            float(np.abs(np.bincount(held, weights=mass, minlength=len(own)) - wanted).max())
            for _, own, held, wanted in groups
        )
        if worst < _CLOSE:
            break
    if worst > _MET:
        raise _not_together(groups, mass)
    weights = mass * people.sum() / people
    effect = float((people * weights**2).sum() * people.sum() / (people * weights).sum() ** 2)
    return Raked(
        dict(zip(cells, weights.tolist(), strict=True)), rounds, effect,
        float(people.sum()) / effect,
    )  # fmt: skip


def _not_together(groups: Sequence[Any], mass: Any) -> UserError:
    import numpy as np

    off = []
    for variable, own, held, wanted in groups:
        now = np.bincount(held, weights=mass, minlength=len(own))
        at = int(np.abs(now - wanted).argmax())
        off.append((abs(float(now[at] - wanted[at])), variable, own[at], now[at], wanted[at]))
    _, variable, category, now_, wanted_ = max(off)
    return UserError(
        "the target's shares cannot all be met together",
        why=f"{variable} {category!r} stays at {100 * now_:.1f} % where {100 * wanted_:.1f} % are "
        "asked for: among the people the variables hang together in another way",
        fix="add people of the combinations that are missing, or join categories",
    )
