"""Does an utterance entail, contradict or leave open a fact about its speaker?

Named clashes (`clashes.py`) and word overlap are the features of a small logistic regression.
Tuned for the precision of "contradict": a wrong alarm throws a good conversation away.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.cards import card
from dramaturg.models.experts.clashes import SOFT, Clash, clashes
from dramaturg.models.experts.clauses import Sentence, parse
from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.models.experts.features import NAMES, features
from dramaturg.models.experts.negate import negate
from dramaturg.models.experts.traits import topics

__all__ = ["Judgement", "PersonaNLI", "negate"]

Label = Literal["entail", "contradict", "neutral"]
LABELS: tuple[Label, Label, Label] = ("entail", "contradict", "neutral")
DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an utterance says about a fact; the three probabilities sum to 1."""

    label: Label
    p_entail: float
    p_contradict: float
    p_neutral: float
    why: str


class PersonaNLI:
    """Judges an utterance (premise) against a persona fact (hypothesis), both of one speaker.

    English only: in another script nothing is understood and every answer is "neutral".
    """

    name = "persona-nli"
    version = "1"
    card = card("nli")

    def __init__(self, embedder: StaticEmbedder | None = None) -> None:
        self._embedder = embedder or StaticEmbedder()
        self._vectors: dict[str, NDArray[np.float32]] = {}

    @property
    def threshold(self) -> float:
        """`p_contradict` from which the label is "contradict"."""
        return _model().contradict

    def judge(self, premise: str, hypothesis: str) -> Judgement:
        """One utterance against one fact; see `judge_many`."""
        return self.judge_many([(premise, hypothesis)])[0]

    def judge_many(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """The judgement of each `(premise, hypothesis)`, in order.

        Pairs that share no topic word, class or value are neutral without a closer look, and so
        is a premise that only asks. A pair's judgement does not depend on the rest of the batch.
        """
        results: list[Judgement] = [_OPEN] * len(pairs)
        rows: list[list[float]] = []
        kept: list[tuple[int, list[Clash]]] = []
        for place, (premise, hypothesis) in enumerate(pairs):
            said, fact = parse(premise), parse(hypothesis)
            if not related(said, fact):
                continue
            found = clashes(said, fact)
            rows.append(features(said, fact, found, self._cosine(premise, hypothesis)))
            kept.append((place, found))
        if rows:
            chances = _model().probabilities(np.array(rows))
            for (place, found), row in zip(kept, chances, strict=True):
                results[place] = _judgement(row, found)
        return results

    def _cosine(self, left: str, right: str) -> float:
        return float(np.sum(self._vector(left) * self._vector(right)))

    def _vector(self, text: str) -> NDArray[np.float32]:
        vector = self._vectors.get(text)
        if vector is None:
            if len(self._vectors) >= 20_000:
                self._vectors.clear()
            vector = self._vectors[text] = self._embedder.embed([text[:600]])[0]
        return vector


def related(said: Sentence, fact: Sentence) -> bool:
    """Whether two texts have a topic word, word class or slot in common."""
    if not said.clauses:
        return False
    return not said.keys.isdisjoint(fact.keys) or not topics(said).isdisjoint(topics(fact))


def _judgement(chances: NDArray[np.float64], found: list[Clash]) -> Judgement:
    model = _model()
    entail, contradict, neutral = (round(float(p), 6) for p in chances)
    why = "; ".join(f"{clash.kind}: {clash.why}" for clash in found[:3])
    label: Label = "neutral"
    if contradict >= model.contradict and any(clash.kind not in SOFT for clash in found):
        label = "contradict"
    elif entail >= model.entail and entail > contradict:
        label, why = "entail", why or "says the same words, denies none"
    if label == "neutral" and contradict > neutral:
        # Without a clash that can be named, the pull to "contradict" is doubt, not denial.
        contradict, neutral = neutral, contradict
    return Judgement(label, entail, contradict, neutral, why or "shares a topic, claims neither")


_OPEN = Judgement("neutral", 0.06, 0.04, 0.9, "shares no topic with the fact")


@dataclass(frozen=True)
class _Model:
    weights: NDArray[np.float64]  # (features, 3)
    bias: NDArray[np.float64]
    contradict: float
    entail: float

    def probabilities(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Softmax, shape `(n, 3)`; summed in a fixed order so that a batch changes nothing."""
        scores = np.tile(self.bias, (len(rows), 1))
        for column in range(rows.shape[1]):
            scores += rows[:, column : column + 1] * self.weights[column]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))


@lru_cache(maxsize=1)
def _model() -> _Model:
    stored = json.loads((DATA / "nli.json").read_text(encoding="utf-8"))
    return _Model(
        np.array([stored["weights"][name] for name in NAMES]),
        np.array(stored["bias"]),
        stored["contradict"],
        stored["entail"],
    )
