"""The small inference expert on labelled pairs: persona-nli and breaking-nli, beside baselines.

persona-nli was never trained on; a baseline that reads the fact alone is far above chance there,
so it stands beside every figure. The shipped expert was trained on breaking-nli.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpora import shown
from benchmarks.tables import publish
from dramaturg.evaluate import share
from dramaturg.models.experts.nli import PersonaNLI
from dramaturg.train.experts.inference import Pair, nli_rows
from dramaturg.train.experts.measure import BASELINES, naive_bayes

LABELS = ("entail", "contradict", "neutral")


def breaking(data: Path) -> list[tuple[Pair, str]]:
    """The open pairs of breaking-nli with their category."""
    names = {"entailment": "entail", "contradiction": "contradict", "neutral": "neutral"}
    with gzip.open(data / "breaking-nli" / "pairs.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        (
            Pair(r["premise"], r["hypothesis"], names[r["label"]], "breaking-nli"),
            r["category"],
        )
        for r in rows
    ]


def labels_of(pairs: Sequence[Pair]) -> tuple[list[str], list[str]]:
    """The expert's labels, as it ships and by the likeliest of its three probabilities."""
    judged = PersonaNLI().judge_many([(p.premise, p.hypothesis) for p in pairs])
    likeliest = [
        max(LABELS, key=lambda label: {"entail": j.p_entail, "contradict": j.p_contradict,
                                       "neutral": j.p_neutral}[label])
        for j in judged
    ]  # fmt: skip
    return [j.label for j in judged], likeliest


def right(gold: Sequence[str], said: Sequence[str]) -> str:
    """The share that is right with its interval."""
    return shown(share(sum(a == b for a, b in zip(gold, said, strict=True)), len(gold)))


def main(data: Path, write: bool) -> None:
    """Print the tables; with `write`, renew them on the page."""
    train, valid = nli_rows(data, "train"), nli_rows(data, "valid")
    gold = [pair.label for pair in valid]
    as_shipped, likeliest = labels_of(valid)
    overall = [["judge", "three labels right (95 %)", "n"]]
    overall += [
        [f"baseline: {name}, naive Bayes trained on persona-nli train",
         shown(share(round(naive_bayes(train, valid, text) * len(valid)), len(valid))),
         f"{len(valid):,}"]
        for name, text in BASELINES.items()
    ]  # fmt: skip
    overall += [
        ["embedded expert, as shipped", right(gold, as_shipped), f"{len(valid):,}"],
        ["embedded expert, likeliest label", right(gold, likeliest), f"{len(valid):,}"],
    ]
    by_label = [["gold label", "n", *(f"said {label}" for label in LABELS), "precision of label",
                 "recall of label"]]  # fmt: skip
    table = Counter(zip(gold, as_shipped, strict=True))
    for label in LABELS:
        n = sum(table[label, said] for said in LABELS)
        said_n = sum(table[g, label] for g in LABELS)
        by_label.append(
            [
                label,
                f"{n:,}",
                *(f"{table[label, said]:,}" for said in LABELS),
                shown(share(table[label, label], said_n)),
                shown(share(table[label, label], n)),
            ]
        )
    rows = breaking(data)
    pairs = [pair for pair, _ in rows]
    shipped, _ = labels_of(pairs)
    classes = [["class", "n", "judged so (95 %)", "judged a contradiction"]]
    for label in LABELS:
        said = [s for pair, s in zip(pairs, shipped, strict=True) if pair.label == label]
        classes.append(
            [
                label,
                f"{len(said):,}",
                shown(share(said.count(label), len(said))),
                shown(share(said.count("contradict"), len(said))),
            ]
        )
    kinds = [["category", "contradictions", "caught (95 %)"]]
    for kind in sorted({category for _, category in rows}):
        said = [
            s
            for (pair, category), s in zip(rows, shipped, strict=True)
            if category == kind and pair.label == "contradict"
        ]
        if said:
            caught = share(said.count("contradict"), len(said))
            kinds.append([kind, f"{len(said):,}", shown(caught)])
    publish(
        "nli",
        [
            ("persona-nli valid, open half: three-way accuracy", overall),
            ("persona-nli valid: the embedded expert by label", by_label),
            ("breaking-nli, open part (the expert was trained on it): by class", classes),
            ("breaking-nli, open part: contradictions caught by category", kinds),
        ],
        write=write,
    )
