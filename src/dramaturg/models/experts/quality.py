# ruff: noqa: SIM905  # word lists read best as words
"""Five qualities of a conversation, each a plain formula over its turns, and a comparison.

Written down before FED was looked at, with two exceptions: turns under three words hurt (FED's
own reference table says so), and coherency uses shared topic words where a first version used
the cosine of neighbours, which put FED's pairs in order no better than chance. The formulas see
words, not sense.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.cards import card
from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.models.experts.nli import PersonaNLI
from dramaturg.models.experts.words import content, words

Turns = Sequence[tuple[int, str]]

QUALITIES = ("depth", "coherency", "consistency", "diversity", "likable")
TIE = 0.005  # nearer than this: no winner
_WARM = frozenset(
    """thanks thank love great awesome glad happy nice wonderful fun cool amazing sounds welcome
    sweet enjoy good beautiful wow congratulations haha excited lovely best favorite""".split()
)
_AGREE = frozenset(
    "yes yeah yep true agree right exactly definitely totally absolutely same".split()
)
_SOUR = frozenset(
    """stupid shut boring hate whatever annoying idiot dumb wrong rude ugly terrible horrible
    worst""".split()
)


_SHOWN = 5  # contradictions told
_Pair: TypeAlias = tuple[int, int]


class Rated(NamedTuple):
    """A quality, what made it in words, and the turns that count against it."""

    value: float
    reasons: tuple[str, ...]
    turns: tuple[int, ...]


class _Part(NamedTuple):
    """A feature in words, the points it gives or takes, and the most it could."""

    words: str
    points: float
    most: float


class QualityExpert:
    """Scores a conversation on five qualities, each in 0..1, higher is better."""

    name = "quality"
    version = "1"
    card = card("quality")

    def __init__(
        self, embedder: StaticEmbedder | None = None, nli: PersonaNLI | None = None
    ) -> None:
        self._embedder = embedder or StaticEmbedder()
        self._nli = nli or PersonaNLI(self._embedder)

    def qualities(self, turns: Turns) -> dict[str, float]:
        """All five, by name.

        Args:
            turns: `(speaker, text)` in order; any two numbers for the speakers.

        Returns:
            `depth`, `coherency`, `consistency`, `diversity`, `likable`, each 0..1. A conversation
            without a word has 0 in all five.
        """
        spoken = [(who, text) for who, text in turns if words(text)]
        if not spoken:
            return dict.fromkeys(QUALITIES, 0.0)
        return {policy: self._formulas[policy](spoken) for policy in QUALITIES}

    def compare(self, policy: str, a: Turns, b: Turns) -> tuple[Literal[0, 1] | None, str]:
        """Which of two conversations is better under one policy, and why.

        Antisymmetric: with `a` and `b` exchanged the other number comes back.

        Args:
            policy: One of `QUALITIES`.

        Returns:
            0 for `a`, 1 for `b`, None when they are nearer than 0.005; and the two scores in words.

        Raises:
            KeyError: If there is no such policy.
        """
        formula = self._formulas[policy]
        scores = []
        for turns in (a, b):
            spoken = [(who, text) for who, text in turns if words(text)]
            scores.append(formula(spoken) if spoken else 0.0)
        reason = f"{policy} {scores[0]:.3f} against {scores[1]:.3f} ({_MEASURE[policy]})"
        if abs(scores[0] - scores[1]) < TIE:
            return None, reason
        return (1 if scores[1] > scores[0] else 0), reason

    @property
    def _formulas(self) -> dict[str, Callable[[Turns], float]]:
        return {
            "depth": self.depth,
            "coherency": self.coherency,
            "consistency": self.consistency,
            "diversity": self.diversity,
            "likable": self.likable,
        }

    def rated(self, turns: Turns) -> dict[str, Rated]:
        """All five with what made them, by name: see `qualities` for the arguments.

        Returns:
            The value; each feature in words with its points and the most it can give or take, what
            cost most first; and the turns (by their place in `turns`) that contradict one another.
        """
        places = [i for i, (_, text) in enumerate(turns) if words(text)]
        if not places:
            return dict.fromkeys(QUALITIES, Rated(0.0, ("nobody says a word",), ()))
        spoken = [turns[i] for i in places]
        found = {}
        for policy in QUALITIES:
            base, parts, clashes = self._parts(policy, spoken)
            dear = sorted(parts, key=lambda part: part.points - max(part.most, 0.0))
            found[policy] = Rated(
                min(max(_total(base, parts), 0.0), 1.0),
                (
                    *(
                        f"turn {places[later]} contradicts turn {places[earlier]}"
                        for earlier, later in clashes[:_SHOWN]
                    ),
                    *(f"{p.words}: {p.points:+.2f} of {p.most:+.2f}" for p in dear),
                ),
                tuple(dict.fromkeys(places[i] for pair in clashes[:_SHOWN] for i in pair)),
            )
        return found

    def _parts(self, policy: str, turns: Turns) -> tuple[float, list[_Part], list[_Pair]]:
        """What a value is added up from, and for consistency the turns that clash."""
        if policy == "consistency":
            parts, clashes = self._consistency(turns)
            return 1.0, parts, clashes
        made = {
            "depth": self._depth,
            "coherency": self._coherency,
            "diversity": self._diversity,
            "likable": self._likable,
        }
        return 0.0, made[policy](turns), []

    def depth(self, turns: Turns) -> float:
        """0.4 topic words per turn (10 count as full) + 0.3 words of the less talkative speaker
        per turn (15 are full) + 0.3 share of turns that take up a topic word of the turn before.
        """
        return _total(0.0, self._depth(turns))

    def _depth(self, turns: Turns) -> list[_Part]:
        topics = [set(content(text)) for _, text in turns]
        many = float(np.mean([len(t) for t in topics]))
        speakers = sorted({who for who, _ in turns})
        each = [
            float(np.mean([len(words(t)) for who, t in turns if who == one])) for one in speakers
        ]
        pairs = list(pairwise(topics))
        follow = float(np.mean([bool(a & b) for a, b in pairs])) if pairs else 0.0
        return [
            _Part(f"{many:.1f} topic words a turn (10 are full)", 0.4 * min(many / 10, 1.0), 0.4),
            _Part(
                f"{min(each):.1f} words a turn by who says least (15 are full)",
                0.3 * min(min(each) / 15, 1.0),
                0.3,
            ),
            _Part(
                f"{follow:.0%} of turns take up a topic word of the turn before", 0.3 * follow, 0.3
            ),
        ]

    def coherency(self, turns: Turns) -> float:
        """0.5 share of turns of three words or more + 0.3 take-up + 0.2 answers.

        Take-up: share of turns with a topic word of one of the two turns before. Answers: share of
        questions to the partner whose next turn is related (cosine above 0.1) or says at least
        three words.
        """
        return _total(0.0, self._coherency(turns))

    def _coherency(self, turns: Turns) -> list[_Part]:
        full = float(np.mean([len(words(text)) >= 3 for _, text in turns]))
        topics = [set(content(text)) for _, text in turns]
        kept = [
            bool(topics[i] & set().union(*topics[max(0, i - 2) : i])) for i in range(len(turns))
        ]
        near = float(np.mean(kept[1:])) if len(turns) > 1 else 0.0
        vectors = self._embedder.embed([text for _, text in turns])
        answers = [
            len(words(turns[i + 1][1])) >= 3 or _dot(vectors[i], vectors[i + 1]) > 0.1
            for i in range(len(turns) - 1)
            if "?" in turns[i][1] and turns[i][0] != turns[i + 1][0]
        ]
        answered = float(np.mean(answers)) if answers else 0.5
        asked = f"{sum(answers)} of {len(answers)} questions are answered"
        return [
            _Part(f"{full:.0%} of turns have three words or more", 0.5 * full, 0.5),
            _Part(f"{near:.0%} of turns take up a topic of the two before", 0.3 * near, 0.3),
            _Part(asked if answers else "nobody asks", 0.2 * answered, 0.2),
        ]

    def consistency(self, turns: Turns) -> float:
        """1 minus 0.5 for each self-contradiction (at most one counts) minus 0.3 times the share
        of a speaker's turns that say again what they said before, minus 0.2 times the share of
        turns under three words.
        """
        return _total(1.0, self._consistency(turns)[0])

    def _consistency(self, turns: Turns) -> tuple[list[_Part], list[_Pair]]:
        clashes: list[_Pair] = []
        again = 0
        for speaker in sorted({who for who, _ in turns}):
            mine = [i for i, (who, _) in enumerate(turns) if who == speaker][:60]
            places = [(i, j) for n, i in enumerate(mine) for j in mine[n + 1 :]]
            judged = self._nli.judge_many([(turns[j][1], turns[i][1]) for i, j in places])
            clashes += [
                at for at, one in zip(places, judged, strict=True) if one.label == "contradict"
            ]
            plain = [" ".join(words(turns[i][1])) for i in mine]
            again += len(plain) - len(set(plain))
        short = float(np.mean([len(words(text)) < 3 for _, text in turns]))
        parts = [
            _Part(
                f"{len(clashes)} pairs of turns of one speaker contradict each other",
                -0.5 * min(len(clashes), 1),
                -0.5,
            ),
            _Part(
                f"{again} turns say again what their speaker said", -0.3 * again / len(turns), -0.3
            ),
            _Part(f"{short:.0%} of turns have under three words", -0.2 * short, -0.2),
        ]
        return parts, clashes

    def diversity(self, turns: Turns) -> float:
        """0.4 distinct word pairs in the first 100 words + 0.2 share of different turns + 0.4
        different topic words, log2(1 + n) / 8, at most 1.
        """
        return _total(0.0, self._diversity(turns))

    def _diversity(self, turns: Turns) -> list[_Part]:
        stream = [word for _, text in turns for word in words(text)][:100]
        pairs = list(pairwise(stream))
        distinct = len(set(pairs)) / len(pairs) if pairs else 0.0
        plain = [" ".join(words(text)) for _, text in turns]
        topics = {stem for _, text in turns for stem in content(text)}
        wide = min(math.log2(1 + len(topics)) / 8, 1.0)
        return [
            _Part(f"{distinct:.0%} of the first word pairs are different", 0.4 * distinct, 0.4),
            _Part(
                f"{len(set(plain))} of {len(plain)} turns are different",
                0.2 * len(set(plain)) / len(plain),
                0.2,
            ),
            _Part(f"{len(topics)} different topic words (255 are full)", 0.4 * wide, 0.4),
        ]

    def likable(self, turns: Turns) -> float:
        """0.25 share of turns that ask (a third is full) + 0.25 share of warm or agreeing turns
        (half is full) + 0.25 interest in what the partner said (as `depth`'s take-up) + 0.25 share
        of turns of three words or more, minus 0.5 times the share of sour turns; 0..1.
        """
        return min(max(_total(0.0, self._likable(turns)), 0.0), 1.0)

    def _likable(self, turns: Turns) -> list[_Part]:
        found = [set(words(text)) for _, text in turns]
        asks = float(np.mean(["?" in text for _, text in turns]))
        warm = float(np.mean([bool(w & (_WARM | _AGREE)) for w in found]))
        sour = float(np.mean([bool(w & _SOUR) for w in found]))
        full = float(np.mean([len(words(text)) >= 3 for _, text in turns]))
        topics = [set(content(text)) for _, text in turns]
        pairs = [
            bool(topics[i] & topics[i + 1])
            for i in range(len(turns) - 1)
            if turns[i][0] != turns[i + 1][0]
        ]
        interest = float(np.mean(pairs)) if pairs else 0.0
        return [
            _Part(f"{asks:.0%} of turns ask (a third is full)", 0.25 * min(3 * asks, 1.0), 0.25),
            _Part(
                f"{warm:.0%} of turns are warm or agree (half is full)",
                0.25 * min(2 * warm, 1.0),
                0.25,
            ),
            _Part(
                f"{interest:.0%} of replies take up a topic of the partner", 0.25 * interest, 0.25
            ),
            _Part(f"{full:.0%} of turns have three words or more", 0.25 * full, 0.25),
            _Part(f"{sour:.0%} of turns have a sour word", -0.5 * sour, -0.5),
        ]


_MEASURE = {
    "depth": "topic words a turn, both sides talking, topics taken up",
    "coherency": "full turns, topics kept up, answered questions",
    "consistency": "no self-contradiction, no repetition",
    "diversity": "different word pairs, turns and topics",
    "likable": "questions, warm words, interest in the partner",
}


def _total(base: float, parts: Sequence[_Part]) -> float:
    for part in parts:  # one by one: `sum` would round differently from version to version
        base += part.points
    return base


def _dot(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.sum(a * b))
