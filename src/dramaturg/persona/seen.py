"""What has been said already: exact repeats by words, near repeats by cosine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dramaturg.persona.replies import normalised

if TYPE_CHECKING:
    import numpy.typing as npt

_BLOCK = 4096  # rows compared at a time


class Seen:
    """A growing set of texts with unit vectors; answers which known text is nearest.

    Args:
        duplicate: Cosine above which two texts count as the same.
    """

    def __init__(self, duplicate: float) -> None:
        self.duplicate = duplicate
        self.texts: list[str] = []
        self._by_words: dict[str, int] = {}
        self._rows: npt.NDArray[Any] | None = None

    def add(self, text: str, vector: npt.NDArray[Any]) -> None:
        """Keep a text, whatever it is near to."""
        import numpy as np

        if self._rows is None:
            self._rows = np.zeros((256, len(vector)), dtype=np.float32)
        elif len(self.texts) == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._rows[len(self.texts)] = vector
        self._by_words.setdefault(normalised(text), len(self.texts))
        self.texts.append(text)

    def add_all(self, texts: Iterable[str], vectors: npt.NDArray[Any]) -> None:
        """Keep many texts, whatever they are near to."""
        for text, vector in zip(texts, vectors, strict=True):
            self.add(text, vector)

    def take(self, texts: Sequence[str], vectors: npt.NDArray[Any]) -> list[tuple[str, float]]:
        """Keep, in order, each text that is new.

        Returns:
            For each text the known text that it repeats and their cosine (1.0 where the words
            are the same), or `("", cosine of the nearest)` where it was new and is now kept.
        """
        found = []
        for text, vector in zip(texts, vectors, strict=True):
            same = self._by_words.get(normalised(text))
            at, cosine = (same, 1.0) if same is not None else self.nearest(vector)
            if at is not None and (same is not None or cosine > self.duplicate):
                found.append((self.texts[at], cosine))
            else:
                self.add(text, vector)
                found.append(("", cosine))
        return found

    def nearest(self, vector: npt.NDArray[Any]) -> tuple[int | None, float]:
        """Place of the nearest known text and their cosine; `(None, -1.0)` where none is known."""
        best, most = None, -1.0
        for start in range(0, len(self.texts), _BLOCK):
            assert self._rows is not None
            likeness = self._rows[start : min(start + _BLOCK, len(self.texts))] @ vector
            here = int(likeness.argmax())
            if float(likeness[here]) > most:
                best, most = start + here, float(likeness[here])
        return best, most
