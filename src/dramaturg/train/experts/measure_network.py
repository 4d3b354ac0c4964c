"""Measure the larger inference expert on what the smaller one is measured on, and beside it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dramaturg.models.experts.nli import Judgement, Label
from dramaturg.models.experts.nli_network import NetworkNLI
from dramaturg.train.experts import data
from dramaturg.train.experts.inference import Pair, breaking_pairs, nli_rows
from dramaturg.train.experts.measure import Figures, figure, labels_right, planted
from dramaturg.train.experts.network_pairs import Example, written

Talk = tuple[list[str], list[str], data.Turns]


class Likeliest:
    """The same expert without its thresholds: the likeliest of the three labels."""

    def __init__(self, expert: NetworkNLI) -> None:
        self._expert = expert

    def judge_many(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """As `NetworkNLI.judge_many`, with other labels."""
        return [_likeliest(one) for one in self._expert.judge_many(pairs)]


def _likeliest(one: Judgement) -> Judgement:
    chances: dict[Label, float] = {
        "entail": one.p_entail,
        "contradict": one.p_contradict,
        "neutral": one.p_neutral,
    }
    return replace(one, label=max(chances, key=lambda label: chances[label]))


def measure_network(
    folder: Path, talks: int = 500, plants: int = 500, pairs: int = 1579
) -> Figures:
    """Every figure of the card `nli-network`.

    Args:
        folder: Of the data sets.
        talks: Conversations of each corpus for false alarms, at most.
        plants: Of each kind and part, at most.
        pairs: Of persona-nli valid, at most; a seeded draw where they are fewer than all.
    """
    expert = NetworkNLI()
    found: Figures = {}
    held = [_pair(one) for one in written(held_out=True)]
    found |= labels_right(expert, held, "written pairs, facts held out of training")
    valid = nli_rows(folder, "valid")
    found |= labels_right(expert, _draw(valid, pairs), "persona-nli valid")
    likeliest = Likeliest(expert)
    found |= labels_right(likeliest, held, "likeliest label, written pairs held out")
    found |= labels_right(likeliest, _draw(valid, pairs), "likeliest label, persona-nli valid")
    looked = [expert.looks(p.premise, p.hypothesis) for p in valid if p.label == "contradict"]
    found["looked at by the network: contradictions of persona-nli valid"] = figure(
        float(np.mean(looked)), len(looked), "share", "persona-nli valid"
    )
    some = _draw([p for p in breaking_pairs(folder) if p.label == "contradict"], plants)
    caught = [j.label == "contradict" for j in expert.judge_many(_texts(some))]
    found["caught, breaking-nli contradictions, trained on"] = figure(
        float(np.mean(caught)),
        len(some),
        "share",
        "breaking-nli, the kind of pairs it learned from",
    )
    for part, split in (("valid", "SPC valid facts"), ("new", "SPC new facts")):
        for kind, planted_pairs in planted(folder, part).items():
            some_plants = planted_pairs[:plants]
            hits = [j.label == "contradict" for j in expert.judge_many(some_plants)]
            found[f"caught, planted: {kind}, {split}"] = figure(
                float(np.mean(hits)), len(hits), "share of plants", split
            )
    for name, some_talks in (
        ("SPC valid", data.spc(folder, "valid")[-talks:]),
        ("Persona-Chat valid", data.personachat(folder, "valid")[:talks]),
    ):
        share, rate = false_alarms(expert, some_talks)
        found[f"false alarms at most, {name}"] = figure(
            share, len(some_talks), "share of conversations flagged", name
        )
        found[f"speed, {name}"] = figure(rate, len(some_talks), "conversations a second", name)
    return found


def false_alarms(expert: NetworkNLI, talks: Sequence[Talk]) -> tuple[float, float]:
    """The share of conversations with a turn that contradicts a fact of its speaker; their rate."""
    began = time.process_time()
    flagged = 0
    for one, other, turns in talks:
        asked = [(text, fact) for who, text in turns for fact in (one, other)[who]]
        flagged += any(j.label == "contradict" for j in expert.judge_many(asked))
    return flagged / len(talks), len(talks) / (time.process_time() - began)


def counts() -> Counter[str]:
    """How many pairs were written, by label."""
    return Counter(one.label for out in (False, True) for one in written(held_out=out))


def _pair(one: Example) -> Pair:
    return Pair(one.utterance, one.fact, one.label, one.source)


def _draw(pairs: Sequence[Pair], n: int) -> list[Pair]:
    return list(pairs) if n >= len(pairs) else random.Random(0).sample(list(pairs), n)


def _texts(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    return [(p.premise, p.hypothesis) for p in pairs]
