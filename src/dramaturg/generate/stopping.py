"""When a talk has come to its end: rules over ratings that are made while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Lasting:
    """A level is reached and kept: the last `run` of at least `least` ratings are at it or above.

    One good moment early in a talk ends nothing, nor does a good moment that passes.

    Args:
        level: The rating from which it counts.
        run: How many in a row, at the end, >= 1.
        least: Ratings there must be in all.

    Source: Tu et al. 2023, "CharacterChat": at least 5 ratings, the last 2 at 4 or above.

    >>> rule = Lasting(level=4, run=2, least=5)
    >>> rule([1, 2, 3, 4, 4]), rule([4, 4])
    (True, False)
    """

    level: float
    run: int = 2
    least: int = 5

    def __call__(self, ratings: Sequence[float]) -> bool:
        """Whether these ratings, in order, end the talk."""
        if len(ratings) < max(self.least, self.run):
            return False
        return all(rating >= self.level for rating in ratings[-self.run :])
