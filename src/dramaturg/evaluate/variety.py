"""How varied the words of a set of conversations are, at equal length on every side.

Every one of these grows or falls with how much text is read, so sets are compared over equally
many tokens, utterances or characters. Sources: distinct-n, Li et al. 2016; self-BLEU, Zhu et al.
2018 ("Texygen"); compression ratio, Shaib et al. 2024 ("Standardizing the measurement of text
diversity").
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.evaluate.resample import OfSet
from dramaturg.evaluate.talk import Coder, Talk, ngram_codes

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints: TypeAlias = npt.NDArray[Any]

AT_TOKENS = 120_000
AT_BYTES = 300_000


class NGrams:
    """The n-grams of a list of conversations, ready to be counted in any part of it.

    N-grams do not cross utterances.
    """

    def __init__(self, talks: Sequence[Talk], n: int, coder: Coder) -> None:
        import numpy as np

        self.tokens = [sum(map(len, talk.words)) for talk in talks]
        codes: list[Ints] = []
        ends: list[Ints] = []
        bounds = [0]
        for talk in talks:
            before = count = 0
            for words in talk.words:
                found = ngram_codes(coder(words), n)
                codes.append(found)
                ends.append(np.arange(before + n, before + n + len(found)))
                before += len(words)
                count += len(found)
            bounds.append(bounds[-1] + count)
        flat = np.concatenate(codes) if codes else np.zeros(0, dtype=np.uint64)
        _, self._ids = np.unique(flat, return_inverse=True)
        self._ends = np.concatenate(ends) if ends else np.zeros(0, dtype=np.int64)
        self._bounds = bounds
        self._different = int(self._ids.max()) + 1 if len(self._ids) else 0

    def distinct(self, places: Sequence[int], at_tokens: int) -> float | None:
        """Different over all n-grams of the first `at_tokens` tokens of these conversations."""
        import numpy as np

        parts = []
        left = at_tokens
        for i in places:
            ids = self._ids[self._bounds[i] : self._bounds[i + 1]]
            if self.tokens[i] > left:
                ids = ids[self._ends[self._bounds[i] : self._bounds[i + 1]] <= left]
            parts.append(ids)
            left -= min(left, self.tokens[i])
            if not left:
                break
        read = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
        if not len(read):
            return None
        seen = np.zeros(self._different, dtype=bool)
        seen[read] = True
        return float(np.count_nonzero(seen) / len(read))


def distinct(talks: Sequence[Talk], n: int, at_tokens: int, coder: Coder) -> OfSet:
    """distinct-n over the first `at_tokens` tokens, and what halves of them give.

    The same value as `scorers.distinct_n`.
    """
    grams = NGrams(talks, n, coder)
    return OfSet(lambda places: grams.distinct(places, at_tokens), prefix(grams.tokens, at_tokens))


def different(talks: Sequence[Talk], at_utterances: int) -> OfSet:
    """The share of different utterances among the first `at_utterances`."""
    import numpy as np

    sizes = [len(talk.plain) for talk in talks]
    names: dict[str, int] = {}
    ids = [
        np.array([names.setdefault(text, len(names)) for text in talk.plain], dtype=np.int64)
        for talk in talks
    ]

    def share(places: Sequence[int]) -> float | None:
        read = np.concatenate([ids[i] for i in places]) if places else np.zeros(0, dtype=np.int64)
        read = read[:at_utterances]
        if not len(read):
            return None
        seen = np.zeros(len(names), dtype=bool)
        seen[read] = True
        return float(np.count_nonzero(seen) / len(read))

    return OfSet(share, prefix(sizes, at_utterances))


def compression(talks: Sequence[Talk], at_bytes: int = AT_BYTES) -> OfSet:
    """Bytes before over bytes after packing (DEFLATE, level 9), utterances a line each, no case.

    Higher is more repetitive; English prose is near 2.5 to 3.
    """
    texts = [("\n".join(talk.plain) + "\n").encode("utf-8", "replace") for talk in talks]

    def ratio(places: Sequence[int]) -> float | None:
        text = b"".join(texts[i] for i in places)[:at_bytes]
        return len(text) / len(zlib.compress(text, 9)) if text else None

    return OfSet(ratio, prefix([len(text) for text in texts], at_bytes), most=60)


def prefix(sizes: Sequence[int], total: int) -> list[int]:
    """The first places that together hold `total`, or all."""
    found = []
    left = total
    for place, size in enumerate(sizes):
        if left <= 0:
            break
        found.append(place)
        left -= size
    return found
