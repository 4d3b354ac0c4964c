"""Partners with common ground: facts in the same categories."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from dramaturg.errors import UserError
from dramaturg.pairing.people import at_least_two, different
from dramaturg.pairing.rounds import Matches
from dramaturg.pairing.similarity import categories_of, shared
from dramaturg.records import Drop, Pair, Persona, Scene, derive_seed
from dramaturg.store import notes

_SHOWN = 12  # shared pairs of facts that a scene lists


def by_categories(
    people: Sequence[Persona],
    labels: Mapping[str, str],
    *,
    count: int,
    above: int = 2,
    partners: int | None = None,
    relax: bool = False,
    seed: int,
) -> list[Pair]:
    """Pairs of people with more than `above` pairs of facts in common categories.

    People take turns, in random order, in choosing a partner at random among those that qualify,
    so nobody is left out while others meet many. No two people meet twice.

    Args:
        labels: Category by fact id, e.g. `Expanded.labels`; facts without one do not count.
        partners: Most partners of one person; None = any number.
        relax: If too few qualify, lower the bar by one until there are enough (at last anyone
            may meet anyone), say so in the scene, and note it. Fewer pairs than `count` come
            back only where the people allow no more.

    Returns:
        Each scene's fields say what the two have in common: "similarity" (that number),
        "shared_categories" (most frequent first), "shared" (up to 12 pairs of facts with their
        category), "above" (the bar) and, where the bar was lowered, "relaxed": True.

    Raises:
        UserError: If fewer than `count` pairs qualify and `relax` is off, or there are not two
            different people.

    Source: Jandaghi et al. 2023: above 2. Which of the many admissible pairs are taken is not
        stated there.
    """
    chosen = different(people)
    at_least_two(chosen, count, partners)
    index = _Index(chosen, labels)
    matches = Matches(len(chosen), count, partners)
    draw = random.Random(derive_seed(seed, "pairing"))
    bars: list[int] = []
    for bar in range(above, -2, -1) if relax else (above,):

        def candidates(person: int, bar: int = bar) -> list[int]:
            return index.above(person, bar)

        matches.fill(candidates, draw)
        bars += [bar] * (len(matches.pairs) - len(bars))
        if matches.complete:
            break
    _report(len(matches.pairs), count, above, bars, relax)
    return [
        _pair(chosen[i], chosen[j], labels, above, bar)
        for (i, j), bar in zip(matches.pairs, bars, strict=True)
    ]


class _Index:
    """Who has facts in which category."""

    def __init__(self, people: Sequence[Persona], labels: Mapping[str, str]) -> None:
        self._size = len(people)
        self._mine = [categories_of(person, labels) for person in people]
        self._holders: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for i, categories in enumerate(self._mine):
            for category, n in categories.items():
                self._holders[category].append((i, n))

    def above(self, person: int, bar: int) -> list[int]:
        """Those whose similarity to the person is above the bar, in order of position."""
        if bar < 0:
            return list(range(self._size))
        found: Counter[int] = Counter()
        for category, n in self._mine[person].items():
            for other, m in self._holders[category]:
                found[other] += n * m
        return sorted(other for other, s in found.items() if s > bar)


def _report(have: int, count: int, above: int, bars: Sequence[int], relax: bool) -> None:
    if have < count and not relax:
        raise UserError(
            f"only {have} of {count} pairs have more than {above} pairs of facts in common",
            fix="ask for fewer, give more people, lower `above`, or let it relax (relax=True)",
        )
    lowered = sum(bar < above for bar in bars)
    if lowered:
        reason = (
            f"relaxed: {lowered} of {have} pairs qualify only with more than {min(bars)} shared"
        )
        notes.note(Drop(kind="pair", reason=f"{reason} pairs of facts, not {above}"))
    if have < count:
        reason = f"too few people: {have} of {count} pairs can be made of them"
        notes.note(Drop(kind="pair", reason=reason))
    notes.progress("pair people", have, count, relaxed=lowered)


def _pair(first: Persona, second: Persona, labels: Mapping[str, str], above: int, bar: int) -> Pair:
    common = shared(first, second, labels)
    often = Counter(pair["category"] for pair in common)
    fields = {
        "similarity": len(common),
        "shared_categories": [category for category, _ in often.most_common()],
        "shared": common[:_SHOWN],
        "above": bar,
    }
    if bar < above:
        fields["relaxed"] = True
    return Pair(first=first, second=second, scene=Scene(cast=(first.id, second.id), fields=fields))
