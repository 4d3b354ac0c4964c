"""Pairs of people who already are something to each other."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dramaturg.records import Pair, Persona, Relation, Scene, derive_seed


def by_relation(
    people: Sequence[Persona], relations: Sequence[Relation], *, count: int, seed: int
) -> list[Pair]:
    """At most `count` pairs, drawn from those who have a tie; the scene says what it is.

    The first of a pair is the one whom the other was found through, and "relationship" says what
    the second is to the first. A tie to somebody who is not among `people` makes no pair.

    Args:
        count: >= 0.
    """
    by_id = {person.id: person for person in people}
    made: dict[frozenset[str], Pair] = {}
    for tie in relations:
        both = frozenset((tie.person, tie.to))
        if len(both) == 2 and both <= by_id.keys():
            first, second = by_id[tie.to], by_id[tie.person]
            fields = {"relationship": f"User 2 is User 1's {tie.relation}"}
            scene = Scene(cast=(first.id, second.id), fields=fields)
            made.setdefault(both, Pair(first=first, second=second, scene=scene))
    every = list(made.values())
    return random.Random(derive_seed(seed, "relations")).sample(every, min(count, len(every)))
