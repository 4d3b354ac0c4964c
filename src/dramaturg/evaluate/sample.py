"""A seeded sample of a stream by who talks, so that two datasets of the same people keep pairs."""

from __future__ import annotations

import heapq
from collections import Counter

from dramaturg.evaluate.talk import Talk, stable_hash
from dramaturg.records import Conversation


class Sample:
    """At most `size` conversations: those whose people have the least hash.

    Two datasets of the same people give samples of the same people. Where nobody is known, the
    conversation itself is hashed.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size, self.seed = size, seed
        self._heap: list[tuple[int, int, int, Conversation]] = []
        self._met: Counter[int] = Counter()

    def add(self, talk: Talk, place: int) -> None:
        """Offer a conversation.

        Args:
            place: Where it stands in the dataset.
        """
        who = talk.key or stable_hash(talk.conversation.id)
        again = self._met[who]
        self._met[who] += 1
        rank = stable_hash(f"{self.seed} {who} {again}")
        entry = (-rank, -place, talk.key, talk.conversation)
        if len(self._heap) < self.size:
            heapq.heappush(self._heap, entry)
        elif rank < -self._heap[0][0]:
            heapq.heapreplace(self._heap, entry)

    def drawn(self) -> list[tuple[int, int, Conversation]]:
        """Place, key and conversation of each, in the dataset's order."""
        found = [(-place, key, talk) for _, place, key, talk in self._heap]
        return sorted(found, key=lambda item: item[0])

    def by_rank(self) -> list[tuple[int, Conversation]]:
        """Key and conversation of each, in the order of their hashes: a random order."""
        ordered = sorted(self._heap, key=lambda item: (-item[0], -item[1]))
        return [(key, talk) for _, _, key, talk in ordered]
