"""The card of diasynth on the published data: scores, tags, lists, variety, and what it teaches.

    python benchmarks/cards/diasynth.py DATA_DIR [--write]

DATA_DIR is a copy of the authors' repository; the data has no licence file and is read only. What
is not there is skipped with a reason.
"""

from __future__ import annotations

import argparse
import ast
import csv
import itertools
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from benchmarks.tables import columns, markdown, put
from dramaturg import evaluate, generate, scorers
from dramaturg.errors import ReplyError

ROOT = Path(__file__).parents[2]

PAGE = ROOT / "docs" / "recipes" / "diasynth.md"
MADE = "generated_data"
ABLATION = f"{MADE}/ablations/phi3_dialoguesum_wo_subtopics.csv"
BARE = {"DialogSum": f"{MADE}/phi3_dialogsum_without_cot.csv",
        "SAMSum": f"{MADE}/phi3_samsum_without_cot.csv"}  # fmt: skip
REAL = {"DialogSum": "data/dialoguesum_test.csv", "SAMSum": "data/samsum_test.csv"}
LOSSES = ("coherent", "error recovery", "consistent", "diverse", "depth", "understand")
Rows = list[tuple[str, ...]]
Row = dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true", help="put the tables on the recipe's page")
    given = parser.parse_args()
    csv.field_size_limit(1 << 30)
    table: Rows = [("what", "n", "card", "ours")]
    for check in (scores, tags, lists, variety):
        table += check(given.data)
    learnt = list(worth(given.data))
    print(columns(table))
    head = ("domain", "trained on", "items", "ROUGE-L", "of real", "by seed")
    print("\n" + columns([head, *learnt]))
    if given.write and len(table) > 1:
        put(PAGE, "checked", markdown(table))
        put(PAGE, "in domain", markdown([head, *learnt]))


def read(data: Path, name: str) -> list[Row]:
    """The rows of a file, or none with a word about it."""
    path = data / name
    if not path.exists():
        print(f"skipped: there is no {name} in {data}")
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def scores(data: Path) -> Rows:
    """What the published scores say, and what the health report says of them."""
    rows = read(data, ABLATION)
    if not rows:
        return []
    n = str(len(rows))
    values: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for kind in ("fed", "gpt_score", "g_eval"):
            for name, value in ast.literal_eval(row[kind]).items():
                values[f"{kind} {name}"].append(value)
    lengths = [float(len(row["dialogue"].split())) for row in rows]
    ends = {"fed": (-math.inf, math.inf), "gpt_score": (0.0, 1.0), "g_eval": (1.0, 3.0)}
    ranges = {name: ends[name.split()[0]] for name in values}
    chances = [name for name in values if name.startswith("gpt_score")]
    notes = evaluate.health(values, ranges, lengths, chances=chances)
    ratings = [v for name in values if name.startswith("g_eval") for v in values[name]]
    yes = [v for name in chances for v in values[name]]
    losses = np.array([values[f"fed {name}"] for name in LOSSES])
    matrix = np.corrcoef(losses)
    off = matrix[~np.eye(len(LOSSES), dtype=bool)]
    long = [float(np.corrcoef(row, lengths)[0, 1]) for row in losses]
    said = Counter(kind for note in notes for kind in KINDS if kind in note)
    return [
        ("weighted ratings, lowest and highest", f"4 x {n}", "2.993 to 3.000", span(ratings, 3)),
        ("called saturated", "4", "4", str(said["is saturated"])),
        ("chances of yes, lowest and highest", f"{len(chances)} x {n}", "0.000 to 0.18",
         span(yes, 3)),
        ("told that they always say no", str(len(chances)), "-", str(said["always says no"])),
        ("six losses: correlation with each other", n, "0.999", span(off.tolist(), 3)),
        ("told as one group of six", "1", "1", str(sum("say the same" in note and all(
            f"fed {name}" in note for name in LOSSES) for note in notes))),
        ("six losses: correlation with length", n, "-0.43", span(long, 2)),
        ("told that they follow length", "6", "6", str(said["follows length"])),
    ]  # fmt: skip


KINDS = ("is saturated", "always says no", "follows length")


def span(values: Sequence[float], digits: int) -> str:
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def tags(data: Path) -> Rows:
    """Replies whose reasoning column holds the talk, read by a reader that asks for tags."""
    found: Rows = []
    for domain, name in BARE.items():
        rows = read(data, name)
        if not rows:
            continue
        inside = sum("<dialogue>" in row["cot"] for row in rows)
        kinds: Counter[str] = Counter()
        for row in rows:
            try:
                generate.read_reasoned(row["cot"])
                kinds["kept"] += 1
            except ReplyError as error:
                kinds[error.kind] += 1
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        n = str(len(rows))
        found += [
            (f"{domain}: reasoning column holds the talk", n, "one file", str(inside)),
            (f"{domain}: the same column read as a reply", n, "all refused", told),
        ]
    return found


def lists(data: Path) -> Rows:
    """Subtopics and people of the published tree: pairs, and entries that are too alike."""
    rows = read(data, BARE["DialogSum"])
    if not rows:
        return []
    people: dict[str, dict[str, None]] = defaultdict(dict)
    pairs: Counter[str] = Counter()
    for row in rows:
        people[row["topic"]].update(dict.fromkeys((row["persona_1"], row["persona_2"])))
        pairs[row["topic"]] += 1
    full = sum(pairs[t] == len(p) * (len(p) - 1) // 2 for t, p in people.items())
    alike = sum(
        scorers.rouge_l(a, b) >= 0.5
        for cast in people.values()
        for a, b in itertools.combinations(cast, 2)
    )
    n = str(len(people))
    return [
        ("subtopics; most talks of one", n, "at most 96; 15", f"{n}; {max(pairs.values())}"),
        ("subtopics with all pairs of their people", n, "all", str(full)),
        ("pairs of people too alike by our ROUGE-L", str(sum(pairs.values())), "0", str(alike)),
    ]


def variety(data: Path) -> Rows:
    """How near each talk is to the nearest other one, over equally many talks."""
    found: Rows = []
    for name, file, column in (
        ("made, DialogSum", BARE["DialogSum"], "dialogue"),
        ("made, no subtopics", ABLATION, "dialogue"),
        ("real, DialogSum", REAL["DialogSum"], "dialogue"),
    ):
        texts = [row[column] for row in read(data, file)][:200]
        if texts:
            near = evaluate.nearest_in_words(texts)
            mean = f"{sum(near) / len(near):.3f}"
            found.append((f"nearest other talk, ROUGE-L: {name}", str(len(texts)), "-", mean))
    return found


def worth(data: Path) -> Iterator[tuple[str, ...]]:
    """A small learner trained on made and on real talks, tested on real ones."""
    for domain, file in REAL.items():
        real, made = items(read(data, file)), items(read(data, BARE[domain]))
        if not real or not made:
            continue
        test = real[len(real) // 2 :]
        known = {item.turns for item in test}
        rest = [item for item in real[: len(real) // 2] if item.turns not in known]
        for row in evaluate.in_domain(
            {"real": rest, "made": made}, "real", test, fit=evaluate.fit_picker,
            score=scorers.rouge_l,
        ):  # fmt: skip
            yield (
                f"{domain}, {row.tested_on} talks",
                row.side or "nothing",
                str(row.trained_on),
                f"{row.mean:.4f}",
                f"{row.of_real:.1%}" if row.of_real is not None else "-",
                ", ".join(f"{value:.4f}" for value in row.by_seed),
            )


def items(rows: Sequence[Any]) -> list[evaluate.Item]:
    """Talks with a summary; speaker tags go."""
    found = []
    for row in rows:
        said = (
            re.sub(r"^[^:]{1,20}:\s*", "", line).strip() for line in row["dialogue"].split("\n")
        )
        turns = tuple(filter(None, said))
        if turns and row["summary"].strip():
            found.append(evaluate.Item(turns, row["summary"].strip()))
    return found


if __name__ == "__main__":
    main()
