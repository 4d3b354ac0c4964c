"""Search by words: BM25 over content words, without an index on disk.

Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond".
Differs: words are stemmed and words without a topic are left out, so that a greeting finds nothing.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dramaturg.models.experts.words import content

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

K1, B = 1.2, 0.75


class Bm25:
    """Texts that can be searched.

    Args:
        texts: In any language that parts words by spaces; kept in this order.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        bags = [Counter(content(text)) for text in texts]
        lengths = [sum(bag.values()) for bag in bags]
        mean = sum(lengths) / len(lengths) if any(lengths) else 1.0
        self.size = len(texts)
        self._weights: dict[str, list[tuple[int, float]]] = defaultdict(list)
        found: Counter[str] = Counter(word for bag in bags for word in bag)
        for row, (bag, length) in enumerate(zip(bags, lengths, strict=True)):
            for word, times in bag.items():
                idf = math.log(1 + (self.size - found[word] + 0.5) / (found[word] + 0.5))
                soft = times + K1 * (1 - B + B * length / mean)
                self._weights[word].append((row, idf * times * (K1 + 1) / soft))

    def scores(self, query: str) -> npt.NDArray[np.float64]:
        """How well each text fits, >= 0, shape `(size,)`; 0 where it shares no content word."""
        import numpy as np

        found = np.zeros(self.size)
        for word in sorted(set(content(query))):
            for row, weight in self._weights.get(word, ()):
                found[row] += weight
        return found
