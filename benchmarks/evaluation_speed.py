"""How long `evaluate` takes and how much memory it needs, by metric.

    python benchmarks/evaluation_speed.py [--data DIR] [-n 2000 20000 100000] [--write]

The conversations are the open parts of Synthetic-Persona-Chat, over and over, each repeat with
words of its own so that no two are alike. Seconds are the processor's, so that other work on the
machine does not count. Each size runs in a process of its own; --write renews the table in
docs/evaluation.md. `benchmarks/evaluation.py` runs it with small sizes, or those of its `--sizes`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.tables import publish

ROOT = Path(__file__).parents[1]
SIZES = (500, 2_000)  # small: half a minute
_PARTS = ("train", "new")


def rows(data: Path, count: int) -> Iterator[str]:
    """So many conversations as JSON lines."""
    made = 0
    again = 0
    while made < count:
        for part in _PARTS:
            path = data / "synthetic-persona-chat" / f"{part}.jsonl.gz"
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    if not row["turns"]:
                        continue
                    if again:
                        row["turns"] = [
                            [who, f"{text} v{again}x{i % 3}"] if i % 2 else [who, text]
                            for i, (who, text) in enumerate(row["turns"])
                        ]
                    yield json.dumps(row)
                    made += 1
                    if made == count:
                        return
        again += 1


def measure(file: str) -> None:
    """Evaluate one file; print processor seconds by part and in all, and peak memory as JSON."""
    from dramaturg.runner import evaluate_dataset

    begun = time.process_time()
    found = evaluate_dataset(file, timer=time.process_time)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "seconds": found.seconds,
                "all": time.process_time() - begun,
                "peak_mb": peak,
                "n": found.report["conversations"][0],
            }
        )
    )


def timed(data: Path, n: int, scratch: Path) -> dict[str, Any]:
    """What `measure` says of so many conversations, in a process of its own.

    Args:
        scratch: Where the file is made, some 3 kB a conversation; it is removed again.
    """
    file = scratch / f"evaluation-speed-{n}.jsonl"
    try:
        with file.open("w", encoding="utf-8") as out:
            for line in rows(data, n):
                out.write(line + "\n")
        command = [sys.executable, __file__, "--child", str(file)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    finally:
        file.unlink(missing_ok=True)


def table(found: Sequence[dict[str, Any]]) -> list[list[str]]:
    """A row a part, a column a size; then all of it, and peak memory."""
    made = [["part", *(f"n = {one['n']:,}: s per 1,000" for one in found)]]
    for part in found[-1]["seconds"]:
        per = [f"{1_000 * one['seconds'].get(part, 0) / one['n']:.3f}" for one in found]
        made.append([part, *per])
    made.append(["all of it", *(f"{1_000 * one['all'] / one['n']:.3f}" for one in found)])
    made.append(["all of it, processor seconds", *(f"{one['all']:.0f}" for one in found)])
    made.append(["peak memory, MB", *(f"{one['peak_mb']:.0f}" for one in found)])
    return made


def main(data: Path, write: bool, sizes: Sequence[int] = SIZES) -> None:
    """Print the table; with `write`, renew it on the page."""
    with tempfile.TemporaryDirectory() as scratch:
        found = [timed(data, n, Path(scratch)) for n in sorted(sizes)]
    title = "Processor seconds per 1,000 conversations (one core), and peak memory"
    publish("speed", [(title, table(found))], write=write)


def command() -> int:
    """The same as a command of its own."""
    ask = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    ask.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    ask.add_argument("-n", type=int, nargs="+", default=[2_000, 20_000, 100_000])
    ask.add_argument("--write", action="store_true", help="renew the table in the docs page")
    ask.add_argument("--child", help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.child:
        measure(given.child)
    else:
        main(given.data, given.write, given.n)
    return 0


if __name__ == "__main__":
    sys.exit(command())
