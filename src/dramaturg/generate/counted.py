"""The smallest expert there is: which token follows which two, counted in some texts.

It needs no training run and no library, and its vocabulary is that of the model it is to pull. Use
two of them, an expert and an anti-expert of the same size, so that what both have never seen pulls
nowhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dramaturg.errors import UserError

if TYPE_CHECKING:
    import numpy.typing as npt

_SHARES = (0.5, 0.3, 0.15, 0.05)  # after two tokens, after one, anywhere, any token at all


class Counted:
    """Next-token odds by counting; interpolated, so that no token is ruled out.

    Attributes:
        ref, vocabulary: See `generate.NextToken`.
    """

    def __init__(
        self, ref: str, vocabulary: Sequence[str], texts: Iterable[Sequence[int]], *, end: int
    ) -> None:
        import numpy as np

        self.ref, self.vocabulary = ref, vocabulary
        self._after: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for text in texts:
            ids = [*text, end]
            for at, token in enumerate(ids):
                for size in (0, 1, 2):
                    if size <= at:
                        self._after[tuple(ids[at - size : at])][token] += 1
        if not self._after:
            raise UserError(f"{ref} has no text to count in", fix="give at least one")
        self._anywhere = np.full(len(vocabulary), _SHARES[3] / len(vocabulary))
        self._add(self._anywhere, (), _SHARES[2])

    def text(self, ids: Iterable[int]) -> str:
        """The tokens' texts joined."""
        return "".join(self.vocabulary[i] for i in ids)

    def logits(self, ids: Sequence[int]) -> npt.NDArray[Any]:
        """Natural logarithms of the odds after these ids, shape `(len(vocabulary),)`."""
        import numpy as np

        odds = self._anywhere.copy()
        self._add(odds, tuple(ids[-1:]) or (-1,), _SHARES[1])
        self._add(odds, tuple(ids[-2:]), _SHARES[0])
        found: npt.NDArray[Any] = np.log(odds / odds.sum())
        return found

    def _add(self, odds: npt.NDArray[Any], context: tuple[int, ...], share: float) -> None:
        count = self._after.get(context)
        if count:
            odds[list(count)] += share * _np_array(count.values()) / count.total()


def _np_array(values: Iterable[int]) -> npt.NDArray[Any]:
    import numpy as np

    return np.fromiter(values, dtype=np.float64)
