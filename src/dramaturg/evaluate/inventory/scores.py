"""From answers to scales: what was not answered is counted, never filled in."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from dramaturg.evaluate.inventory.items import Inventory

if TYPE_CHECKING:
    from dramaturg.evaluate.inventory.administer import Answer


class ScaleScore(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of a scale's answered items, reversed ones turned round.

    Attributes:
        mean: In [lowest, highest].
        n: Items answered; `of` items asked.
    """

    mean: float
    n: int
    of: int


def score(inventory: Inventory, values: Mapping[str, int]) -> dict[str, ScaleScore]:
    """The score of each scale of which at least one item is answered.

    Args:
        values: Raw value by item id, as answered; an item that is not there was not answered.

    Raises:
        ValueError: If a value is not one of the options'.

    >>> from dramaturg.evaluate.inventory import load_inventory
    >>> inventory = load_inventory("ipip-50")
    >>> fives = score(inventory, {item.id: 5 for item in inventory.items})
    >>> fives["extraversion"].mean, round(fives["openness"].mean, 1)
    (3.0, 3.8)
    """
    found: dict[str, list[int]] = {}
    asked: dict[str, int] = {}
    for item in inventory.items:
        asked[item.scale] = asked.get(item.scale, 0) + 1
        if item.id not in values:
            continue
        value = values[item.id]
        if not inventory.lowest <= value <= inventory.highest:
            raise ValueError(f"{value} is no option of {inventory.name}")
        found.setdefault(item.scale, []).append(inventory.keyed(item, value))
    return {
        scale: ScaleScore(mean=statistics.fmean(keyed), n=len(keyed), of=asked[scale])
        for scale, keyed in found.items()
    }


def by_draw(
    inventory: Inventory, answers: Iterable[Answer]
) -> dict[str, list[dict[str, ScaleScore]]]:
    """The scores of each subject in each draw, in order of the draws."""
    values: dict[str, dict[int, dict[str, int]]] = {}
    for one in answers:
        drawn = values.setdefault(one.subject, {}).setdefault(one.draw, {})
        if one.value is not None:
            drawn[one.item] = one.value
    return {
        subject: [score(inventory, drawn) for _, drawn in sorted(draws.items())]
        for subject, draws in values.items()
    }


def spread_over_draws(draws: Sequence[Mapping[str, ScaleScore]]) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation (n - 1; 0.0 for one draw) of each scale over the draws."""
    scales = dict.fromkeys(scale for draw in draws for scale in draw)
    found: dict[str, tuple[float, float]] = {}
    for scale in scales:
        means = [draw[scale].mean for draw in draws if scale in draw]
        deviation = statistics.stdev(means) if len(means) > 1 else 0.0
        found[scale] = (statistics.fmean(means), deviation)
    return found
