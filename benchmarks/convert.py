"""How fast a dataset is converted, in how much memory, beside `json` and `pyarrow` alone.

`python benchmarks/convert.py [--megabytes 64] [--only CASE ...] [--write]` makes a file of our JSON
lines of that size, then converts it in fresh processes and prints MB of input a second (by the
clock, and by the processor's time) and the peak of resident memory. The baselines read with
`json.loads` and write with `json.dumps`, or with `pyarrow` in batches of 512 rows; they check
nothing and know no other form. --write renews the table in docs/formats.md.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tables import put

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "formats.md"
WORDS = re.findall(
    r"\w+",
    "I you we they often never always like love make bake read sing run walk see two dogs cats "
    "bread books songs hills rivers morning evening really quite sometimes today with about from",
)
CASES = {  # name in the table -> (how, target)
    "`json` to `json`, alone": ("json", "out.jsonl"),
    "jsonl to jsonl": ("ours", "out.jsonl"),
    "jsonl to messages": ("ours --to messages", "out.jsonl"),
    "jsonl to sharegpt": ("ours --to sharegpt", "out.jsonl"),
    "jsonl to csv": ("ours", "out.csv"),
    "messages to jsonl": ("back", "out.jsonl"),
    "`json` to `pyarrow`, alone": ("pyarrow", "out.parquet"),
    "jsonl to parquet": ("ours", "out.parquet"),
}


def make(path: Path, megabytes: float) -> int:
    """Write conversations of 12 to 20 turns between people of five facts; how many."""
    from dramaturg.dataset.formats.talk import conversation, person
    from dramaturg.records import to_json

    rng = random.Random(13)

    def sentence(least: int, most: int) -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(least, most))).capitalize() + "."

    people = [person("", [sentence(4, 9) for _ in range(5)]) for _ in range(500)]
    count, size = 0, 0
    with path.open("w", encoding="utf-8") as file:
        while size < megabytes * 1e6:
            said = [(n % 2, sentence(5, 25)) for n in range(rng.randint(12, 20))]
            made = conversation(rng.sample(people, 2), said, split="train")
            size += file.write(to_json(made) + "\n")
            count += 1
    return count


def with_json(source: Path, target: Path) -> None:
    """The plainest loop there is."""
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        for line in lines:
            out.write(json.dumps(json.loads(line), ensure_ascii=False) + "\n")


def with_pyarrow(source: Path, target: Path) -> None:
    """JSON rows to parquet in batches, with the schema that pyarrow infers from the first."""
    import itertools

    import pyarrow as pa
    import pyarrow.parquet as pq

    with source.open(encoding="utf-8") as lines:
        told = map(json.loads, lines)
        rows = ({key: row[key] for key in ("id", "split", "speakers", "turns")} for row in told)
        schema = writer = None
        while batch := list(itertools.islice(rows, 512)):
            table = pa.Table.from_pylist(batch, schema=schema)
            schema = table.schema
            writer = writer or pq.ParquetWriter(target, schema, compression="zstd")
            writer.write_table(table)
        if writer is not None:
            writer.close()


def one(how: str, source: Path, target: Path) -> None:
    """Run one case in this process and print its seconds and peak memory in MB as JSON."""
    name, _, rest = how.partition(" ")
    start, worked = time.perf_counter(), time.process_time()
    if name == "json":
        with_json(source, target)
    elif name == "pyarrow":
        with_pyarrow(source, target)
    else:
        from dramaturg.dataset import convert

        convert(source, target, to_format=rest.removeprefix("--to ") or None)
    took, worked = time.perf_counter() - start, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform != "darwin" else 1024**2
    )
    print(json.dumps({"seconds": took, "cpu": worked, "peak": peak}))


def measure(megabytes: float, only: list[str]) -> str:
    """The table, in Markdown."""
    lines = [
        "| what | MB/s of input | MB a CPU second | peak memory, MB |",
        "|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as place:
        source = Path(place, "in.jsonl")
        count = make(source, megabytes)
        size = source.stat().st_size / 1e6
        for name, (how, out) in CASES.items():
            if only and not any(word in name for word in only):
                continue
            given = source
            if how == "back":
                given = Path(place, "messages.jsonl")
                ran(["ours --to messages", str(source), str(given)])
            target = Path(place, out)
            told = ran([how, str(given), str(target)])
            read = given.stat().st_size / 1e6
            rates = f"{read / told['seconds']:.0f} | {read / told['cpu']:.0f}"
            lines.append(f"| {name} | {rates} | {told['peak']:.0f} |")
            target.unlink()
    lines.append("")
    lines.append(f"n = {count:,} conversations, {size:,.0f} MB; one run each, a process each.")
    return "\n".join(lines)


def ran(words: list[str]) -> dict[str, float]:
    """One case in a fresh process."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", *words], check=True, capture_output=True, text=True
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    """Print the table, and write it where it belongs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=64)
    parser.add_argument("--only", nargs="*", default=[], help="words of the cases to run")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.one[0], Path(given.one[1]), Path(given.one[2]))
        return
    table = measure(given.megabytes, given.only)
    print(table)
    if given.write:
        put(PAGE, "convert", table)


if __name__ == "__main__":
    main()
