"""How long `evaluate` takes and how much memory it needs, by metric.

    python benchmarks/evaluate_speed.py [--data DIR] [-n 100000] [--write]

The conversations are the open parts of Synthetic-Persona-Chat, over and over, each repeat with
words of its own so that no two are alike. Seconds are the processor's, so that other work on the
machine does not count. Each size runs in a process of its own; --write renews
the table in docs/evaluation.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.tables import publish  # noqa: E402

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


def main() -> int:
    """Print the tables."""
    ask = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    ask.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    ask.add_argument("-n", type=int, nargs="*", default=[2_000, 20_000, 100_000])
    ask.add_argument("--scratch", type=Path, default=Path("."), help="where the files are made")
    ask.add_argument("--write", action="store_true", help="renew the table in the docs page")
    ask.add_argument("--child", help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.child:
        measure(given.child)
        return 0
    found = []
    for n in given.n:
        file = given.scratch / f"evaluate-speed-{n}.jsonl"
        with file.open("w", encoding="utf-8") as out:
            for line in rows(given.data, n):
                out.write(line + "\n")
        try:
            command = [sys.executable, __file__, "--child", str(file)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found.append(json.loads(done.stdout))
        finally:
            file.unlink()
    parts = list(found[-1]["seconds"])
    head = ["part", *(f"n = {one['n']:,}: s per 1,000" for one in found)]
    table = [head]
    for part in parts:
        per = [f"{1_000 * one['seconds'].get(part, 0) / one['n']:.3f}" for one in found]
        table.append([part, *per])
    table.append(["all of it", *(f"{1_000 * one['all'] / one['n']:.3f}" for one in found)])
    table.append(["all of it, processor seconds", *(f"{one['all']:.0f}" for one in found)])
    table.append(["peak memory, MB", *(f"{one['peak_mb']:.0f}" for one in found)])
    publish(
        "speed",
        [("Processor seconds per 1,000 conversations (one core), and peak memory", table)],
        write=given.write,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
