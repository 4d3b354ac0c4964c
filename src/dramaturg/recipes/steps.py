"""The steps of a recipe that asks one model for one thing after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from dramaturg import loop
from dramaturg.errors import DramaturgError
from dramaturg.models import ChatModel, capacity

I = TypeVar("I")  # noqa: E741  (I for input, O for output)
O = TypeVar("O")  # noqa: E741


class Steps:
    """Runs a part for every item of a step, with the same model and the same seed.

    A part is called as `part(item, model, seed=seed, **settings)`.

    Attributes:
        model, seed: As given.
        cut: What ended a step early, the first such thing, or None; the steps after it end at
            their first call.
    """

    def __init__(self, model: ChatModel, seed: int) -> None:
        self.cut: DramaturgError | None = None
        self.model, self.seed = model, seed

    async def __call__(
        self,
        what: str,
        part: Callable[..., Awaitable[O]],
        items: Sequence[I],
        *,
        by: ChatModel | None = None,
        **settings: Any,
    ) -> loop.Done[O]:
        """What the part makes of each item; an item that is lost becomes a Drop.

        Args:
            what: One of what is made, for the progress line and the drops: "text", "verdict".
            by: Another model than the recipe's first.
        """
        model = by or self.model
        done = await loop.each(
            items,
            lambda item: part(item, model, seed=self.seed, **settings),
            at_once=capacity(model),
            step=what,
            kind=what,
        )
        self.cut = self.cut or done.cut
        return done
