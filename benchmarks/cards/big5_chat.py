"""The card of big5-chat on published data: the guard on steered replies, the keys on real people.

    python benchmarks/cards/big5_chat.py DATA_DIR [--write]

DATA_DIR holds, anywhere below it, what there is of: `alpha_*_trait_*.jsonl` (replies at seven
strengths of steering, in the authors' repository), `questionnaires*.json` (PsychoBench), and
`Test-set.json` with `mpi_300_split.json` (300 people who answered 300 IPIP items: the PAPI data).
None states a licence for all of it; the files are read only. What is not there is skipped with a
reason.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from benchmarks.tables import columns, markdown, put
from dramaturg import scorers
from dramaturg.errors import ReplyError, UserError
from dramaturg.evaluate.inventory import (
    ScaleScore,
    correlations,
    load_inventory,
    score,
)
from dramaturg.generate import Counted, decode_mix, spoken
from dramaturg.models.embedded.next_token import EmbeddedTokens

ROOT = Path(__file__).parents[2]

PAGE = ROOT / "docs" / "recipes" / "big5-chat.md"
TRAITS = {"o": "openness", "c": "conscientiousness", "e": "extraversion", "a": "agreeableness"}
ALPHAS = ("0.25", "0.5", "0.75", "1.0", "1.33", "2.0", "4.0")
CARD_DISTINCT = {("o", "2.0"): "0.58", ("o", "4.0"): "0.07"}
OPENINGS = (
    "I think that", "You know, I", "Well, you", "Thank you for", "I don't", "Let's", "Look,",
    "It is",
)  # fmt: skip
Rows = list[tuple[str, ...]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true", help="put the tables on the recipe's page")
    given = parser.parse_args()
    for name, table in (("steering", steering(given.data)), ("people", people(given.data)),
                        ("keys", keys(given.data)),
                        ("decoding", decoding(given.data))):  # fmt: skip
        if len(table) > 1:
            print(f"\n{name}\n{columns(table)}")
            if given.write:
                put(PAGE, name, markdown(table))


def steering(data: Path) -> Rows:
    """Every set of replies through the guard; the reference is the same trait at alpha 0.25."""
    files = {file.stem: file for file in data.rglob("alpha_*_trait_*.jsonl")}
    if not files:
        print(f"skipped steering: no alpha_*_trait_*.jsonl below {data}")
        return []
    head = (
        "trait",
        "alpha",
        "scenes",
        "replies",
        "distinct-2, all",
        "card",
        "distinct-2, 560 tokens",
    )
    rows: Rows = [(*head, "words", "broken", "guard")]
    cleaned = empty = total = 0
    for letter, trait in TRAITS.items():
        texts: dict[str, list[str]] = {}
        scenes: dict[str, int] = {}
        for alpha in ALPHAS:
            if (file := files.get(f"alpha_{alpha}_trait_{letter}")) is None:
                print(f"skipped: {trait} at {alpha} is not there")
                continue
            lines = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line]
            texts[alpha] = [str(row["response"]) for row in lines if row["turn"] == 1]
            scenes[alpha] = len({row["env_idx"] for row in lines if row["turn"] == 1})
        for alpha, said in texts.items():
            found = scorers.degeneration(said, reference=texts.get("0.25", ()))
            rows.append((
                trait, alpha, str(scenes[alpha]), str(len(said)),
                f"{scorers.distinct_n(said, 2):.3f}", CARD_DISTINCT.get((letter, alpha), ""),
                f"{found.distinct_2:.3f}", f"{found.words:.0f}", f"{found.broken} of {found.n}",
                "; ".join(found.reasons) or "passes",
            ))  # fmt: skip
            for text in said:
                total += 1
                try:
                    cleaned += spoken(text) != " ".join(text.split())
                except ReplyError:
                    empty += 1
    print(
        f"{cleaned} of {total} replies hold actions, asides or outer quotes; {empty} nothing else"
    )
    return rows


def people(data: Path) -> Rows:
    """300 people's answers to the IPIP-NEO-120: the items of minus keys come turned already."""
    names = ("Test-set.json", "mpi_300_split.json")
    subjects, split = (next(iter(data.rglob(name)), None) for name in names)
    if subjects is None or split is None:
        print(f"skipped people: no {' and '.join(names)} below {data}")
        return []
    ipip = load_inventory("ipip-neo-120")
    # The 120 numbers that the short form has among the 300 items, in the order of the short form.
    places = json.loads(split.read_text("utf-8"))["train_index"]
    columns_of = {item.id: place for item, place in zip(ipip.items, places, strict=True)}
    scored: list[Mapping[str, ScaleScore]] = []
    naive: dict[str, list[int]] = {}
    agreed: dict[str, list[int]] = {}
    for person in json.loads(subjects.read_text("utf-8")):
        values = {}
        for item in ipip.items:
            given = person[f"i{columns_of[item.id]}"]
            if given:  # 0 is no answer
                literal = 6 - given if item.reversed else given
                values[item.id] = literal
                naive.setdefault(item.text, []).append(given)
                agreed.setdefault(item.text, []).append(literal)
        scored.append(score(ipip, values))
    rows: Rows = [("what", "n", "card", "ours")]
    for text, card in (("Cheat to get ahead.", "4.11 read naively, 1.89 right"),
                       ("Break my promises.", "3.98 read naively, 2.02 right")):  # fmt: skip
        rows.append((
            f"agreement with '{text}'", str(len(agreed[text])), card,
            f"{statistics.fmean(naive[text]):.2f} naively, {statistics.fmean(agreed[text]):.2f}",
        ))  # fmt: skip
    for scale in ipip.scales:
        means = [one[scale].mean for one in scored if scale in one]
        rows.append(
            (
                f"{scale}, mean and deviation over people",
                str(len(means)),
                "",
                f"{statistics.fmean(means):.2f}, {statistics.stdev(means):.2f}",
            )
        )
    for (one, other), r in correlations(scored).items():
        rows.append((f"r of {one} and {other}", str(len(scored)), "", f"{r:+.2f}"))
    return rows


def keys(data: Path) -> Rows:
    """What the highest option everywhere gives on the questionnaires with reversed items."""
    rows: Rows = [("questionnaire", "items", "range", "reversed", "highest everywhere, by scale")]
    for file in sorted(data.rglob("questionnaires*.json"))[:1]:
        for one in json.loads(file.read_text("utf-8")):
            try:
                known = load_inventory(str(one["name"]), file)
            except UserError:  # one of them names no scales
                continue
            if not any(item.reversed for item in known.items):
                continue
            every = score(known, {item.id: known.highest for item in known.items})
            told = ", ".join(f"{name} {scale.mean:.2f}" for name, scale in list(every.items())[:5])
            rows.append((
                known.name, str(len(known.items)), f"{known.lowest} to {known.highest}",
                str(sum(item.reversed for item in known.items)), told,
            ))  # fmt: skip
    if len(rows) == 1:
        print(f"skipped keys: no questionnaires*.json below {data}")
    return rows


def decoding(data: Path) -> Rows:
    """The embedded network pulled by experts counted in the published replies, at some alphas.

    Replies of scenes with an even number are counted, those of odd ones make the read-out: the mean
    log-odds of a text's words between replies written high and low in agreeableness.
    """
    replies: dict[tuple[int, int], list[str]] = {(i, j): [] for i in (0, 1) for j in (0, 1)}
    for alpha in ALPHAS[:4]:
        for file in data.rglob(f"alpha_{alpha}_trait_a.jsonl"):
            for line in file.read_text("utf-8").splitlines():
                row = json.loads(line)
                if row["turn"] == 1:
                    level = 1 - int(row["personality"].split()[3])  # in these files 0 is high
                    replies[level, row["env_idx"] % 2].append(str(row["response"]))
    if not all(replies.values()):
        print(f"skipped decoding: no alpha_*_trait_a.jsonl below {data}")
        return []
    base, judge = EmbeddedTokens(), EmbeddedTokens()
    counted = {
        level: Counted(f"level {level}", base.vocabulary,
                       [base.encode(t, begin=False) for t in replies[level, 0]], end=base.end)
        for level in (0, 1)
    }  # fmt: skip
    rows: Rows = [("alpha", "texts", "read-out, pulled high", "pulled low", "shift",
                   "log-probability a token by the base", "distinct-2", "in circles")]  # fmt: skip
    read = _log_odds(replies[1, 1], replies[0, 1])
    for strength in (0.0, 0.1, 0.25, 0.5, 1.0):
        texts: dict[int, list[str]] = {0: [], 1: []}
        logs = []
        for level in (0, 1):
            for opening in OPENINGS:
                prompt = base.encode(opening)
                said = decode_mix(base, counted[level], anti=counted[1 - level], alpha=strength,
                                  prompt=prompt, expert_prompt=prompt[2:], end=base.end,
                                  max_tokens=24)  # fmt: skip
                texts[level].append(said.text)
                logs.append(_likely(judge, prompt, said.ids))
        both = texts[0] + texts[1]
        high, low = (statistics.fmean(map(read, texts[level])) for level in (1, 0))
        circles = sum(len(set(t.split())) < 0.6 * len(t.split()) for t in both)
        rows.append((f"{strength:g}", str(len(both)), f"{high:+.3f}", f"{low:+.3f}",
                     f"{high - low:+.3f}", f"{statistics.fmean(logs):.2f}",
                     f"{scorers.distinct_n(both, 2):.2f}", f"{circles}"))  # fmt: skip
    return rows


def _likely(judge: EmbeddedTokens, prompt: list[int], ids: Sequence[int]) -> float:
    """Mean log-probability of a text's tokens by the base alone."""
    total = 0.0
    for at, token in enumerate(ids):
        logits = judge.logits([*prompt, *ids[:at]]).astype(float)
        top = float(logits.max())
        total += float(logits[token]) - top - math.log(float(np.exp(logits - top).sum()))
    return total / max(1, len(ids))


def _log_odds(high: list[str], low: list[str]) -> Callable[[str], float]:
    """How much more a text's words are those of the first replies, in nats a word."""
    counts = [Counter(w for text in side for w in scorers.tokens(text)) for side in (high, low)]
    totals = [count.total() for count in counts]

    def read(text: str) -> float:
        words = scorers.tokens(text)
        odds = [math.log((counts[0][w] + 1) / totals[0]) - math.log((counts[1][w] + 1) / totals[1])
                for w in words]  # fmt: skip
        return statistics.fmean(odds) if odds else 0.0

    return read


if __name__ == "__main__":
    main()
