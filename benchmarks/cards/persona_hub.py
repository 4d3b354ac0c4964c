"""The planted cases of persona-hub on the published people: 5,000 lines of the tool file.

    python benchmarks/cards/persona_hub.py DATA_DIR [--write]

DATA_DIR is a copy of the authors' repository (or a folder with its `tool.jsonl`); the people are
under CC BY-NC-SA 4.0 and are read only. What is not there is skipped with a reason.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.tables import columns, markdown, put
from dramaturg import generate, persona
from dramaturg.dataset import terms
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.persona import wrong_with

ROOT = Path(__file__).parents[2]

PAGE = ROOT / "docs" / "recipes" / "persona-hub.md"
PLANTS = 500
Rows = list[tuple[str, ...]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true", help="put the table on the recipe's page")
    given = parser.parse_args()
    file = next((f for f in (given.data / "data" / "tool.jsonl", given.data / "tool.jsonl")
                 if f.exists()), None)  # fmt: skip
    if file is None:
        print(f"skipped: there is no tool.jsonl in {given.data}")
        return
    rows = [msgspec.json.decode(line) for line in file.read_bytes().splitlines() if line.strip()]
    people = [row["input persona"].strip() for row in rows]
    texts = [str(row["synthesized text"]) for row in rows]
    table: Rows = [("what", "n", "card", "ours")]
    table += shape(people)
    table += duplicates(people)
    table += asyncio.run(plants(people))
    table += rules(people, texts)
    print(columns(table))
    if given.write:
        put(PAGE, "checked", markdown(table))


def shape(people: Sequence[str]) -> Rows:
    """How long the lines are, and in which scripts."""
    n = f"{len(people):,}"
    sizes = [len(set(terms(text))) for text in people]
    chinese = sum(bool(re.search(r"[\u4e00-\u9fff]", text)) for text in people)
    cyrillic = sum(bool(re.search(r"[\u0400-\u04ff]", text)) for text in people)
    latin = [frozenset(re.findall(r"[a-z0-9]+", text.lower())) for text in people]
    empty = sum(not bag for bag in latin)
    return [
        ("different lines", n, "5,000", f"{len(set(people)):,}"),
        ("different words a line, mean", n, "13.6", f"{sum(sizes) / len(sizes):.1f}"),
        ("different words a line, most", n, "61", str(max(sizes))),
        ("lines of 19 words or more", n, "484", str(sum(size >= 19 for size in sizes))),
        ("lines with Chinese; with Cyrillic", n, "92; 15", f"{chinese}; {cyrillic}"),
        ("lines that a Latin-only cut leaves empty", n, "-", str(empty)),
    ]


def duplicates(people: Sequence[str]) -> Rows:
    """What goes, and how many pairs there are at lower bars."""
    n = f"{len(people):,}"
    begun = time.perf_counter()
    gone = len(persona.near_duplicates(people))
    took = time.perf_counter() - begun
    shares = pairs_at(people, 0.5)
    return [
        ("pairs with a share of 0.5 or more", n, "10", str(len(shares))),
        ("pairs with a share of 0.6 or more", n, "0", str(sum(s >= 0.6 for s in shares))),
        ("gone at 0.9", n, "0", str(gone)),
        ("seconds for that, one core", n, "-", f"{took:.2f}"),
    ]


def pairs_at(texts: Sequence[str], at: float) -> list[float]:
    """The share of every pair that has so great a one; by words that two such must share."""
    bags = [frozenset(terms(text)) for text in texts]
    rarity = Counter(word for bag in bags for word in bag)
    shelves: dict[str, list[int]] = defaultdict(list)
    found = []
    for index, bag in enumerate(bags):
        rare = sorted(bag, key=lambda word: (rarity[word], word))
        prefix = rare[: len(bag) - math.ceil(at * len(bag)) + 1]
        for other in {o for word in prefix for o in shelves[word]}:
            share = persona.jaccard(bag, bags[other])
            if share >= at:
                found.append(share)
        for word in prefix:
            shelves[word].append(index)
    return found


async def plants(people: Sequence[str]) -> Rows:
    """Changed copies of drawn lines: which go by words, which by meaning."""
    draw = random.Random(13)
    drawn = draw.sample(list(people), PLANTS)
    others = sorted({word for text in people for word in terms(text) if word.isascii()})

    def another(said: Sequence[str]) -> str:
        return next(w for w in iter(lambda: draw.choice(others), "") if w not in said)

    def reordered(text: str) -> str:
        said = text.upper().split()
        return " ".join(draw.sample(said, len(said))) + "!"

    def added(text: str) -> str:
        return f"{text} {another(terms(text))}"

    def replaced(text: str) -> str:
        said = terms(text)
        once = [w for w in said if said.count(w) == 1 and w.isascii()] or said[:1]
        new, gone = another(said), draw.choice(once)
        return " ".join(new if w == gone else w for w in said)

    rows: Rows = []
    for name, change in (("reordered, other case", reordered), ("one word added", added),
                         ("one word replaced", replaced)):  # fmt: skip
        rows += await planted(name, drawn, change)
    texts = list(people)
    gone = await persona.near_in_meaning(texts, EmbeddedModel())
    rows.append(
        ("lines gone by meaning at 0.9, embedded vectors", f"{len(texts):,}", "-", str(len(gone)))
    )
    return rows


async def planted(name: str, drawn: Sequence[str], change: Callable[[str], str]) -> Rows:
    """One kind of change: gone by words as n says, and of the others those gone by meaning."""
    rule = {"one word added": 9, "one word replaced": 19}.get(name, 0)
    right = by_meaning = rest = 0
    for text in drawn:
        copy = change(text)
        gone = 1 in persona.near_duplicates([text, copy])
        right += gone == (len(set(terms(text))) >= rule)
        if not gone:
            rest += 1
            by_meaning += 1 in await persona.near_in_meaning([text, copy], EmbeddedModel())
    n = str(len(drawn))
    told = f"goes from {rule} words" if rule else "all go"
    found: Rows = [(f"{name}: as the rule says ({told})", n, n, str(right))]
    if rest:
        found.append((f"{name}: of those left, gone by meaning", str(rest), "-", str(by_meaning)))
    return found


def rules(people: Sequence[str], texts: Sequence[str]) -> Rows:
    """How many published lines our rules would refuse."""
    n = f"{len(people):,}"
    wrong = Counter(found for text in people if (found := wrong_with(text)))
    told = ", ".join(f"{count} {name}" for name, count in wrong.most_common()) or "none"
    copied = sum(generate.copies(who, text) for who, text in zip(people, texts, strict=True))
    return [
        ("lines that would be no description", n, "-", f"{sum(wrong.values())} ({told})"),
        ("texts that repeat the description", n, "-", str(copied)),
    ]


if __name__ == "__main__":
    main()
