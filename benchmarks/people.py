"""People at scale: what `dramaturg personas` takes, finds and misses, beside other tools.

`python benchmarks/people.py [--sizes 10000 100000 1000000] [--only PART ...] [--write]` makes that
many persona sentences from a seed with planted duplicates (`people_made.py`), gives them to each
command and to each other tool in a fresh process, one after the other, and prints recall and
precision on what was planted, seconds, and the peak of resident memory. `--write` puts the tables
into docs/people-at-scale.md. PART is `tools`, `commands` or `meaning`.

The other tools live in an environment of their own, `.venv-people`, which is made on first use.
10,000,000 rows are projected; `--sizes 10000000 --only commands --steps dedupe` runs them, on some
15 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.people_made import DECOYS, DUPLICATES, write
from benchmarks.tables import columns, markdown, put

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "people-at-scale.md"
ENVIRONMENT = ROOT / ".venv-people"
PEERS = ("datasketch", "rensa", "gaoya", "semhash", "usearch")
TOOLS = ("datasketch, 0.9", "datasketch, 0.8", "rensa, 0.8", "gaoya, 0.8", "semhash, 0.9")
OURS = "dramaturg"
STEPS = ("dedupe", "dedupe --by meaning", "cluster", "pair", "sample", "stats")
SAMPLED = 2_000  # rows whose near ones are looked for by brute force
Table = list[list[str]]


def step(name: str, source: Path, out: Path) -> dict[str, Any]:
    """Run one command in this process; its figures."""
    from dramaturg import crowd

    runs: dict[str, Callable[[], Any]] = {
        "dedupe": lambda: crowd.dedupe(source, out),
        "dedupe --by meaning": lambda: crowd.dedupe(source, out, by="meaning"),
        "cluster": lambda: crowd.cluster(source, out),
        "pair": lambda: crowd.pair(source, out, splits={"train": 0.8, "test": 0.2}),
        "sample": lambda: crowd.sample(source, out, 1_000),
        "stats": lambda: crowd.stats(source),
    }
    made = runs[name]()
    return {"made": made if isinstance(made, dict) else made.as_json()}


def meaning(source: Path) -> dict[str, Any]:
    """How many of the pairs at a cosine of 0.9 or more are found, by the cells and by usearch."""
    import numpy as np

    from dramaturg.crowd.meaning import close
    from dramaturg.crowd.rows import Row, read
    from dramaturg.crowd.vectors import embedded
    from dramaturg.models.experts.embed import StaticEmbedder

    start = time.perf_counter()
    texts = (row.text for row in read(source) if isinstance(row, Row))
    vectors = embedded(texts, StaticEmbedder().embed)
    n = len(vectors)
    took = {"embed": time.perf_counter() - start}
    start = time.perf_counter()
    pairs = close(vectors, 0.9, seed=13)
    took["cells"] = time.perf_counter() - start
    near: dict[int, set[int]] = defaultdict(set)
    for one, two in zip(pairs.earlier.tolist(), pairs.later.tolist(), strict=True):
        near[one].add(two)
        near[two].add(one)
    places = np.sort(np.random.default_rng(1).choice(n, size=min(n, SAMPLED), replace=False))
    wanted: dict[int, set[int]] = defaultdict(set)
    rows = vectors.take(places)
    for begin in range(0, n, 20_000):
        likeness = rows @ vectors.take(slice(begin, begin + 20_000)).T
        for i, j in np.argwhere(likeness >= 0.9).tolist():
            if places[i] != begin + j:
                wanted[int(places[i])].add(begin + j)
    total = sum(map(len, wanted.values()))
    hit = sum(len(found & near[place]) for place, found in wanted.items())
    result: dict[str, Any] = {"n": n, "pairs": total, "cells": hit / max(1, total), "took": took}
    try:
        from usearch.index import Index
    except ImportError:
        return result
    start = time.perf_counter()
    index = Index(ndim=vectors.dim, metric="cos", dtype="f16")
    for begin in range(0, n, 50_000):
        part = vectors.take(slice(begin, begin + 50_000))
        index.add(np.arange(begin, begin + len(part)), part, threads=2)
    hit = 0
    for begin in range(0, n, 50_000):
        part = vectors.take(slice(begin, begin + 50_000))
        keys = index.search(part, 10, threads=2).keys
        for place in places[(places >= begin) & (places < begin + len(part))].tolist():
            hit += len(wanted[place] & set(keys[place - begin].tolist()))
    took["usearch"] = time.perf_counter() - start
    return result | {"usearch": hit / max(1, total)}


def in_a_process(words: Sequence[str], limit_s: float) -> dict[str, Any] | None:
    """What it prints last, as JSON; None if it took longer."""
    # OpenBLAS reads these when it is loaded: the vectors' products are to run as a user's would.
    env = {
        k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    }
    try:
        done = subprocess.run(
            words, check=True, stdout=subprocess.PIPE, text=True, timeout=limit_s, env=env
        )
    except subprocess.TimeoutExpired:
        return None
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def graded(dropped: set[int], truth: dict[int, str]) -> tuple[dict[str, str], list[str]]:
    """Recall by kind; recall over all, precision, and how many rows were wrong, as texts."""
    kinds = Counter(truth.values())
    hit = Counter(truth[row] for row in dropped if row in truth)
    by_kind = {kind: f"{hit[kind] / kinds[kind]:.4f}" for kind in DUPLICATES if kinds[kind]}
    planted = sum(kinds[kind] for kind in DUPLICATES)
    found = sum(hit[kind] for kind in DUPLICATES)
    wrong = len(dropped) - found
    decoys = sum(hit[kind] for kind in DECOYS)
    return by_kind, [
        f"{found / max(1, planted):.4f}",
        f"{found / max(1, len(dropped)):.4f}",
        f"{found / max(1, len(dropped) - decoys):.4f}",
        f"{wrong:,} ({decoys:,} decoys)",
    ]


def tools(
    source: Path, truth: dict[int, str], python: Path, limit_s: float, chosen: Sequence[str]
) -> Table:
    """Ours and the others on the same rows."""
    head = ["tool", "seconds", "CPU s", "peak MB", "recall", "precision", "decoys aside", "wrong",
            *DUPLICATES]  # fmt: skip
    rows = [head]
    with tempfile.TemporaryDirectory() as place:
        for tool in (f"{OURS}, words", *chosen, f"{OURS}, meaning"):
            out = Path(place, "out.jsonl")
            if tool.startswith(OURS):
                name = "dedupe" if tool.endswith("words") else "dedupe --by meaning"
                words = [sys.executable, __file__, "--one", name, str(source), str(out)]
            else:
                peers = Path(__file__).with_name("people_peers.py")
                words = [str(python), str(peers), tool, str(source), str(out)]
            told = in_a_process(words, limit_s)
            if told is None:
                rows.append([tool, f"> {limit_s:,.0f}", *["-"] * (len(head) - 2)])
                continue
            dropped = dropped_of(out, tool)
            by_kind, overall = graded(dropped, truth)
            rows.append([
                tool, f"{told['seconds']:,.1f}", f"{told['cpu']:,.1f}", f"{told['peak']:,.0f}",
                *overall,
                *(by_kind.get(kind, "-") for kind in DUPLICATES),
            ])  # fmt: skip
            print("  ".join(rows[-1]), flush=True)
            for file in Path(place).iterdir():
                file.unlink()
    return rows


def dropped_of(out: Path, tool: str) -> set[int]:
    """Rows left out, from 0."""
    if not tool.startswith(OURS):
        return set(json.loads(out.read_text()))
    with out.with_name("out.dropped.jsonl").open(encoding="utf-8") as file:
        return {json.loads(line)["line"] - 1 for line in file}


def commands(
    source: Path, count: int, limit_s: float, chosen: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Seconds, peak and figures of each command."""
    found = {}
    with tempfile.TemporaryDirectory() as place:
        for name in chosen:
            out = Path(place, "out.jsonl")
            told = in_a_process(
                [sys.executable, __file__, "--one", name, str(source), str(out)], limit_s
            )
            if told is not None:
                found[name] = told
                print(
                    f"{count:,} {name}: {told['seconds']:.1f} s, {told['peak']:.0f} MB", flush=True
                )
            for file in Path(place).iterdir():
                file.unlink()
    return found


def curve(measured: dict[int, dict[str, dict[str, Any]]]) -> Table:
    """Each command's seconds and peak by size; the exponent of its CPU time, and 10^7 from it."""
    sizes = sorted(measured)
    rows = [["command", *(f"{n:,}" for n in sizes), "exponent", "10,000,000, CPU (projected)"]]
    for name in STEPS:
        cells = [
            f"{told['seconds']:,.1f} s ({told['cpu']:,.1f} CPU), {told['peak']:,.0f} MB"
            if told
            else "-"
            for told in (measured[n].get(name) for n in sizes)
        ]
        there = [(n, measured[n][name]["cpu"]) for n in sizes if name in measured[n]]
        slope = projected = "-"
        if len(there) > 1:
            (n1, t1), (n2, t2) = there[-2:]
            power = math.log(t2 / t1) / math.log(n2 / n1)
            slope, projected = f"{power:.2f}", f"{t2 * (1e7 / n2) ** power / 60:,.0f} min"
        rows.append([name, *cells, slope, projected])
    return rows


def environment(given: str | None) -> Path:
    """The Python that has the other tools."""
    if given:
        return Path(given)
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / ".done").exists():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *PEERS, "-e", str(ROOT)]
        subprocess.run(install, check=True)
        (ENVIRONMENT / ".done").touch()
    return python


def main() -> None:
    """Print the tables, and write them where they belong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--only", nargs="*", choices=["tools", "commands", "meaning"])
    parser.add_argument("--steps", nargs="*", choices=STEPS, default=STEPS)
    parser.add_argument("--tools", nargs="*", choices=TOOLS, default=TOOLS)
    parser.add_argument("--limit", type=float, default=1_800, help="seconds for one tool")
    parser.add_argument("--peers-python", help="a Python that has the other tools")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        name, source, out = given.one
        start = time.perf_counter()
        told = meaning(Path(source)) if name == "meaning" else step(name, Path(source), Path(out))
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu = used.ru_utime + used.ru_stime
        told |= {"seconds": time.perf_counter() - start, "peak": used.ru_maxrss / 1024, "cpu": cpu}
        print(json.dumps(told))
        return
    parts = given.only or ["tools", "commands", "meaning"]
    python = (
        environment(given.peers_python) if "commands" not in parts or len(parts) > 1 else Path()
    )
    measured: dict[int, dict[str, dict[str, Any]]] = {}
    found: list[str] = []
    near: Table = [
        ["rows", "pairs looked for", "found by cells", "seconds", "by usearch", "seconds"]
    ]
    with tempfile.TemporaryDirectory() as place:
        for count in given.sizes:
            source = Path(place, "people.jsonl")
            planted_in = write(source, count)
            with planted_in.open(encoding="utf-8") as file:
                truth = {row["row"]: row["kind"] for row in map(json.loads, file)}
            if "tools" in parts:
                table = tools(source, truth, python, given.limit, given.tools)
                planted = sum(kind in DUPLICATES for kind in truth.values())
                title = (f"{count:,} rows, {planted:,} planted duplicates, "
                         f"{len(truth) - planted:,} decoys")  # fmt: skip
                print(f"\n{title}\n{columns(table)}\n", flush=True)
                found.append(f"{title}:\n\n{markdown(table)}")
            if "commands" in parts:
                measured[count] = commands(source, count, given.limit, given.steps)
            if "meaning" in parts:
                words = [str(python), __file__, "--one", "meaning", str(source), "-"]
                if (seen := near_row(words, given.limit)) is not None:
                    near.append(seen)
                    print(columns(near), flush=True)
    note = (
        f"One run, a process each, on {os.cpu_count()} cores; Python {platform.python_version()}."
    )
    if found:
        keep(given.write, "tools", "\n\n".join([*found, note]))
    if measured:
        table = curve(measured)
        print(columns(table))
        keep(given.write, "commands", f"{markdown(table)}\n\n{note}")
    if len(near) > 1:
        keep(given.write, "meaning", f"{markdown(near)}\n\n{note}")


def near_row(words: Sequence[str], limit_s: float) -> list[str] | None:
    """A row of the table of what is found by meaning."""
    told = in_a_process(words, limit_s)
    if told is None:
        return None
    usearch = "usearch" in told
    return [
        f"{told['n']:,}", f"{told['pairs']:,}", f"{told['cells']:.4f}",
        f"{told['took']['cells']:.1f}", f"{told['usearch']:.4f}" if usearch else "-",
        f"{told['took']['usearch']:.1f}" if usearch else "-",
    ]  # fmt: skip


def keep(write_it: bool, name: str, text: str) -> None:
    """Put a table on the page, if wanted."""
    if write_it:
        put(PAGE, name, text)


if __name__ == "__main__":
    main()
