"""Which facts say the same, by the embedded sentence vectors: for splits by paraphrase."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

_BLOCK = 2_048  # rows compared at once


def by_vectors(near: float) -> Callable[[Sequence[str]], Iterable[tuple[int, int]]]:
    """A test for `dataset.apart_by_paraphrase`: facts whose vectors lie closer than `near`.

    The vectors know words, not their order or denial: at 0.95 "I work as a school teacher" meets
    "I work at a school as a kindergarten teacher", and "My favorite color is red" meets "... blue".
    Facts that are joined too often cost a split nothing but its size. Facts with the same words
    are always joined. Takes time with the square of the number of facts: about ten seconds for
    20,000 on one core.

    Args:
        near: Cosine, in (0, 1].
    """

    def same(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
        import numpy as np

        from dramaturg.dataset.facts import repeats
        from dramaturg.models.experts import StaticEmbedder

        yield from ((n, first) for n, (first, _) in repeats(texts).items())
        if not texts:
            return
        vectors = np.asarray(StaticEmbedder().embed(list(texts)), dtype=np.float32)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        for start in range(0, len(vectors), _BLOCK):
            close = vectors[start : start + _BLOCK] @ vectors[start:].T >= near
            for row, column in np.argwhere(close).tolist():
                if column > row:
                    yield start + row, start + column

    return same
