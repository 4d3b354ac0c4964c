"""The sentence vectors of a sample of conversations: turns, facts, and whole talks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.records import Conversation

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

_BATCH = 2_048


@dataclass(frozen=True, eq=False)
class Vectors:
    """Vectors of some conversations.

    Attributes:
        ref: Which embedder made them.
        turns: For each conversation, shape `(turns, dim)`.
        facts: For each conversation and speaker, shape `(facts, dim)`.
    """

    ref: str
    talks: Sequence[Conversation]
    turns: Sequence[Floats]
    facts: Sequence[list[Floats]]

    @cached_property
    def whole(self) -> Floats:
        """One row a conversation, shape `(n, dim)`: the mean of its turns, of unit length."""
        import numpy as np

        if not len(self.turns):
            return np.zeros((0, 1))
        means = np.stack([part.mean(axis=0) for part in self.turns]).astype(np.float64)
        length = np.sqrt((means**2).sum(axis=1, keepdims=True))
        return np.asarray(means / np.maximum(length, 1e-9))


class Rows:
    """The turns' vectors of chosen conversations, one below the other, float64.

    Made anew each time: a matrix kept for each conversation would be larger than the vectors.
    """

    def __init__(self, turns: Sequence[Floats]) -> None:
        import numpy as np

        self.sizes = [len(part) for part in turns]
        self._owner = np.repeat(np.arange(len(turns)), self.sizes)
        self._rows = np.concatenate(turns) if len(turns) else np.zeros((0, 1), dtype=np.float32)

    def __call__(self, places: Sequence[int]) -> Floats:
        import numpy as np

        wanted = np.zeros(len(self.sizes), dtype=bool)
        wanted[list(places)] = True
        return np.asarray(self._rows[wanted[self._owner]].astype(np.float64))


async def vectors_of(
    talks: Sequence[Conversation],
    embed: Callable[[Sequence[str]], Awaitable[Floats]],
    ref: str,
) -> Vectors:
    """Embed every different text of these conversations once."""
    import numpy as np

    texts = dict.fromkeys(turn.text for talk in talks for turn in talk.turns)
    texts.update(dict.fromkeys(f for talk in talks for s in talk.speakers for f in s.persona))
    every = list(texts)
    parts = [await embed(every[i : i + _BATCH]) for i in range(0, len(every), _BATCH)]
    table = np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32)
    row = {text: i for i, text in enumerate(every)}

    def rows(wanted: Sequence[str]) -> Floats:
        return np.asarray(table[[row[text] for text in wanted]]).reshape(-1, table.shape[1])

    return Vectors(
        ref=ref,
        talks=talks,
        turns=[rows([turn.text for turn in talk.turns]) for talk in talks],
        facts=[[rows(speaker.persona) for speaker in talk.speakers] for talk in talks],
    )
