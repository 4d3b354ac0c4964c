"""Measure the exported weights on validation conversations, with the runtime that ships.

python -m dramaturg.train.embedded.measure --data DIR --n 64
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import re
import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from dramaturg.models.embedded import writer
from dramaturg.models.embedded.formats import FIRST_BYTE, Control, Ids
from dramaturg.models.embedded.network import Network
from dramaturg.models.embedded.overlap import SHOWN_SHARE, share_said
from dramaturg.models.embedded.shipped import read_bpe, read_weights
from dramaturg.train.embedded.corpus import lay_out
from dramaturg.train.embedded.sources import Source, held_out_sources


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
    """Perplexity with the right profiles, with those of another conversation, and with none."""
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
    return found | {"a word, right": math.exp(sums["right"] / words), "tokens": tokens}


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


async def writing(sources: list[Source], **settings: Any) -> dict[str, float]:
    """Write a conversation for each profile pair, and count what shows in them."""
    began = time.perf_counter()
    made = await asyncio.gather(
        *(
            writer.write_conversation(*source.facts, seed=number, **{"turns": 16} | settings)
            for number, source in enumerate(sources)
        )
    )
    seconds = time.perf_counter() - began
    pairs = [
        (conversation.turns, source.facts)
        for conversation, source in zip(made, sources, strict=True)
    ]
    texts = [turn.text for conversation in made for turn in conversation.turns]
    slots = [t.said or 0.0 for c in made for t in c.turns if t.fact is not None]
    return counts(texts) | {
        "facts shown": shown([[(t.speaker, t.text) for t in turns] for turns, _ in pairs],
                             [facts for _, facts in pairs]),
        "slot turns": len(slots),
        "slot turns that say their fact": sum(s >= SHOWN_SHARE for s in slots) / max(1, len(slots)),
        "sampled tokens a second": sum(c.tokens_out for c in made) / seconds,
    }  # fmt: skip


def shown(
    conversations: list[list[tuple[int, str]]], profiles: Iterable[tuple[list[str], list[str]]]
) -> float:
    """Share of facts with 60 % of their content words in their owner's turns."""
    found: list[bool] = []
    for turns, facts in zip(conversations, profiles, strict=True):
        for who, side in enumerate(facts):
            said = " ".join(text for speaker, text in turns if speaker == who)
            found += [share_said(fact, said) >= SHOWN_SHARE for fact in side]
    return sum(found) / max(1, len(found))


def counts(texts: list[str]) -> dict[str, float]:
    """Turns, words a turn, distinct-2, and the share of different turns."""
    words = [re.findall(r"\w+(?:'\w+)?|[^\w\s]", text.lower()) for text in texts]
    grams = [pair for turn in words for pair in pairwise(turn)]
    return {
        "turns": len(texts),
        "words a turn": sum(len(text.split()) for text in texts) / len(texts),
        "distinct-2": len(set(grams)) / len(grams),
        "different turns": len({text.lower() for text in texts}) / len(texts),
    }


def main() -> None:
    """Print every figure of docs/embedded-model.md as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--n", type=int, default=64, help="conversations of each split")
    args = parser.parse_args()
    meter = Meter()
    for name, sources in held_out_sources(args.data).items():
        some = sources[: args.n]
        report("perplexity", name, perplexities(meter, some))
        report("slots", name, slot_effect(meter, some))
        reference = counts([text for source in some for _, text in source.turns])
        turns = [source.turns for source in some]
        reference["facts shown"] = shown(turns, [source.facts for source in some])
        report("reference", name, reference)
        for settings in ({}, {"pull": 0.0}, {"pull": 0.0, "drafts": 1}, {"grounding": 0.0}):
            if name == "spc-valid":
                report(f"written {settings}", name, asyncio.run(writing(some, **settings)))


def report(what: str, split: str, figures: dict[str, float]) -> None:
    """One line of figures."""
    rounded = {name: round(value, 4) for name, value in figures.items()}
    print(json.dumps({"what": what, "split": split, **rounded}), flush=True)


if __name__ == "__main__":
    main()
