"""Is made data as good to learn from as real data? Train on each, test on real data, compare.

Source: the extrinsic test of Suresh et al. 2024, "DiaSynth", arXiv:2409.19020 (summarisers trained
on made and on real dialogues).
Differs: any learner can be handed over; every side is trained on equally many items, drawn anew for
each seed; items of the test set are refused as training items.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from dramaturg.dataset.terms import terms
from dramaturg.errors import UserError
from dramaturg.records import derive_seed

SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Item:
    """Something to learn from: the turns of a talk, and what is to be said of it."""

    turns: tuple[str, ...]
    target: str


Predict: TypeAlias = Callable[[Item], str]
Fit: TypeAlias = Callable[[Sequence[Item], int], Predict]


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """What training on one side is worth.

    Attributes:
        side: Name of the training data; "" for the learner that was given nothing.
        trained_on: Items of each training; `tested_on`: items of the test set.
        mean: Of the score over test items and seeds.
        by_seed: Its mean over test items, a seed each.
        of_real: Its mean over that of the real side; 1 for the real side.
        gained: Of what the real side gains over the untrained learner, the share that this side
            gains; None where the real side gains nothing.
    """

    side: str
    trained_on: int
    tested_on: int
    mean: float
    by_seed: tuple[float, ...]
    of_real: float | None
    gained: float | None


def in_domain(
    sides: Mapping[str, Sequence[Item]],
    real: str,
    test: Sequence[Item],
    *,
    fit: Fit,
    score: Callable[[str, str], float],
    size: int | None = None,
    seeds: Sequence[int] = SEEDS,
) -> list[Learnt]:
    """Each side's worth as training data for the domain of the test set.

    Args:
        sides: Training items by name, the real ones among them under the name `real`.
        fit: Items and a seed in, a predictor out; no item at all gives the untrained one.
        score: Prediction and target in, a number out, higher is better.
        size: Items that each side is trained on; None = as many as the smallest side has.

    Returns:
        The untrained learner first, then the sides in their order.

    Raises:
        UserError: If a side is too small, there is no test item, or a training item is one.
    """
    if real not in sides or not test or not seeds:
        raise UserError(
            "there is nothing to compare", fix="give a real side, a test set and a seed"
        )
    wanted = min(map(len, sides.values())) if size is None else size
    known = {_plain(item) for item in test}
    for name, items in sides.items():
        if len(items) < max(wanted, 1):
            raise UserError(f"{name} has {len(items)} items", fix=f"ask for fewer than {wanted}")
        leaked = sum(_plain(item) in known for item in items)
        if leaked:
            raise UserError(
                f"{leaked} items of {name} are test items", fix="take them out of the training data"
            )
    base = _mean_of([_score(fit([], seed), test, score) for seed in seeds])
    by_side = {
        name: tuple(_score(fit(_drawn(items, wanted, seed), seed), test, score) for seed in seeds)
        for name, items in sides.items()
    }
    best = _mean_of(by_side[real])
    rows = [_row("", 0, test, (base,) * len(seeds), best, base)]
    return rows + [_row(name, wanted, test, got, best, base) for name, got in by_side.items()]


def _row(
    side: str, size: int, test: Sequence[Item], by_seed: tuple[float, ...], best: float, base: float
) -> Learnt:
    mean = _mean_of(by_seed)
    return Learnt(
        side=side,
        trained_on=size,
        tested_on=len(test),
        mean=mean,
        by_seed=by_seed,
        of_real=mean / best if best else None,
        gained=(mean - base) / (best - base) if best > base else None,
    )


def _drawn(items: Sequence[Item], size: int, seed: int) -> list[Item]:
    return random.Random(derive_seed(seed, "in domain")).sample(list(items), size)


def _score(predict: Predict, test: Sequence[Item], score: Callable[[str, str], float]) -> float:
    return _mean_of([score(predict(item), item.target) for item in test])


def _plain(item: Item) -> str:
    return " ".join(term for turn in item.turns for term in terms(turn))


def _mean_of(values: Sequence[float]) -> float:
    return sum(values) / len(values)
