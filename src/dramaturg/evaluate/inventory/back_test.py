"""Does a person made from words answer like the traits they were made for? In other words.

A back-test that asks in the words of the prompt measures reading, not character: items whose
wording stands in a prompt are set aside first.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from dramaturg.errors import UserError
from dramaturg.evaluate.inventory.items import Inventory, Item, second_person
from dramaturg.evaluate.inventory.scores import ScaleScore
from dramaturg.scorers.words import STOP, tokens

_RUN = 3  # so many words in a row are the same wording


class TraitBack(msgspec.Struct, frozen=True, kw_only=True):
    """One trait over all subjects that were made high or low in it.

    Attributes:
        high, low: Mean scores of those made high and low.
        shift: high - low; of use beside `untouched`, the score of the model as it comes.
        right: Share whose score lies on the side they were made for, of `n` subjects; a score on
            the midpoint is on neither side.
        chance: The same share when every aim is held against every subject's score: what the
            scores reach without knowing for whom they are.
    """

    trait: str
    high: float
    low: float
    shift: float
    right: float
    chance: float
    n: int


def held_out(inventory: Inventory, texts: Iterable[str]) -> tuple[Inventory, tuple[Item, ...]]:
    """The inventory without the items whose wording stands in a text, and those items.

    An item counts as said when three of its words stand in a row in a text, or, without function
    words, all of them in one sentence.

    Raises:
        UserError: If no item is left.
    """
    sentences = [tokens(s) for text in texts for s in re.split(r"(?<=[.!?;])\s|\n", text)]
    runs = {tuple(words[i : i + _RUN]) for words in sentences for i in range(len(words) - _RUN + 1)}
    bags = [frozenset(words) for words in sentences]
    said = tuple(item for item in inventory.items if _said(item, runs, bags))
    kept = tuple(item for item in inventory.items if item not in said)
    if not kept:
        raise UserError(
            f"every item of {inventory.name} stands in a prompt",
            fix="back-test with another inventory",
        )
    return msgspec.structs.replace(inventory, items=kept), said


def back_test(
    scores: Mapping[str, Mapping[str, ScaleScore]],
    aims: Mapping[str, Mapping[str, int]],
    *,
    midpoint: float,
) -> list[TraitBack]:
    """One line for each trait for which some subjects were made high and some low.

    Args:
        scores: By subject and scale.
        aims: By subject and trait: above 0 made high, below 0 made low; a trait that is not there
            was left open.
        midpoint: The neutral score of the scale.
    """
    traits = dict.fromkeys(trait for aim in aims.values() for trait in aim)
    found = []
    for trait in traits:
        rows = [
            (1 if aim[trait] > 0 else -1, scores[subject][trait].mean)
            for subject, aim in aims.items()
            if aim.get(trait) and trait in scores.get(subject, {})
        ]
        high = [mean for side, mean in rows if side > 0]
        low = [mean for side, mean in rows if side < 0]
        if high and low:
            right = [side * (mean - midpoint) > 0 for side, mean in rows]
            anyone = [side * (mean - midpoint) > 0 for side, _ in rows for _, mean in rows]
            found.append(
                TraitBack(
                    trait=trait,
                    high=statistics.fmean(high),
                    low=statistics.fmean(low),
                    shift=statistics.fmean(high) - statistics.fmean(low),
                    right=statistics.fmean(right),
                    chance=statistics.fmean(anyone),
                    n=len(rows),
                )
            )
    return found


def _said(item: Item, runs: set[tuple[str, ...]], bags: Sequence[frozenset[str]]) -> bool:
    for text in (item.text, second_person(item.text)):
        words = tokens(text)
        if any(tuple(words[i : i + _RUN]) in runs for i in range(len(words) - _RUN + 1)):
            return True
        content = frozenset(words) - STOP
        if content and any(content <= bag for bag in bags):
            return True
    return False
