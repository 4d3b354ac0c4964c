"""How long the small steps on a dataset take, and in how much memory.

`python benchmarks/rework.py [-n 50000] [--only STEP ...] [--write]` makes a file of n conversations
(12 to 20 turns, people of five facts who talk twice each, one conversation in twenty a near-repeat,
one turn in twenty with a name and an address), then gives it to each step in a fresh process and
prints seconds, conversations a second, and the peak of resident memory. --write renews the table in
docs/publish.md.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tables import put

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "publish.md"
NAMES = ("Anna", "Peter", "Maria", "John", "Sofia", "David", "Emma", "Paul")
LETTERS = ("b", "br", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v", "w")


def make(path: Path, count: int) -> None:
    """Write that many conversations."""
    from dramaturg.dataset.formats.talk import conversation, person
    from dramaturg.records import to_json

    rng = random.Random(13)
    words = sorted({"".join(rng.choice(LETTERS) + rng.choice("aeiou") for _ in range(k))
                    for k in (1, 2, 2, 2, 3, 3) for _ in range(1_000)})  # fmt: skip
    often = [1 / (rank + 5) for rank in range(len(words))]  # as in talk: few words are most

    def sentence(least: int, most: int) -> str:
        said = " ".join(rng.choices(words, often, k=rng.randint(least, most))).capitalize()
        return f"{said}."

    people = [person("", [sentence(4, 9) for _ in range(5)]) for _ in range(max(2, count))]
    last: list[tuple[int, str]] = []
    with path.open("w", encoding="utf-8") as file:
        for n in range(count):
            said = [(k % 2, sentence(5, 25)) for k in range(rng.randint(12, 20))]
            if last and rng.random() < 0.05:
                said = [*last[:-1], said[0]]
            for k, (who, text) in enumerate(said):
                if rng.random() < 0.05:
                    name = rng.choice(NAMES)
                    said[k] = (who, f"My name is {name}, {name.lower()}{n}@example.org. {text}")
            last = said
            pair = [people[n], people[(7 * n + 3) % len(people)]]
            split = ("train", "train", "train", "test")[n % 4]
            made = conversation(pair, said, id=f"talk-{n}", split=split)
            file.write(to_json(made) + "\n")


def steps() -> dict[str, Callable[[Path, Path], Any]]:
    """Name in the table -> the step."""
    from dramaturg.dataset import rework
    from dramaturg.dataset.redaction import redact
    from dramaturg.dataset.resplit import resplit

    return {
        "filter": lambda source, out: rework.keep_where(source, out, "turns >= 14"),
        "sample": lambda source, out: rework.sample(source, out, share=0.5),
        "dedupe": lambda source, out: rework.dedupe(source, out),
        "dedupe --near 0.5": lambda source, out: rework.dedupe(source, out, 0.5),
        "split --by pair": lambda source, out: resplit(source, out, "pair"),
        "split --by persona": lambda source, out: resplit(source, out, "persona"),
        "redact": lambda source, out: redact(source, out),
    }


def one(step: str, source: Path, out: Path) -> None:
    """Run one step in this process; print its seconds, peak MB and kept rows as JSON."""
    run = steps()[step]
    start = time.perf_counter()
    made = run(source, out)
    took = time.perf_counter() - start
    unit = 1024**2 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(json.dumps({"seconds": took, "peak": peak, "kept": made.kept}))


def measure(count: int, only: list[str]) -> str:
    """The table, in Markdown."""
    lines = [
        "| step | seconds | conversations a second | peak memory, MB | kept |",
        "|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as place:
        source = Path(place, "in.jsonl")
        make(source, count)
        size = source.stat().st_size / 1e6
        for step in steps():
            if only and step not in only:
                continue
            out = Path(place, "out")
            words = [sys.executable, __file__, "--one", step, str(source), str(out)]
            done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
            shutil.rmtree(out)
            told = json.loads(done.stdout.splitlines()[-1])
            rate = count / told["seconds"]
            lines.append(
                f"| {step} | {told['seconds']:,.1f} | {rate:,.0f} | {told['peak']:,.0f} | "
                f"{told['kept']:,} |"
            )
            print(lines[-1], flush=True)
    lines.append("")
    lines.append(f"n = {count:,} conversations, {size:,.0f} MB of JSON; one run, a process each.")
    return "\n".join(lines)


def main() -> None:
    """Print the table, and write it where it belongs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=50_000, help="conversations")
    parser.add_argument("--only", nargs="*", default=[], help="names of the steps to run")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.one[0], Path(given.one[1]), Path(given.one[2]))
        return
    if unknown := set(given.only) - steps().keys():
        parser.error(f"no step {sorted(unknown)[0]!r}; there are {', '.join(steps())}")
    table = measure(given.n, given.only)
    print(f"\n{table}")
    if given.write:
        put(PAGE, "rework", table)


if __name__ == "__main__":
    main()
