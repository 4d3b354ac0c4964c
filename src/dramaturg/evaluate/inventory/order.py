"""In which order the options of an item are shown: shuffled, and un-shuffled when read."""

from __future__ import annotations

import random

from dramaturg.records import derive_seed


def option_order(options: int, item_id: str, draw: int, *, seed: int) -> tuple[int, ...]:
    """Positions of the options, in the order in which they are shown.

    Draws come in twos: where draw 2k shows an option, draw 2k+1 shows its opposite (the lowest for
    the highest), so that a model that always takes the first place, or any other, scores the
    midpoint over an even number of draws.

    Args:
        options: How many there are, >= 2.
        draw: Counted from 0.

    >>> one, two = (option_order(5, "i-1", draw, seed=13) for draw in (0, 1))
    >>> {low + high for low, high in zip(one, two)}
    {4}
    """
    order = list(range(options))
    random.Random(derive_seed(seed, "options", item_id, draw // 2)).shuffle(order)
    return tuple(order if draw % 2 == 0 else (options - 1 - position for position in order))
