"""Make the ranker: a product of sentence vectors, then a conditional logit over all features.

The product is learnt on the first four fifths of the training conversations, the logit on the last
fifth, where the product is as good as on new text. Nothing of a valid part is read.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.models.experts.ranker import (
    LEARNT,
    LIKELIHOOD,
    STYLES,
    Style,
    features,
    likelihoods,
)
from dramaturg.models.experts.ranking_features import NAMES, Looker, Question
from dramaturg.train.experts import data

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]
Talk = tuple[list[str], list[str], data.Turns]

CANDIDATES = 20
MOST = 80_000  # exchanges that the product is learnt from
QUESTIONS = 4_000  # that the logit is learnt from
BATCH, PASSES, SCALE = 256, 6, 12.0
RATE = {"made": 0.05, "human": 0.02}  # both chosen on the last fifth of the training parts
SHRINK = {"made": 1e-3, "human": 4e-3}
RIDGE = 1e-3


@dataclass(frozen=True)
class Asked:
    """A question with its candidates, the true one first."""

    question: Question
    candidates: tuple[str, ...]


def ask(talks: Sequence[Talk], each: int, seed: int) -> list[Asked]:
    """Up to `each` questions a conversation; wrong candidates are random turns of all of them."""
    pool = [text for _, _, turns in talks for _, text in turns]
    draw = random.Random(seed)
    found = []
    for one, other, turns in talks:
        places = range(1, len(turns))
        for place in draw.sample(places, min(each, len(places))):
            wrong = [draw.choice(pool) for _ in range(CANDIDATES - 1)]
            found.append(Asked(question(one, other, turns, place), (turns[place][1], *wrong)))
    return found


def question(one: Sequence[str], other: Sequence[str], turns: data.Turns, place: int) -> Question:
    """What is known before a turn of a conversation."""
    speaker = turns[place][0]
    own, partner = (one, other) if speaker == 0 else (other, one)
    return Question(tuple(own), tuple(partner), tuple(turns[:place]), speaker)


def train_ranker(
    folder: Path, likely: int = 0, seed: int = 0
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The products, as int8 with a scale for each row, and the weights by style and name.

    Args:
        likely: Questions on which the weights beside the language model's likelihood are learnt;
            0 leaves them out (they cost about a second each).
    """
    looker = Looker(StaticEmbedder())
    products: dict[str, NDArray[Any]] = {}
    weights: dict[str, Any] = {}
    product = None
    for style in STYLES:  # Persona-Chat's sample is small: it goes on from what SPC taught
        talks = training_talks(folder, style)
        cut = len(talks) * 4 // 5
        product = learn_product(looker, talks[:cut], style, seed, product)
        scale = np.maximum(np.abs(product).max(axis=1, keepdims=True), 1e-9) / 127
        products[f"{style}_product"] = np.rint(product / scale).astype(np.int8)
        products[f"{style}_scale"] = scale.astype(np.float32)
        product = products[f"{style}_product"].astype(np.float32) * products[f"{style}_scale"]
        asked = ask(talks[cut:], -(-QUESTIONS // len(talks[cut:])), seed + 1)
        rows = np.stack([features(looker, a.question, a.candidates, product) for a in asked])
        weights[style] = {"plain": _named((*NAMES, *LEARNT), logit(rows))}
        if likely:
            few = random.Random(seed + 2).sample(range(len(asked)), min(likely, len(asked)))
            wide = np.concatenate([rows[few], asked_likelihoods([asked[i] for i in few], style)], 2)
            prior = np.concatenate([logit(rows), np.zeros(len(LIKELIHOOD))])
            found = logit(wide, start=prior, ridge=0.02)
            weights[style]["likely"] = _named((*NAMES, *LEARNT, *LIKELIHOOD), found)
    return products, weights


def training_talks(folder: Path, style: Style) -> list[Talk]:
    """SPC train, or Persona-Chat's training sample."""
    if style == "made":
        return data.spc(folder, "train")
    return data.personachat(folder, "train-sample")


def asked_likelihoods(asked: Sequence[Asked], style: Style) -> Floats:
    """Shape `(len(asked), CANDIDATES, len(LIKELIHOOD))`."""

    async def all_of_them() -> list[Floats]:
        return [
            await likelihoods(
                a.candidates,
                own=a.question.own,
                other=a.question.other,
                history=a.question.history,
                speaker=a.question.speaker,
                style=style,
            )
            for a in asked
        ]

    return np.stack(asyncio.run(all_of_them()))


def learn_product(
    looker: Looker, talks: Sequence[Talk], style: Style, seed: int, start: Vectors | None = None
) -> Vectors:
    """The matrix between a query and its answer: AdaGrad, the others of the batch are wrong.

    Args:
        start: Where the learning begins; else the cosine with the last turn.
    """
    places = [(row, i) for row, (_, _, turns) in enumerate(talks) for i in range(1, len(turns))]
    draw = np.random.default_rng(seed)
    if len(places) > MOST:
        places = [places[i] for i in sorted(draw.choice(len(places), MOST, replace=False))]
    width = looker.vectors([""]).shape[1]
    asked = np.empty((len(places), 4 * width), dtype=np.float32)
    answer = np.empty((len(places), width), dtype=np.float32)
    for at, (row, place) in enumerate(places):
        one, other, turns = talks[row]
        asked[at] = looker.query(question(one, other, turns, place))
        answer[at] = looker.vectors([turns[place][1]])[0]
    product = np.zeros((4 * width, width), dtype=np.float32)
    product[:width] = np.eye(width)
    if start is not None:
        product = start.copy()
    past = np.full_like(product, 1e-4)
    for epoch in range(PASSES):
        order = draw.permutation(len(asked))
        for first in range(0, len(order) - 1, BATCH):
            rows = order[first : first + BATCH]
            query, right = asked[rows], answer[rows]
            chance = _softmax(SCALE * (query @ product) @ right.T)
            chance[np.arange(len(rows)), np.arange(len(rows))] -= 1
            step = SCALE * query.T @ (chance @ right) / len(rows) + SHRINK[style] * product
            past += step * step
            product -= np.float32(RATE[style] * (1 - epoch / PASSES)) * step / np.sqrt(past)
    return product


def logit(
    rows: Floats, *, start: Floats | None = None, ridge: float = RIDGE, steps: int = 40
) -> Floats:
    """Weights under which the first candidate is the likeliest: Newton's method, steps halved.

    Args:
        rows: Shape `(questions, candidates, features)`.
        start: The weights that the ridge pulls towards; zeros if not given.
        ridge: How hard it pulls, in standard deviations of the features.
    """
    spread = rows.reshape(-1, rows.shape[2]).std(axis=0) + 1e-9
    scaled = rows / spread
    goal = np.zeros(rows.shape[2]) if start is None else start * spread
    weights = goal.copy()

    def loss(at: Floats) -> float:
        unlikely = -np.log(np.maximum(_softmax(scaled @ at)[:, 0], 1e-300)).mean()
        return float(unlikely + ridge / 2 * ((at - goal) ** 2).sum())

    now = loss(weights)
    for _ in range(steps):
        chance = _softmax(scaled @ weights)
        mean = np.einsum("nc,ncf->nf", chance, scaled)
        slope = (mean - scaled[:, 0]).mean(axis=0) + ridge * (weights - goal)
        apart = scaled - mean[:, None]
        bend = np.einsum("nc,ncf,ncg->fg", chance, apart, apart, optimize=True) / len(rows)
        step = np.linalg.solve(bend + ridge * np.eye(len(weights)), slope)
        while (new := loss(weights - step)) > now and float(np.abs(step).max()) > 1e-7:
            step = step / 2
        if new > now or now - new < 1e-9:
            break
        weights, now = weights - step, new
    return np.asarray(weights / spread)


def save_ranker(products: dict[str, NDArray[Any]], weights: dict[str, Any], folder: Path) -> None:
    """Write ranker.npz and ranker.json."""
    np.savez_compressed(folder / "ranker.npz", allow_pickle=False, **products)
    text = json.dumps(weights, indent=1) + "\n"
    (folder / "ranker.json").write_text(text, encoding="utf-8")


def _named(names: Sequence[str], weights: Floats) -> dict[str, float]:
    return {name: round(float(w), 5) for name, w in zip(names, weights, strict=True)}


def _softmax(scores: NDArray[Any]) -> NDArray[Any]:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))
