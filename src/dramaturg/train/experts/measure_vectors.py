"""Sentence vectors side by side: the static ones, MiniLM where it is installed, LSA, chance."""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.models.experts.minilm import MiniLM
from dramaturg.models.experts.ranker import STYLES
from dramaturg.train.experts import data
from dramaturg.train.experts.measure_ranking import hits, valid_talks
from dramaturg.train.experts.ranking import CANDIDATES, ask

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
Figures = dict[str, dict[str, Any]]

QUESTIONS = SPEAKERS = 100  # MiniLM takes about ten milliseconds a sentence
EVERY = 3  # of the statements


def compare_vectors(folder: Path, minilm: bool) -> Figures:
    """Three tasks with a known answer, the same items for every embedder; and the speed.

    Args:
        minilm: Also MiniLM; raises UserError if its weights are not installed.
    """
    embedders: dict[str, Embed] = {"static": StaticEmbedder().embed}
    if minilm:
        embedders["MiniLM"] = MiniLM().embed
    found: Figures = {}
    for name, embed in embedders.items():
        embed(["warm"])
        for style in STYLES:
            talks, split = valid_talks(folder, style)
            task = f"next turn by the cosine with the last, {split}"
            found[f"{name}: {task}"] = _next(embed, talks, split)
        found[f"{name}: whose facts, by the turns, Persona-Chat valid"] = _whose(
            embed, data.personachat(folder, "valid")
        )
        found[f"{name}: nearest neighbour of the same behaviour"] = _behaviour(embed, folder)
        found[f"{name}: speed, one core"] = _speed(embed, folder)
    return found


def _next(embed: Embed, talks: Sequence[Any], split: str) -> dict[str, Any]:
    asked = ask(talks[:QUESTIONS], 1, seed=11)
    texts = [t for a in asked for t in (a.question.history[-1][1], *a.candidates)]
    vectors = embed(texts).reshape(len(asked), CANDIDATES + 1, -1)
    scores = np.einsum("nd,ncd->nc", vectors[:, 0], vectors[:, 1:]).astype(np.float64)
    return _entry(hits(scores)[0], len(asked), "hits@1 of 20", split)


def _whose(embed: Embed, talks: Sequence[Any]) -> dict[str, Any]:
    """The facts of the speaker among those of 19 others, each turn near its nearest fact."""
    sides = [
        (facts, [text for who, text in turns if who == place])
        for one, other, turns in talks
        for place, facts in enumerate((one, other))
        if facts
    ]
    sides = random.Random(3).sample(sides, SPEAKERS)
    facts = [embed(f) for f, _ in sides]
    turns = [embed(t) for _, t in sides]
    scores = []
    for place in range(SPEAKERS):
        others = [(place + i) % SPEAKERS for i in range(CANDIDATES)]
        scores.append([float((turns[place] @ facts[o].T).max(axis=1).mean()) for o in others])
    split = "Persona-Chat valid"
    return _entry(hits(np.array(scores))[0], SPEAKERS, "hits@1 of 20 speakers", split)


def _behaviour(embed: Embed, folder: Path) -> dict[str, Any]:
    kept = [
        row
        for row in data.rows(folder / "persona-statements" / "statements.jsonl.gz")
        if row["stance"] == "agree"
    ][::EVERY]
    gold = np.unique([row["behaviour"] for row in kept], return_inverse=True)[1]
    vectors = embed([row["text"] for row in kept])
    near = vectors @ vectors.T
    np.fill_diagonal(near, -9)
    split = f"persona-statements, agree, every {EVERY}rd, 32 behaviours"
    same = float((gold[near.argmax(axis=1)] == gold).mean())
    return _entry(same, len(kept), "share of sentences", split)


def _speed(embed: Embed, folder: Path) -> dict[str, Any]:
    texts = [text for _, _, turns in data.spc(folder, "valid")[-12:] for _, text in turns]
    began = time.process_time()
    embed(texts)
    took = time.process_time() - began
    return _entry(len(texts) / took, len(texts), "sentences a second of CPU time", "SPC valid")


def _entry(value: float, n: int, unit: str, split: str) -> dict[str, Any]:
    return {"value": round(value, 4), "n": n, "unit": unit, "split": split}
