"""The larger inference expert: a small network reads what the rules of `nli.py` cannot.

Pairs that share neither a word, a class nor a meaning are neutral without a look. The others are
judged by the rules and by the network. The network says "contradict" from its threshold on; where
the rules name a clash, a lower chance of the network confirms it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from dramaturg.models.experts.cards import card
from dramaturg.models.experts.clauses import parse
from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.models.experts.network import PairEncoder
from dramaturg.models.experts.nli import Judgement, Label, PersonaNLI, related

DATA = Path(__file__).parent / "data"
_CACHED = 50_000  # pairs; a judge asks for the same pair again and again
_LONGEST = 1_000  # letters that are read of one text


class NetworkNLI:
    """Judges an utterance (premise) against a persona fact (hypothesis), both of one speaker.

    English only, as the encoder is. About a hundred related pairs a second on one core; unrelated
    pairs cost what they cost with `PersonaNLI`.
    """

    name = "persona-nli-network"
    version = "1"
    card = card("nli-network")

    def __init__(
        self,
        embedder: StaticEmbedder | None = None,
        rules: PersonaNLI | None = None,
        network: PairEncoder | None = None,
        limits: Mapping[str, float] | None = None,
    ) -> None:
        self._embedder = embedder or StaticEmbedder()
        self._rules = rules or PersonaNLI(self._embedder)
        self._network = network or _shipped()
        self._given = limits
        self._seen: dict[tuple[str, str], Judgement] = {}

    @property
    def _limits(self) -> Mapping[str, float]:
        return self._given if self._given is not None else shipped_limits()

    @property
    def threshold(self) -> float:
        """`p_contradict` of the network from which the label is "contradict"."""
        return self._limits["contradict"]

    def judge(self, premise: str, hypothesis: str) -> Judgement:
        """One utterance against one fact; see `judge_many`."""
        return self.judge_many([(premise, hypothesis)])[0]

    def judge_many(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """The judgement of each `(premise, hypothesis)`, in order.

        A pair's judgement does not depend on the rest of the batch.
        """
        results: list[Judgement | None] = [self._seen.get(pair) for pair in pairs]
        new = [place for place, known in enumerate(results) if known is None]
        ruled = self._rules.judge_many([pairs[place] for place in new])
        for place, by_rule in zip(new, ruled, strict=True):
            results[place] = found = self._one(*pairs[place], by_rule)
            if len(self._seen) >= _CACHED:
                self._seen.clear()
            self._seen[pairs[place]] = found
        return [found for found in results if found is not None]

    def looks(self, premise: str, hypothesis: str) -> bool:
        """Whether the network is asked about this pair at all."""
        said, fact = parse(premise), parse(hypothesis)
        if not said.clauses:  # it only asks
            return False
        near = self._limits["near"]
        return related(said, fact) or self._embedder.similarity(premise, hypothesis) >= near

    def _one(self, premise: str, hypothesis: str, by_rule: Judgement) -> Judgement:
        premise, hypothesis = premise[:_LONGEST], hypothesis[:_LONGEST]
        if not self.looks(premise, hypothesis):
            return by_rule
        entail, contradict, neutral = (
            round(chance, 4) for chance in self._network.chances(premise, hypothesis)
        )
        label: Label = "neutral"
        if by_rule.label == "contradict" and contradict >= self._limits["confirmed"]:
            return Judgement("contradict", entail, contradict, neutral, by_rule.why)
        if contradict >= self.threshold:
            label = "contradict"
        elif entail >= self._limits["entail"] and entail > contradict:
            label = "entail"
        why = f"the network reads {label} ({max(entail, contradict, neutral):.2f})"
        if label == "neutral" and contradict > max(entail, neutral):
            why = f"the network leans to contradict ({contradict:.2f}), below its threshold"
        return Judgement(label, entail, contradict, neutral, why)


@lru_cache(maxsize=1)
def _shipped() -> PairEncoder:
    return PairEncoder(DATA / "nli-network.npz")


@lru_cache(maxsize=1)
def shipped_limits() -> dict[str, float]:
    """The thresholds as they were chosen: "contradict", "entail" and "confirmed" are chances.

    "confirmed" is the chance of "contradict" from which a clash that the rules name counts; "near"
    is the cosine from which two texts without a word in common are looked at.
    """
    stored: dict[str, float] = json.loads((DATA / "nli-network.json").read_text(encoding="utf-8"))
    return stored
