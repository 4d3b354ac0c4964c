"""How abusive a text is: a logistic regression on hashed words and character n-grams.

A list of swear words is one feature among many, not a verdict; words for who people are (gay,
Muslim, black, single mom) were shown to the training as clean.
"""

import zlib
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.cards import card
from dramaturg.models.experts.words import tokens

BUCKETS = 1 << 16
LISTED = BUCKETS  # the column of "a word of the swear list"
WINDOW = 40  # words: a long text is as bad as its worst stretch
DATA = Path(__file__).parent / "data"
_MOST = 4_000  # words looked at


class ToxicityExpert:
    """Scores a text between 0 (clean) and 1 (abusive); English only."""

    name = "toxicity"
    version = "1"
    card = card("toxicity")

    @property
    def threshold(self) -> float:
        """The score from which a text counts as toxic."""
        return _model().threshold

    def score(self, text: str) -> float:
        """The probability that the worst stretch of 40 words is abusive; 0.0 for an empty text."""
        return max((_chance(part) for part in _stretches(text)), default=0.0)

    def why(self, text: str, most: int = 3) -> list[str]:
        """The words whose absence would lower the score most, heaviest first; may be empty."""
        parts = _stretches(text)
        if not parts:
            return []
        worst = max(parts, key=_chance)
        whole = _logit(worst)
        drops = {
            word: whole - _logit([*worst[:place], *worst[place + 1 :]])
            for place, word in enumerate(worst)
        }
        heavy = sorted((word for word in drops if drops[word] > 0.2), key=lambda w: (-drops[w], w))
        return heavy[:most]


def columns(found: list[str]) -> list[int]:
    """The feature columns of a list of words, each once: words, word pairs, character n-grams."""
    seen: set[int] = set()
    listed = swear_list()
    for word in found:
        marked = f"<{word[:30]}>"
        seen.add(_bucket("w" + word))
        if word in listed:
            seen.add(LISTED)
        for n in (3, 4, 5):
            seen.update(_bucket("c" + marked[i : i + n]) for i in range(len(marked) - n + 1))
    for one, other in pairwise(found):
        seen.add(_bucket(f"p{one} {other}"))
        if f"{one} {other}" in listed:
            seen.add(LISTED)
    return sorted(seen)


def plain_words(text: str) -> list[str]:
    """The words a text is judged by: no user names, no links, no marks."""
    return [t for t in tokens(text[:40_000]) if t[0].isalnum() and t not in _NOISE][:_MOST]


_NOISE = frozenset({"user", "url", "rt", "amp", "http", "https"})


def _stretches(text: str) -> list[list[str]]:
    found = plain_words(text)
    if len(found) <= WINDOW:
        return [found] if found else []
    return [found[i : i + WINDOW] for i in range(0, len(found) - WINDOW // 2, WINDOW // 2)]


@lru_cache(maxsize=200_000)
def _bucket(feature: str) -> int:
    return zlib.crc32(feature.encode()) % BUCKETS


def _logit(found: list[str]) -> float:
    model = _model()
    chosen = columns(found)
    return float(model.weights[chosen].sum() / np.sqrt(max(len(chosen), 1))) + model.bias


def _chance(found: list[str]) -> float:
    return float(1.0 / (1.0 + np.exp(-_logit(found))))


@lru_cache(maxsize=1)
def swear_list() -> frozenset[str]:
    """The LDNOOBW words (CC BY 4.0)."""
    text = (DATA / "ldnoobw-en.txt").read_text(encoding="utf-8")
    return frozenset(line.strip().lower() for line in text.splitlines() if line.strip())


class _Model:
    def __init__(self, weights: NDArray[np.float64], bias: float, threshold: float) -> None:
        self.weights = weights
        self.bias = bias
        self.threshold = threshold


@lru_cache(maxsize=1)
def _model() -> _Model:
    with np.load(DATA / "toxicity.npz") as stored:
        weights = stored["weights"].astype(np.float64) * float(stored["scale"])
        return _Model(weights, float(stored["bias"]), float(stored["threshold"]))
