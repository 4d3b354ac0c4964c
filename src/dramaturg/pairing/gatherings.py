"""Who meets in a group: one begins, others are invited, and no person is in two splits."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from dramaturg import dataset
from dramaturg.errors import UserError
from dramaturg.records import Ensemble, Persona, Scene, derive_seed

_TO_DIVIDE = 20  # fewer people are one split: a tenth of them is no test set


def gatherings(
    people: Sequence[Persona],
    *,
    count: int,
    invited: int,
    topics: Sequence[str],
    seed: int,
    field: str = "attribute",
) -> list[Ensemble]:
    """So many groups, each with a person who begins, at most `invited` others, and a topic.

    People are divided into splits first (`dataset.people_apart`), groups shared out over the
    splits like the people, and topics taken in turn, so that each comes up equally often. Who
    begins is drawn anew only when everybody of the split has begun once.

    Args:
        field: Name of the topic in the scene's fields.

    Raises:
        UserError: If there are fewer than two people.
    """
    if len(people) < 2:
        raise UserError(f"there are {len(people)} people", fix="a group takes two at least")
    shares = dataset.SHARES if len(people) >= _TO_DIVIDE else {"train": 1.0}
    sides = dataset.people_apart(people, shares, seed=seed)
    able = {side: [p for p in people if sides[p.id] == side] for side in shares}
    able = {side: some for side, some in able.items() if len(some) > 1} or {"train": list(people)}
    wanted = {side: math.floor(count * shares[side]) for side in able}
    wanted[next(iter(able))] += count - sum(wanted.values())
    made: list[Ensemble] = []
    for side, some in able.items():
        draw = random.Random(derive_seed(seed, "gatherings", side))
        begins: list[int] = []
        for number in range(wanted[side]):
            begins = begins or draw.sample(range(len(some)), len(some))
            first = begins.pop()
            others = draw.sample(range(len(some) - 1), min(invited, len(some) - 1))
            cast = (some[first], *(some[at + (at >= first)] for at in others))
            fields = {field: topics[len(made) % len(topics)], "number": number, "side": side}
            ids = tuple(person.id for person in cast)
            made.append(Ensemble(people=cast, scene=Scene(cast=ids, fields=fields)))
    return made
