"""The facts that profiles draw from."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from dramaturg.records import Drop, Fact
from dramaturg.store import notes


class Pool:
    """Facts without repeats, each to be used so many times.

    Args:
        uses: Most profiles that a fact may be in; None = any number.
    """

    def __init__(self, facts: Sequence[Fact], uses: int | None) -> None:
        self.facts: list[Fact] = []
        self._uses = uses
        self._used: Counter[int] = Counter()
        first: dict[str, Fact] = {}
        for fact in facts:
            words = " ".join("".join(c if c.isalnum() else " " for c in fact.text).split())
            words = words.casefold() or fact.text
            if words in first:
                reason = f"duplicate: the same words as {first[words].text[:100]!r}"
                notes.note(Drop(kind="fact", reason=reason, subject=fact.text))
            else:
                first[words] = fact
                self.facts.append(fact)
        self._all = _Bag(range(len(self.facts)))
        self._new = _Bag(i for i, fact in enumerate(self.facts) if fact.status == "new")

    def draw(self, draw: random.Random, without: Collection[int], *, only_new: bool) -> int | None:
        """A fact at random that is not used up and not in `without`, or None."""
        return (self._new if only_new else self._all).draw(draw, without)

    def take(self, i: int) -> bool:
        """Count a use; False if the fact is used up."""
        if self._uses is not None and self._used[i] >= self._uses:
            return False
        self._used[i] += 1
        if self._used[i] == self._uses:
            self._all.discard(i)
            self._new.discard(i)
        return True

    def give_back(self, used: Collection[int]) -> None:
        """Undo a use of each."""
        for i in used:
            self._used[i] -= 1
            self._all.add(i)
            if self.facts[i].status == "new":
                self._new.add(i)


class _Bag:
    """Numbers to draw from, with removal in constant time; its order is part of the seed."""

    def __init__(self, items: Iterable[int]) -> None:
        self._items: list[int] = list(items)
        self._at = {item: at for at, item in enumerate(self._items)}

    def add(self, item: int) -> None:
        if item not in self._at:
            self._at[item] = len(self._items)
            self._items.append(item)

    def discard(self, item: int) -> None:
        at = self._at.pop(item, None)
        if at is not None:
            last = self._items.pop()
            if last != item:
                self._items[at] = last
                self._at[last] = at

    def draw(self, draw: random.Random, without: Collection[int]) -> int | None:
        if len(self._items) > 4 * len(without):
            while True:
                item = self._items[draw.randrange(len(self._items))]
                if item not in without:
                    return item
        left = [item for item in self._items if item not in without]
        return draw.choice(left) if left else None
