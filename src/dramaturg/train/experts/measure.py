"""The figures of the experts' cards: each with its n, unit and split."""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.embed import StaticEmbedder, lsa
from dramaturg.models.experts.negate import negate
from dramaturg.models.experts.nli import Judgement, PersonaNLI
from dramaturg.models.experts.toxicity import ToxicityExpert
from dramaturg.models.experts.words import content
from dramaturg.train.experts import abuse, data
from dramaturg.train.experts.changed import other_value
from dramaturg.train.experts.fed import fed_accuracy, fed_spearman
from dramaturg.train.experts.inference import Pair, hand_pairs, nli_rows

Figures = dict[str, dict[str, Any]]


class Judge(Protocol):
    """An inference expert."""

    def judge_many(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]: ...


def figure(value: float, n: int, unit: str, split: str) -> dict[str, Any]:
    """One entry of a card."""
    return {"value": round(float(value), 4), "n": n, "unit": unit, "split": split}


def measure_embed(folder: Path) -> Figures:
    """How well the 32 visible behaviours of persona-statements come apart."""
    kept = [
        row
        for row in data.rows(folder / "persona-statements" / "statements.jsonl.gz")
        if row["stance"] == "agree"
    ]
    gold = np.unique([row["behaviour"] for row in kept], return_inverse=True)[1]
    texts = [row["text"] for row in kept]
    split = "persona-statements, agree, 32 behaviours"
    found: Figures = {}
    for name, vectors in (("static", StaticEmbedder().embed(texts)), ("lsa", lsa(texts))):
        near = vectors @ vectors.T
        np.fill_diagonal(near, -9)
        same = float((gold[near.argmax(axis=1)] == gold).mean())
        found[f"{name}: nearest neighbour of the same behaviour"] = figure(
            same, len(texts), "share of sentences", split
        )
        groups = _spherical_kmeans(vectors, int(gold.max()) + 1)
        found[f"{name}: adjusted Rand index, spherical k-means at the true number"] = figure(
            adjusted_rand(gold, groups), len(texts), "-1..1", split
        )
    return found


def adjusted_rand(left: NDArray[np.int64], right: NDArray[np.int64]) -> float:
    """Agreement of two partitions beyond chance: 1 if equal, about 0 if unrelated."""
    table = np.zeros((int(left.max()) + 1, int(right.max()) + 1))
    np.add.at(table, (left, right), 1)

    def pairs(counts: NDArray[np.float64]) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, one, other = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    chance = one * other / (len(left) * (len(left) - 1) / 2)
    return (both - chance) / ((one + other) / 2 - chance)


def _spherical_kmeans(vectors: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    best: tuple[float, NDArray[np.int64]] = (-math.inf, np.zeros(len(vectors), dtype=np.int64))
    for seed in range(5):
        rng = np.random.default_rng(seed)
        centres = vectors[rng.choice(len(vectors), k, replace=False)]
        for _ in range(30):
            groups = (vectors @ centres.T).argmax(axis=1)
            centres = np.stack(
                [
                    vectors[groups == g].sum(axis=0) if (groups == g).any() else vectors[g]
                    for g in range(k)
                ]
            )
            centres /= np.linalg.norm(centres, axis=1, keepdims=True) + 1e-9
        score = float((vectors @ centres.T).max(axis=1).sum())
        if score > best[0]:
            best = (score, groups)
    return best[1]


def measure_nli(folder: Path) -> Figures:
    """Catches, false alarms, and persona-nli, on which nothing was trained."""
    expert = PersonaNLI()
    found: Figures = {}
    found |= labels_right(
        expert, hand_pairs(held_out=True), "hand pairs, facts held out of training, misses read"
    )
    valid = nli_rows(folder, "valid")
    found |= labels_right(expert, valid, "persona-nli valid")
    train = nli_rows(folder, "train")
    for name, text in BASELINES.items():
        share = naive_bayes(train, valid, text)
        found[f"baseline trained on persona-nli train: {name}"] = figure(
            share, len(valid), "share of pairs right", "persona-nli valid"
        )
    for name, talks in (
        (
            "SPC train, last 2,000 conversations, the threshold chosen on them",
            data.spc(folder, "train")[-2000:],
        ),
        ("SPC valid, first 500 conversations, alarms read", data.spc(folder, "valid")[:500]),
        ("SPC valid, last 500 conversations, never read", data.spc(folder, "valid")[500:]),
        ("Persona-Chat valid, alarms read", data.personachat(folder, "valid")),
    ):
        pairs = [
            (place, text, fact)
            for place, (one, other, turns) in enumerate(talks)
            for who, text in turns
            for fact in (one, other)[who]
        ]
        judged = expert.judge_many([(text, fact) for _, text, fact in pairs])
        flagged = {p for (p, _, _), j in zip(pairs, judged, strict=True) if j.label == "contradict"}
        found[f"false alarms at most, {name}"] = figure(
            len(flagged) / len(talks), len(talks), "share of conversations flagged", name
        )
    for part, split in (
        ("valid", "SPC valid facts, misses read"),
        ("new", "SPC new facts, unread"),
    ):
        for kind, plants in planted(folder, part).items():
            caught = [j.label == "contradict" for j in expert.judge_many(plants)]
            found[f"caught, planted: {kind}, {split}"] = figure(
                float(np.mean(caught)), len(plants), "share of plants", split
            )
    facts = sorted({f for one, other, _ in data.spc(folder, "valid") for f in (*one, *other)})
    found["facts that negate() can deny"] = figure(
        float(np.mean([negate(f) is not None for f in facts])),
        len(facts),
        "share of facts",
        "SPC valid",
    )
    return found


def labels_right(expert: Judge, pairs: Sequence[Pair], split: str) -> Figures:
    """The share of three labels, and precision and recall of the two that claim something."""
    judged = expert.judge_many([(p.premise, p.hypothesis) for p in pairs])
    table = Counter((p.label, j.label) for p, j in zip(pairs, judged, strict=True))
    found: Figures = {}
    right = sum(n for (gold, said), n in table.items() if gold == said)
    found[f"three labels right, {split}"] = figure(right / len(pairs), len(pairs), "share", split)
    for label in ("contradict", "entail"):
        said = sum(n for (_, s), n in table.items() if s == label)
        gold = sum(n for (g, _), n in table.items() if g == label)
        hit = table[label, label]
        found[f"{label}: precision, {split}"] = figure(hit / max(said, 1), said, "share", split)
        found[f"{label}: recall, {split}"] = figure(hit / max(gold, 1), gold, "share", split)
    return found


BASELINES: dict[str, Callable[[Pair], list[str]]] = {
    "majority": lambda pair: [],
    "fact only": lambda pair: ["h " + s for s in content(pair.hypothesis)],
    "bag of words": lambda pair: [
        *("h " + s for s in content(pair.hypothesis)),
        *("p " + s for s in content(pair.premise)),
        *("both" for s in set(content(pair.premise)) & set(content(pair.hypothesis))),
    ],
}


def naive_bayes(
    train: Sequence[Pair], valid: Sequence[Pair], text: Callable[[Pair], list[str]]
) -> float:
    """The share of `valid` that naive Bayes over the words of `text` gets right."""
    labels = Counter(pair.label for pair in train)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in train:
        counts[pair.label].update(text(pair))
    known = {word for counter in counts.values() for word in counter}
    totals = {label: sum(counter.values()) + len(known) for label, counter in counts.items()}

    def guess(pair: Pair) -> str:
        found = [word for word in text(pair) if word in known]
        return max(
            sorted(labels),
            key=lambda label: (
                math.log(labels[label])
                + sum(math.log((counts[label][w] + 1) / totals[label]) for w in found)
            ),
        )

    return float(np.mean([guess(pair) == pair.label for pair in valid]))


def planted(folder: Path, part: str, seed: int = 0) -> dict[str, list[tuple[str, str]]]:
    """`(utterance, own fact)` pairs that contradict, by kind, made from facts of SPC.

    At most 1,500 facts are drawn.
    """
    facts = sorted({f for one, other, _ in data.spc(folder, part) for f in (*one, *other)})
    rng = random.Random(seed)
    facts = rng.sample(facts, min(1500, len(facts)))
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for fact in facts:
        denied = negate(fact)
        if denied:
            found["fact denied"].append((f"That's nice! {denied}", fact))
        liked = re.match(r"I (?:really )?(?:love|like|enjoy) (?:to )?([\w ]+?) ?\.?$", fact)
        if liked:
            thing = liked[1]
            found["love weakened, wordings the rules know"].append(
                (rng.choice(_WEAK).format(thing), fact)
            )
            found["love weakened, wordings the rules do not know"].append(
                (rng.choice(_WEAK_NEW).format(thing), fact)
            )
            found["never done"].append(
                (f"I've never tried it, I have never {_tried(fact, thing)}.", fact)
            )
        swapped = other_value(fact, rng)
        if swapped:
            found["value changed"].append((f"Oh cool. {swapped}", fact))
    return dict(found)


_WEAK = (
    "I'm not really a fan of {}.",
    "I don't really care for {}, to be honest.",
    "I'm not that into {}.",
    "I find {} pretty boring.",
    "I guess I can take or leave {}.",
    "I used to, but I don't enjoy {} anymore.",
)


_WEAK_NEW = (
    "{} leaves me cold, I have to say.",
    "I only put up with {} for my friends.",
    "I could happily go without {} for the rest of my life.",
    "{} is alright I suppose, but I would never choose it.",
    "I have lost all interest in {}.",
    "I'd rather do anything else than {}.",
)


def _tried(fact: str, thing: str) -> str:
    return f"wanted to {thing}" if " to " in fact[:14] else f"tried {thing}"


def measure_toxicity(folder: Path) -> Figures:
    """Held-out posts, everyday talk, and sentences that say who people are."""
    expert = ToxicityExpert()
    abusive, clean = abuse.davidson(folder, held_out=True)
    bad = np.array([expert.score(t) for t in abusive])
    good = np.array([expert.score(t) for t in clean])
    split = "davidson, one fifth held out by hash"
    order = np.concatenate([bad, good]).argsort(kind="stable").argsort() + 1.0
    area = (order[: len(bad)].sum() - len(bad) * (len(bad) + 1) / 2) / (len(bad) * len(good))
    limit = expert.threshold
    found: Figures = {
        "area under the curve": figure(area, len(bad) + len(good), "0.5..1", split),
        "abuse found": figure(float((bad >= limit).mean()), len(bad), "share of posts", split),
        "false alarms, posts": figure(float((good >= limit).mean()), len(good), "share", split),
    }
    for name, talks in (
        ("Persona-Chat valid, the threshold chosen on them", data.personachat(folder, "valid")),
        ("SPC valid", data.spc(folder, "valid")),
    ):
        flagged = [any(expert.score(t) >= limit for _, t in turns) for _, _, turns in talks]
        found[f"false alarms, {name}"] = figure(
            float(np.mean(flagged)), len(talks), "share of conversations", name
        )
    for name, texts in (
        ("false alarms, identity sentences", abuse.identity(held_out=True)),
        ("found, abuse without swear words", abuse.plain_abuse(held_out=True)),
    ):
        hits = [expert.score(t) >= limit for t in texts]
        found[name] = figure(
            float(np.mean(hits)),
            len(texts),
            "share",
            "hand-written, held out of training by hash, read",
        )
    return found


def measure_quality(folder: Path) -> Figures:
    """FED: rank correlation and pairs in the right order, beside the two trivial features."""
    found: Figures = {}
    for quality, (scores, n) in fed_spearman(folder).items():
        for name, value in scores.items():
            found[f"{quality}, Spearman: {name}"] = figure(value, n, "-1..1", "FED, mean ratings")
    for gap in (0.0, 0.5, 1.0):
        for policy, (ours, full, human, n) in fed_accuracy(folder, gap).items():
            if not n:
                continue
            split = f"FED pairs, gap >= {gap}" if gap else "FED, all pairs"
            found[f"{policy}, {split}"] = {
                **figure(ours, n, "share of pairs in order", split),
                "few short turns": round(full, 4),
                "words of the human": round(human, 4),
            }
    return found
