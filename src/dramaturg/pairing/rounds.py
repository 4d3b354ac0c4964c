"""Who meets whom: people take turns in choosing a partner among those that qualify."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence

Candidates = Callable[[int], Sequence[int]]
"""For a person, by position: the positions of those that qualify as a partner, any order."""


class Matches:
    """Pairs of positions, none twice, nobody with more than `partners` of them."""

    def __init__(self, people: int, count: int, partners: int | None) -> None:
        self.pairs: list[tuple[int, int]] = []
        self._people = people
        self._count = count
        self._partners = partners
        self._met: list[set[int]] = [set() for _ in range(people)]
        self._busy: Counter[int] = Counter()

    @property
    def complete(self) -> bool:
        return len(self.pairs) >= self._count

    def fill(self, candidates: Candidates, draw: random.Random, *, in_order: bool = False) -> None:
        """Add pairs until there are enough or nobody finds a partner any more.

        In each round everyone, in random order, takes one of the candidates left: at random, or,
        with `in_order`, the first of them.
        """
        waiting = list(range(self._people))
        while waiting and not self.complete:
            draw.shuffle(waiting)
            again = []
            for person in waiting:
                if self.complete or not self._free(person):
                    continue
                left = [c for c in candidates(person) if self._possible(person, c)]
                if left:
                    self._add(person, left[0] if in_order else draw.choice(left))
                    again.append(person)
            waiting = again

    def _free(self, person: int) -> bool:
        return self._partners is None or self._busy[person] < self._partners

    def _possible(self, person: int, other: int) -> bool:
        return other != person and other not in self._met[person] and self._free(other)

    def _add(self, person: int, other: int) -> None:
        self._met[person].add(other)
        self._met[other].add(person)
        self._busy.update((person, other))
        self.pairs.append((person, other))
