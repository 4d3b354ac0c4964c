"""What a speaker knows and nobody else does, until the talk calls for it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

from dramaturg.records import Turn
from dramaturg.scorers.words import shown_words

Fit: TypeAlias = Callable[[str, Sequence[str]], Sequence[float]]
"""(what was said, the facts) -> how much each fact is called for, >= 0; 0 = not at all."""


def words_in_common(said: str, facts: Sequence[str]) -> list[float]:
    """Overlap of content words, rare ones weighing more, over the length of the fact; in [0, 1].

    >>> words_in_common("Do you keep any animals, a dog?", ["I have a dog.", "I bake bread."])
    [1.0, 0.0]
    """
    bags = [shown_words(fact) for fact in facts]
    counts = Counter(word for bag in bags for word in bag)
    weight = {word: math.log(1 + len(bags) / n) for word, n in counts.items()}
    asked = shown_words(said)
    return [
        sum(weight[w] for w in bag & asked) / sum(weight[w] for w in bag) if bag else 0.0
        for bag in bags
    ]


class PrivateContext:
    """Facts of one speaker that come up on demand; each stays known once it came up.

    Args:
        facts: In the order in which they are true or were learnt.
        at_once: Most facts that one turn brings up, >= 0.
        above: A fact comes up when it fits more than this, >= 0.
        fit: How much what was said calls for each fact.

    Attributes:
        told: Indexes of the facts that have come up, in the order in which they did.
    """

    def __init__(
        self,
        facts: Sequence[str],
        *,
        at_once: int = 1,
        above: float = 0.0,
        fit: Fit = words_in_common,
    ) -> None:
        self.facts = tuple(facts)
        self.told: list[int] = []
        self._at_once, self._above, self._fit = at_once, above, fit

    def called_for(self, said: str) -> tuple[str, ...]:
        """The facts not told yet that these words call for, the best fit first; they are told."""
        fits = self._fit(said, self.facts) if self.facts else []
        ranked = sorted(range(len(fits)), key=lambda i: (-fits[i], i))
        fresh = [i for i in ranked if fits[i] > self._above and i not in self.told]
        self.told += fresh[: self._at_once]
        return tuple(self.facts[i] for i in fresh[: self._at_once])

    def after(self, heard: Sequence[Turn]) -> tuple[str, ...]:
        """All facts told so far, those that the last turn heard calls for among them."""
        if heard:
            self.called_for(heard[-1].text)
        return tuple(self.facts[i] for i in self.told)
