"""Each person with so many others, drawn at random."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from dramaturg.errors import UserError
from dramaturg.pairing.people import at_least_two, different
from dramaturg.records import Drop, Pair, Persona, Scene, derive_seed
from dramaturg.store import notes


def each_meets(
    people: Sequence[Persona],
    *,
    each: int,
    count: int,
    within: Mapping[str, str] | None = None,
    fields: Mapping[str, object] | None = None,
    seed: int,
) -> list[Pair]:
    """One person after the other, in random order, meets `each` others, nobody twice.

    The order within a pair counts: the first is the one whose turn it was (who looks for support,
    say), so A may meet B and B may meet A.

    Args:
        each: Others for each person, >= 1; all there are, where there are fewer.
        count: Pairs at most, >= 1; the last person may meet fewer.
        within: Group by persona id, e.g. the split: only people of one group meet. The groups
            take turns, so that each has its share of the pairs.
        fields: Further scene fields of every pair.

    Returns:
        Fewer than `count` only where the people allow no more; that is noted.

    Raises:
        UserError: If no two people can meet.
    """
    cast = different(people)
    at_least_two(cast, count, each)
    draw = random.Random(derive_seed(seed, "at random"))
    groups: dict[str, list[Persona]] = {}
    for person in cast:
        groups.setdefault(within[person.id] if within else "", []).append(person)
    pairs: list[Pair] = []
    for place, group in _in_turn(groups, draw):
        first = group[place]
        for n in draw.sample(range(len(group) - 1), min(each, len(group) - 1)):
            other = group[n if n < place else n + 1]
            scene = Scene(cast=(first.id, other.id), fields=dict(fields or {}))
            pairs.append(Pair(first=first, second=other, scene=scene))
        if len(pairs) >= count:
            break
    if not pairs:
        raise UserError("no two people can meet", why="each is alone in a group")
    if len(pairs) < count:
        reason = f"too few people: {len(pairs)} of {count} pairs can be made of {len(cast)} people"
        notes.note(Drop(kind="pair", reason=reason))
    made = pairs[:count]
    notes.progress("pair people", len(made), count)
    return made


def _in_turn(
    groups: Mapping[str, list[Persona]], draw: random.Random
) -> list[tuple[int, list[Persona]]]:
    """Everyone, as a place in their group; each group's people spread evenly over the whole."""
    order = []
    for name in sorted(groups):
        size = len(groups[name])
        shuffled = draw.sample(range(size), size)
        order += [((i + 0.5) / size, name, place) for i, place in enumerate(shuffled)]
    return [(place, groups[name]) for _, name, place in sorted(order)]
