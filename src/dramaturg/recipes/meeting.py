"""Who meets whom: people are divided into splits first, so that no split shares a person."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dramaturg import dataset, pairing
from dramaturg.errors import UserError
from dramaturg.models import Embedder
from dramaturg.records import Pair, Persona
from dramaturg.store import parts

_PEOPLE_TO_DIVIDE = 20  # fewer people are one split: a tenth of them is no test set


@parts.step(tuple[list[Pair], dict[str, str]])
async def meet(
    cast: Sequence[Persona],
    labels: Mapping[str, str],
    embedder: Embedder,
    *,
    by: str,
    count: int,
    above: int,
    partners: int,
    seed: int,
) -> tuple[list[Pair], dict[str, str]]:
    """Pairs inside each split, and the split of each person.

    Args:
        labels: Category by fact id.
        by: "categories" (more than `above` fact pairs in common categories; the bar is lowered
            where too few qualify, and the scene says so) or "similarity".
        count: Pairs in all, shared out over the splits like the people.

    Raises:
        UserError: If no two people can be paired at all.
    """
    shares = dataset.SHARES if len(cast) >= _PEOPLE_TO_DIVIDE else {"train": 1.0}
    sides = dataset.people_apart(cast, shares, seed=seed)
    wanted = _shared_out(count, shares)
    pairs: list[Pair] = []
    for split in shares:
        people = [person for person in cast if sides[person.id] == split]
        if len(people) < 2 or not wanted[split]:
            continue
        if by == "similarity":
            pairs += await pairing.by_similarity(
                people, embedder, count=wanted[split], partners=partners, seed=seed
            )
        else:
            pairs += pairing.by_categories(
                people,
                labels,
                count=wanted[split],
                above=above,
                partners=partners,
                relax=True,
                seed=seed,
            )
    if not pairs:
        raise UserError(
            "no two people can be paired",
            why=f"there are {len(cast)} people",
            fix="give more facts, or ask for smaller profiles (--profile-size)",
        )
    return pairs, sides


def meet_by_chance(cast: Sequence[Persona], *, count: int, partners: int, seed: int) -> list[Pair]:
    """Pairs inside each split by chance; none where there are fewer than two people."""
    shares = dataset.SHARES if len(cast) >= _PEOPLE_TO_DIVIDE else {"train": 1.0}
    sides = dataset.people_apart(cast, shares, seed=seed)
    pairs: list[Pair] = []
    for split, wanted in _shared_out(count, shares).items():
        people = [person for person in cast if sides[person.id] == split]
        if len(people) > 1 and wanted:
            pairs += pairing.by_chance(people, count=wanted, partners=partners, seed=seed)
    return pairs


def _shared_out(count: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers that sum to `count`; the first split takes what rounding leaves."""
    wanted = {split: math.floor(share * count) for split, share in shares.items()}
    first = next(iter(wanted))
    wanted[first] += count - sum(wanted.values())
    return wanted
