"""One run on several workers: what Ray and shards cost, beside the same run without them.

    python benchmarks/scale.py [--pairs 64] [--write]

The server and its replies are scripted, on the same machine: this measures plumbing, not quality,
and on few cores it cannot show what many machines would gain.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.engine import serve
from benchmarks.tables import markdown, put

PAGE = Path(__file__).resolve().parents[1] / "docs" / "scale.md"
LATENCY_S, SLOTS = 0.2, 64
PARTS = ("ray_start_s", "common_s", "workers_start_s", "work_s", "merge_s")


@contextmanager
def endpoint(latency_s: float) -> Iterator[tuple[str, Any]]:
    """The scripted endpoint in a process of its own: its reference, and the calls it counted."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        counted = multiprocessing.Value("q", 0)
        arguments = (listening, latency_s, SLOTS, counted)
        server = multiprocessing.Process(target=serve, args=arguments, daemon=True)
        server.start()
        try:
            port = listening.getsockname()[1]
            yield f"openai:actor@http://127.0.0.1:{port}/v1", counted
        finally:
            server.kill()
            server.join()


def people(place: Path, pairs: int) -> Path:
    """A file of given pairs."""
    file = place / "pairs.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for n in range(pairs):
            facts = [f"I own {n} boats.", "I like tea."], ["I drive a bus.", f"I am {n}."]
            lines.write(json.dumps({"user_1": facts[0], "user_2": facts[1]}) + "\n")
    return file


def command(*words: str) -> tuple[float, dict[str, Any]]:
    """Seconds of one command, and what it printed as JSON."""
    began = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-m", "dramaturg", *words], stdout=subprocess.PIPE, check=True
    )
    return time.perf_counter() - began, json.loads(ran.stdout)


def run_words(file: Path, out: Path, pairs: int, models: list[str], *more: str) -> list[str]:
    """The command line of one run."""
    words = ["run", "synthetic-persona-chat", "--quiet", "--json", "--rounds", "1"]
    words += ["--personas", str(file), "--out", str(out), "-n", str(pairs)]
    words += ["--in-flight", str(SLOTS), *(w for m in models for w in ("--model", m)), *more]
    return words


def engines(pairs: int, latency_s: float, drafts: int, embedded: bool) -> list[list[str]]:
    """One row for each engine: the same work."""
    rows: list[list[str]] = []
    plain_s = 0.0
    for name, more in (
        ("asyncio", []),
        ("ray, 1 worker", ["--engine", "ray", "--workers", "1"]),
        ("ray, 2 workers", ["--engine", "ray", "--workers", "2"]),
        ("ray, 4 workers", ["--engine", "ray", "--workers", "4"]),
    ):
        with (
            tempfile.TemporaryDirectory() as scratch,
            endpoint(latency_s) as (ask, counted),
        ):
            place = Path(scratch)
            models = [] if embedded else [f"writer={ask}", f"critic={ask}"]
            words = run_words(people(place, pairs), place / "out", pairs, models, *more)
            seconds, told = command(*words, "--drafts", str(drafts))
            calls = counted.value
        plain_s = plain_s or seconds
        engine = told["report"].get("engine", {})
        parts = [engine.get(part) for part in PARTS]
        bound = calls * latency_s / SLOTS
        over = f"{1000 * (engine['work_s'] - plain_s) / pairs:+.1f}" if engine else "-"
        rows.append(
            [
                name,
                f"{seconds:.1f}",
                f"{bound / seconds:.2f}" if bound else "-",
                *("-" if part is None else f"{part:.1f}" for part in parts),
                over,
            ]
        )
        print("  ".join(rows[-1]), flush=True)
    return rows


def shards(pairs: int, of: int) -> tuple[list[list[str]], dict[str, float]]:
    """Shards by hand, one after the other; bytes and seconds a pair."""
    with tempfile.TemporaryDirectory() as scratch, endpoint(0.0) as (ask, _):
        place = Path(scratch)
        file = people(place, pairs)
        models = [f"writer={ask}", f"critic={ask}"]
        whole_s, _ = command(*run_words(file, place / "whole", pairs, models, "--drafts", "1"))
        home, took = place / "home", 0.0
        for n in range(1, of + 1):
            words = run_words(file, home, pairs, models, "--drafts", "1", "--shard", f"{n}/{of}")
            took += command(*words)[0]
        folders = sorted(home.glob("shard-*"))
        merge_s, _ = command("merge", *map(str, folders), "-o", str(place / "merged"), "--json")

        def size(*patterns: str, under: Path = home) -> float:
            files = [f for pattern in patterns for f in under.rglob(pattern) if f.is_file()]
            return sum(f.stat().st_size for f in files) / pairs

        same = all(
            (place / "merged" / f.relative_to(place / "whole")).read_bytes() == f.read_bytes()
            for f in (place / "whole").rglob("*.parquet")
        )
        figures = {
            "journal": size("shard-*/journal.sqlite"),
            "round": size("shard-*/round-1.jsonl.gz"),
            "kept": size("shard-*/round-1.kept.jsonl.gz"),
            "data": size("data/*.parquet", under=place / "whole"),
            "all tables": size("*.parquet", under=place / "whole"),
        }
        disk = shutil.disk_usage(scratch).free
    rows = [
        ["what", "figure"],
        [f"the whole run, {pairs:,} pairs, one draft", f"{whole_s:.1f} s"],
        [f"{of} shards, one after the other", f"{took:.1f} s"],
        ["merge", f"{merge_s:.1f} s, {1000 * merge_s / pairs:.1f} ms a pair"],
        ["the same bytes as the whole run", "yes" if same else "NO"],
        *([f"bytes a pair: {name}", f"{value:,.0f}"] for name, value in figures.items()),
    ]
    for row in rows[1:]:
        print("  ".join(row), flush=True)
    return rows, {"free": disk}


def limit_cost(calls: int = 20_000) -> list[list[str]]:
    """Microseconds that sharing a limit costs a call."""
    from dramaturg.models.shared_limits import SharedLimits

    rows = [["sharing a limit", "microseconds a call"]]
    for name, rpm in (("requests in flight", None), ("and requests and tokens a minute", 10**9)):
        with tempfile.TemporaryDirectory() as scratch:
            one = SharedLimits(Path(scratch, "x.limits"))
            began = time.perf_counter()
            for _ in range(calls):
                one.take(500, maximum=SLOTS, rpm=rpm, tpm=rpm)
                one.give()
            rows.append([name, f"{1e6 * (time.perf_counter() - began) / calls:.0f}"])
            print("  ".join(rows[-1]), flush=True)
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=64)
    options.add_argument("--write", action="store_true", help="put the tables into the docs")
    chosen = options.parse_args()
    head = ["engine", "s in all", "efficiency", "Ray starts, s", "first worker and common steps, s"]
    head += ["further workers, s", "work, s"]
    head += ["merge, s", "work, ms a pair beside asyncio's whole run"]
    load = os.getloadavg()[0]
    parts: list[str] = []
    for title, arguments in (
        (
            f"{chosen.pairs} given pairs, 4 drafts, one round, an endpoint of 200 ms and {SLOTS} "
            "slots (efficiency: the endpoint's lower bound over all the seconds)",
            (chosen.pairs, LATENCY_S, 4, False),
        ),
        (
            f"{5 * chosen.pairs} pairs, 1 draft, an endpoint without latency: the client's CPU is "
            "the limit",
            (5 * chosen.pairs, 0.0, 1, False),
        ),
        (
            f"{chosen.pairs} pairs, 2 drafts by the embedded model: every token is computed here",
            (chosen.pairs, 0.0, 2, True),
        ),
    ):
        print(f"\n{title}", flush=True)
        parts += [f"{title}:", "", markdown([head, *engines(*arguments)]), ""]
    print("\nshards by hand", flush=True)
    rows, _ = shards(10 * chosen.pairs, 4)
    parts += ["Shards by hand, an endpoint without latency:", "", markdown(rows), ""]
    parts += [markdown(limit_cost()), ""]
    cores = os.cpu_count()
    parts += [f"{cores} cores, shared with the endpoint; load of the machine before: {load:.1f}."]
    if chosen.write:
        put(PAGE, "scale", "\n".join(parts))


if __name__ == "__main__":
    main()
