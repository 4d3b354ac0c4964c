"""Make the inference expert: pairs with labels, a logistic regression on their features.

persona-nli is never trained on: it states no licence. It is measured on only.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.clashes import KINDS, SOFT, clashes
from dramaturg.models.experts.clauses import parse
from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.models.experts.features import NAMES, features
from dramaturg.models.experts.negate import negate
from dramaturg.models.experts.nli import LABELS, related
from dramaturg.train.experts.data import attributes, bucket, rows, spc

HAND = Path(__file__).parent / "data" / "pairs.txt"
_LETTER = {"e": "entail", "c": "contradict", "n": "neutral"}
_LONG = {"entailment": "entail", "contradiction": "contradict", "neutral": "neutral"}
WEIGHTS = {"hand": 4.0, "made": 0.25, "breaking": 0.1, "profile": 0.1, "stance": 0.03}
PRIOR = {  # what the weights are pulled towards (entail, contradict, neutral); 0 where not named
    **{f"clash: {kind}": (-1.0, 3.0, -1.0) for kind in KINDS if kind not in SOFT},
    "clash: act": (-1.0, 1.0, 0.0),
    "clash: soft swap": (-1.0, -0.5, 1.0),
    "clash: workplace": (-1.0, 1.0, 0.0),
    "clash: art job": (-1.0, 2.0, 0.0),
    "about another subject": (-2.0, 0.0, 1.0),
    "no claim": (-2.0, -2.0, 2.0),
}
THRESHOLD = 0.7  # of p_contradict; chosen on SPC train conversations, see docs/experts.md
ENTAIL = 0.5


@dataclass(frozen=True)
class Pair:
    """One labelled pair; `source` decides its weight."""

    premise: str
    hypothesis: str
    label: str
    source: str


def hand_pairs(held_out: bool) -> list[Pair]:
    """The pairs written by hand; every fourth fact is held out with all its pairs."""
    found: list[Pair] = []
    fact = ""
    for line in HAND.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            fact = line[2:]
        elif line[:2] in {"e ", "c ", "n "} and (bucket(fact, 4) == 0) == held_out:
            found.append(Pair(line[2:], fact, _LETTER[line[0]], "hand"))
    return found


def breaking_pairs(data: Path) -> list[Pair]:
    """breaking-nli, CC BY-SA 4.0."""
    return [
        Pair(r["premise"], r["hypothesis"], _LONG[r["label"]], "breaking")
        for r in rows(data / "breaking-nli" / "pairs.jsonl.gz")
    ]


def stance_pairs(data: Path, rng: random.Random, n: int = 4000) -> list[Pair]:
    """Weak labels: both stances of one behaviour contradict, two behaviours are unrelated."""
    by: dict[tuple[str, str], list[str]] = {}
    for r in rows(data / "persona-statements" / "statements.jsonl.gz"):
        by.setdefault((r["behaviour"], r["stance"]), []).append(r["text"])
    names = sorted({behaviour for behaviour, _ in by})
    found = []
    for _ in range(n // 2):
        one, other = rng.sample(names, 2)
        yes, no = rng.choice(by[one, "agree"]), rng.choice(by[one, "disagree"])
        found.append(Pair(yes, no, "contradict", "stance"))
        found.append(Pair(yes, rng.choice(by[other, "agree"]), "neutral", "stance"))
    return found


def made_pairs(data: Path, rng: random.Random, n: int = 6000) -> list[Pair]:
    """Pairs made by rule from SPC train facts, and facts of one profile, which never clash."""
    facts = attributes(data)
    found: list[Pair] = []
    for fact in rng.sample(facts, min(n, len(facts))):
        denied = negate(fact)
        if denied:
            found.append(Pair(denied, fact, "contradict", "made"))
        found.append(Pair(reworded(fact), fact, "entail", "made"))
        other = rng.choice(facts)
        if not clashes(parse(other), parse(fact)):
            found.append(Pair(other, fact, "neutral", "made"))
    for mine, theirs, _ in rng.sample(spc(data, "train"), 1500):
        for side in (mine, theirs):
            if len(side) > 1:
                one, two = rng.sample(side, 2)
                found.append(Pair(one, two, "neutral", "profile"))
    return found


def reworded(fact: str) -> str:
    """The same fact as one would say it in talk."""
    for old, new in (
        ("I love to ", "I really enjoy to "),
        ("I love ", "I'm a huge fan of "),
        ("I like to ", "I love to "),
        ("I like ", "I really enjoy "),
        ("I have ", "Yes, I've got "),
        ("I am ", "Well, I'm "),
        ("I m ", "Oh, I am "),
        ("My favorite ", "I would say my favorite "),
        ("I hate ", "I can't stand "),
    ):
        if fact.startswith(old):
            return new + fact[len(old) :]
    return f"That's nice! {fact}"


def nli_rows(data: Path, part: str) -> list[Pair]:
    """persona-nli, to measure on only: "train" for choices, "valid" for the report."""
    return [
        Pair(r["utterance"], r["fact"], _LONG[r["label"]], "persona-nli")
        for r in rows(data / "persona-nli" / f"{part}.jsonl.gz")
    ]


def train_inference(data: Path, embedder: StaticEmbedder, seed: int = 0) -> dict[str, object]:
    """The artefact as a JSON object: weights by feature name, bias, thresholds."""
    rng = random.Random(seed)
    pairs = [
        *hand_pairs(held_out=False),
        *breaking_pairs(data),
        *made_pairs(data, rng),
        *stance_pairs(data, rng),
    ]
    x, y, weight = _matrix(pairs, embedder)
    prior = np.array([PRIOR.get(name, (0.0, 0.0, 0.0)) for name in NAMES])
    solution = softmax_regression(x, y, weight, penalty=3.0, prior=prior)
    return {
        "weights": {
            n: [round(float(v), 4) for v in w] for n, w in zip(NAMES, solution, strict=False)
        },
        "bias": [round(float(v), 4) for v in solution[-1]],
        "contradict": THRESHOLD,
        "entail": ENTAIL,
        "labels": list(LABELS),
    }


def _matrix(
    pairs: list[Pair], embedder: StaticEmbedder
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    matrix, labels, weights = [], [], []
    for pair in pairs:
        said, fact = parse(pair.premise), parse(pair.hypothesis)
        if related(said, fact):  # the others never reach the model
            cosine = embedder.similarity(pair.premise, pair.hypothesis)
            matrix.append(features(said, fact, clashes(said, fact), cosine))
            labels.append([*LABELS].index(pair.label))  # type: ignore[arg-type]
            weights.append(WEIGHTS[pair.source])
    return np.array(matrix), np.array(labels), np.array(weights)


def softmax_regression(
    x: NDArray[np.float64],
    y: NDArray[np.int64],
    weight: NDArray[np.float64],
    penalty: float,
    prior: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Weighted multinomial logistic regression by Newton steps.

    Args:
        x: Features `(n, f)`.
        y: Class numbers `(n,)`.
        weight: Of each row, >= 0.
        penalty: Half the curvature of the pull towards `prior`.
        prior: `(f, classes)`: the weights in the absence of data.

    Returns:
        `(f + 1, classes)`; the last row is the bias.
    """
    classes = prior.shape[1]
    x = np.hstack([x, np.ones((len(x), 1))])
    width = x.shape[1]
    ridge = np.full(width, penalty)
    ridge[-1] = 1e-3
    prior = np.vstack([prior, np.zeros((1, classes))])
    solution = np.zeros_like(prior)
    target = np.eye(classes)[y]

    def state(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = x @ at
        scores -= scores.max(axis=1, keepdims=True)
        total = np.log(np.exp(scores).sum(axis=1))
        loss = float(weight @ (total - (scores * target).sum(axis=1)))
        pull = float(0.5 * (ridge[:, None] * (at - prior) ** 2).sum())
        return loss + pull, np.exp(scores - total[:, None])

    loss, p = state(solution)
    for _ in range(100):
        gradient = x.T @ (weight[:, None] * (p - target)) + ridge[:, None] * (solution - prior)
        hessian = np.zeros((width * classes, width * classes))
        for i in range(classes):
            for j in range(classes):
                curve = weight * p[:, i] * (float(i == j) - p[:, j])
                block = (x * curve[:, None]).T @ x
                hessian[i * width : (i + 1) * width, j * width : (j + 1) * width] = block
        hessian += np.diag(np.tile(ridge, classes))
        step = np.linalg.solve(hessian, gradient.T.reshape(-1)).reshape(classes, width).T
        size = 1.0
        while state(solution - size * step)[0] > loss and size > 1e-6:
            size /= 2
        solution = solution - size * step
        before, (loss, p) = loss, state(solution)
        if before - loss < 1e-9 * abs(before):
            break
    return solution


def save_inference(model: dict[str, object], path: Path) -> None:
    """Write the artefact."""
    path.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
