# ruff: noqa: SIM905  # word lists read best as words
"""What the ranker sees of a candidate: one row of numbers for each candidate of one question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.models.experts.words import stem, words

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]

NAMES = (
    *("cosine: last turn", "cosine: own turn before", "cosine: best own fact"),
    *("cosine: best fact of the other", "cosine: best earlier turn", "cosine: best of own turns"),
    *("words: last turn", "words: own facts", "words: facts of the other", "words: earlier turns"),
    *("best own fact covered", "best fact of the other covered", "own fact, said before"),
    *("said before by self", "said before by the other"),
    *("length", "length squared", "length after a question", "length like the turns before"),
    *("asks", "asks after a question", "asks at the start", "asks as the last turn did"),
    *("yes or no after such a question", "yes or no else", "answers about oneself"),
    *("greets at the start", "greets later", "parts at the start", "parts later"),
    *("thanks after praise", "you", "I"),
)
_GREETS = frozenset("hi hello hey greetings howdy".split())
_PARTS = frozenset("bye goodbye goodnight later meeting talking chatting".split())
_YES_NO = frozenset("yes no yeah yep nope nah sure definitely absolutely".split())
_ASKS = frozenset("what where who when why which how whose".split())
_PRAISE = frozenset("great cool awesome nice amazing wonderful love interesting fun good".split())
_START = 3  # turns that greet


@dataclass(frozen=True)
class Question:
    """What is known when a turn is to be found.

    Attributes:
        own: Facts of who speaks next.
        other: Facts of the partner.
        history: `(speaker, text)` so far, oldest first; may be empty.
        speaker: Who speaks next.
    """

    own: tuple[str, ...]
    other: tuple[str, ...]
    history: tuple[tuple[int, str], ...]
    speaker: int


@dataclass(frozen=True, eq=False)
class Seen:
    """One text, looked at once."""

    plain: tuple[str, ...]
    stems: frozenset[str]
    weight: float  # length of the vector of its stems' rarities
    total: float  # their sum
    vector: Vectors
    asks: bool


class Looker:
    """Makes the rows; remembers the texts that it has seen."""

    def __init__(self, embedder: StaticEmbedder) -> None:
        self._embedder = embedder
        self.look = lru_cache(maxsize=100_000)(self._see)

    def rows(self, asked: Question, candidates: Sequence[str]) -> Floats:
        """Shape `(len(candidates), len(NAMES))`."""
        known = _Known(asked, self)
        return np.array([known.row(self.look(text)) for text in candidates]).reshape(
            len(candidates), len(NAMES)
        )

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of some texts, shape `(len(texts), dim)`."""
        nothing = np.zeros((0, self._embedder.dim), dtype=np.float32)
        return np.stack([self.look(text).vector for text in texts]) if texts else nothing

    def query(self, asked: Question) -> Vectors:
        """The four vectors that a candidate is set against, one after the other.

        The last turn, the speaker's own turn before it, the mean of the own facts and of the
        partner's; zeros where there is none. Shape `(4 * dim,)`.
        """
        nothing = np.zeros(self._embedder.dim, dtype=np.float32)
        last = self.look(asked.history[-1][1]).vector if asked.history else nothing
        before = self.look(asked.history[-2][1]).vector if len(asked.history) > 1 else nothing
        facts = [
            np.stack([self.look(text).vector for text in side]).mean(axis=0) if side else nothing
            for side in (asked.own, asked.other)
        ]
        return np.concatenate([last, before, *facts])

    def _see(self, text: str) -> Seen:
        plain = tuple(words(text))
        stems = frozenset(stem(word) for word in plain)
        rare = [self.rarity(s) for s in sorted(stems)]
        weight = math.sqrt(sum(r * r for r in rare)) or 1.0
        return Seen(
            plain, stems, weight, sum(rare) or 1.0, self._embedder.embed([text])[0], "?" in text
        )

    def rarity(self, stemmed: str) -> float:
        """About the idf of a stem: the words of the vectors are in the order of frequency."""
        return self._rarities.get(stemmed, self._rarest)

    @cached_property
    def _rarities(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for place, word in enumerate(self._embedder.vocabulary):
            found.setdefault(stem(word), math.log(1 + place / 5))
        return found

    @cached_property
    def _rarest(self) -> float:
        return max(self._rarities.values())


class _Known:
    """One question, looked at once for all its candidates."""

    def __init__(self, asked: Question, looker: Looker) -> None:
        self._looker = looker
        self.own = [looker.look(text) for text in asked.own]
        self.other = [looker.look(text) for text in asked.other]
        turns = [(who == asked.speaker, looker.look(text)) for who, text in asked.history]
        self.mine = [seen for own, seen in turns if own]
        self.theirs = [seen for own, seen in turns if not own]
        self.last = turns[-1][1] if turns else looker.look("")
        self.before = turns[-2][1] if len(turns) > 1 else looker.look("")
        self.earlier = [seen for _, seen in turns[:-1]]
        self.start = len(turns) < _START
        said = _union(self.mine)
        self.sides = (_union(self.own), _union(self.other), _union(self.earlier))
        self.facts, self.facts_other = _stack(self.own), _stack(self.other)
        self.said, self.said_mine = _stack(self.earlier), _stack(self.mine)
        self.told = [self._covered(fact, said) > 0.6 for fact in self.own]
        self.usual = float(np.mean([len(s.plain) for _, s in turns])) if turns else 8.0

    def row(self, text: Seen) -> list[float]:
        covered = [self._covered(fact, text.stems) for fact in self.own]
        best = max(covered, default=0.0)
        told = max((c for c, t in zip(covered, self.told, strict=True) if t), default=0.0)
        length = math.log(1 + len(text.plain))
        after = 1.0 if self.last.asks else 0.0
        asks = 1.0 if text.asks else 0.0
        first = text.plain[0] if text.plain else ""
        asked_what = bool(set(self.last.plain) & _ASKS)
        yes = 1.0 if first in _YES_NO else 0.0
        yes_no = after if not asked_what else 0.0
        greets = 1.0 if first in _GREETS else 0.0
        parts = 1.0 if _PARTS & set(text.plain) else 0.0
        opening = 1.0 if self.start else 0.0
        return [
            float(text.vector @ self.last.vector) if self.last.plain else 0.0,
            float(text.vector @ self.before.vector) if self.before.plain else 0.0,
            _nearest(text, self.facts),
            _nearest(text, self.facts_other),
            _nearest(text, self.said),
            _nearest(text, self.said_mine),
            self._shared(text, self.last.stems),
            *(self._shared(text, side) for side in self.sides),
            best,
            max((self._covered(fact, text.stems) for fact in self.other), default=0.0),
            told,
            1.0 if any(seen.plain == text.plain for seen in self.mine) else 0.0,
            1.0 if any(seen.plain == text.plain for seen in self.theirs) else 0.0,
            length,
            length * length,
            length * after,
            -abs(length - math.log(1 + self.usual)),
            asks,
            asks * after,
            asks * opening,
            asks if self.before.asks else 0.0,
            yes * yes_no,
            yes * (1 - yes_no),
            after if {"i", "my"} & set(text.plain[:3]) else 0.0,
            greets * opening,
            greets * (1 - opening),
            parts * opening,
            parts * (1 - opening),
            1.0 if {"thanks", "thank"} & set(text.plain) and _PRAISE & self.last.stems else 0.0,
            1.0 if "you" in text.plain else 0.0,
            1.0 if "i" in text.plain else 0.0,
        ]

    def _shared(self, text: Seen, stems: frozenset[str]) -> float:
        """Rarities of the shared stems over the length of the candidate's."""
        found = sorted(text.stems & stems)
        return sum(self._looker.rarity(s) for s in found) / text.weight

    def _covered(self, fact: Seen, stems: frozenset[str]) -> float:
        """The share of a fact's rarity that some stems hold."""
        return sum(self._looker.rarity(s) for s in sorted(fact.stems & stems)) / fact.total


def _union(texts: Sequence[Seen]) -> frozenset[str]:
    return frozenset(stem for text in texts for stem in text.stems)


def _stack(texts: Sequence[Seen]) -> Vectors | None:
    return np.stack([text.vector for text in texts]) if texts else None


def _nearest(text: Seen, vectors: Vectors | None) -> float:
    return 0.0 if vectors is None else float((vectors @ text.vector).max())
