"""Likelihood of validation conversations under the shipped weights, with the shipped runtime.

`benchmarks/embedded.py` prints every figure of docs/embedded-model.md.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np

from dramaturg.models.embedded.formats import FIRST_BYTE, Control, Ids
from dramaturg.models.embedded.network import Network
from dramaturg.models.embedded.shipped import read_bpe, read_weights
from dramaturg.train.embedded.corpus import lay_out
from dramaturg.train.embedded.sources import Source


class Meter:
    """Nats of the words of turns under the shipped weights."""

    def __init__(self) -> None:
        self.network, self.bpe = Network(read_weights()), read_bpe()

    def nats(self, ids: Ids) -> list[float]:
        """Nats of each token but the first."""
        logits = self.network.prefill(0, ids[:-1], 0, every=True).astype(np.float64)
        top = logits.max(axis=-1)
        norm = np.log(np.exp(logits - top[:, None]).sum(axis=-1)) + top
        return list(norm - logits[np.arange(len(ids) - 1), ids[1:]])

    def turns(self, source: Source, slots: dict[int, str]) -> list[list[float]]:
        """For each turn the nats of its words and of its end."""
        facts = list(source.facts)
        ids, _ = lay_out(source, facts, slots, self.bpe.encode, close=False)
        found: list[list[float]] = []
        saying = False
        for token, nats in zip(ids[1:], self.nats(ids), strict=True):
            if saying:
                found[-1].append(nats)
            if token == Control.SAY:
                saying = True
                found.append([])
            elif token < FIRST_BYTE:
                saying = False
        return found


def perplexities(meter: Meter, sources: list[Source], seed: int = 0) -> dict[str, float]:
    """Perplexity with the right profiles, with those of another conversation, and with none.

    Returns:
        "a token, right", "a word, right" and so on, and the numbers of "tokens" and "words". A word
        is what stands between spaces; the nats of a turn's end are in both.
    """
    order = list(range(len(sources)))
    random.Random(seed).shuffle(order)
    sums = dict.fromkeys(("right", "wrong", "none"), 0.0)
    tokens = words = 0
    for number, source in enumerate(sources):
        other = sources[order[number]]
        if other is source:
            other = sources[order[number - 1]]
        cases = {"right": source.facts, "wrong": other.facts, "none": ([], [])}
        for name, facts in cases.items():
            turns = meter.turns(replace(source, facts=facts), {})[: len(source.turns)]
            sums[name] += sum(map(sum, turns))
            if name == "right":
                tokens += sum(map(len, turns))
                words += sum(len(text.split()) for _, text in source.turns[: len(turns)])
    found = {f"a token, {name}": math.exp(total / tokens) for name, total in sums.items()}
    found |= {f"a word, {name}": math.exp(total / words) for name, total in sums.items()}
    return found | {"tokens": tokens, "words": words}


def slot_effect(meter: Meter, sources: list[Source], seed: int = 0) -> dict[str, float]:
    """Perplexity of turns that say a fact: with it in the slot, with no slot, with another fact."""
    rng = random.Random(seed)
    sums = dict.fromkeys(("own fact", "no slot", "another fact"), 0.0)
    tokens = turns = 0
    for source in sources:
        if not source.grounded:
            continue
        others = {
            number: rng.choice(
                [fact for fact in source.facts[source.turns[number][0]] if fact != own] or [own]
            )
            for number, own in source.grounded.items()
        }
        for name, slots in (
            ("own fact", source.grounded),
            ("no slot", {}),
            ("another fact", others),
        ):
            measured = meter.turns(source, slots)
            for number in source.grounded:
                if number < len(measured):
                    sums[name] += sum(measured[number])
                    if name == "no slot":
                        tokens += len(measured[number])
                        turns += 1
    found = {name: math.exp(total / tokens) for name, total in sums.items()}
    return found | {"turns": turns, "tokens": tokens}
