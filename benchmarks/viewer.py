"""How fast the viewer is: first page and filters, over 1,000 and 100,000 conversations.

    python benchmarks/viewer.py [--sizes 1000,100000] [--runs DIR] [--write]

Each size is a run folder made by `viewer_data.py` (words drawn at random; 2.5 other records a
conversation), and its kept conversations as datasets that are no run, JSONL and parquet. Times are
of whole pages over HTTP as the browser asks for them, from a server in a process of its own: the
median and the slowest of n tries, each with another question, so that no answer comes from a
cache. `--write` puts the table into docs/viewer.md, and below it what is over its limit, by the
median or in the slowest try. Exit code 1 if a median is over: first page 1 s from the start of the
command, a filter 0.3 s.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.tables import put
from benchmarks.viewer_data import WORDS, make_dataset, make_run

Row = tuple[str, float, float, int, float | None]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "viewer.md"
TRIES = 15
FIRST_S, FILTER_S = 1.0, 0.3
DATASETS = ("jsonl", "parquet")
_OF_RUNS = ("filter: failed by a critic", "filter: dropped, with a reason")


@dataclass
class Server:
    """A viewer in its own process."""

    port: int
    pid: int

    def get(self, path: str) -> tuple[float, str]:
        """Seconds and text of a page."""
        begun = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer.status}")
        return time.perf_counter() - begun, text

    def peak_mb(self) -> float:
        """The most memory the process has had, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        (found,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
        return int(found) / 1024


@contextmanager
def viewing(run: Path, cache: Path) -> Iterator[tuple[Server, float]]:
    """A server, and the seconds from the start of the command to a page that shows a row."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "dramaturg", "view", str(run), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
    )
    try:
        assert process.stdout is not None
        (port,) = re.findall(r"http://127.0.0.1:(\d+)/", process.stdout.readline())
        server = Server(int(port), process.pid)
        _, text = server.get("/1/conversations")
        assert 'class="row"' in text
        yield server, time.perf_counter() - begun
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def questions(count: int) -> dict[str, tuple[float, list[str]]]:
    """What -> (limit in seconds, the pages that ask it, each differently)."""
    draw = random.Random(7)
    words = draw.sample(WORDS[:-4], 2 * TRIES)
    last = count // 50
    many: dict[str, tuple[float, list[str]]] = {
        "list, a page in the middle": (
            FIRST_S, [f"page={draw.randrange(2, last)}" for _ in range(TRIES)]
        ),
        "filter: a word": (FILTER_S, [f"q={word}" for word in words[:TRIES]]),
        "filter: two words and a split": (
            FILTER_S,
            [f"q={a}+{b}&split=train" for a, b in itertools.pairwise(words[: TRIES + 1])],
        ),
        "filter: a word of the facts": (FILTER_S, [f"fact={word}" for word in words[TRIES:]]),
        "filter: the most frequent word, by score": (
            FILTER_S, [f"q=the&sort=-faithfulness&page={i + 1}" for i in range(TRIES)]
        ),
        "filter: a range of a score, by score": (
            FILTER_S,
            [f"min.faithfulness=0.{10 + i}&max.toxicity=0.4&sort=-votes" for i in range(TRIES)],
        ),
        "filter: failed by a critic": (
            FILTER_S,
            [f"status=all&verdict.faithfulness=failed&page={i + 1}" for i in range(TRIES)],
        ),
        "filter: dropped, with a reason": (
            FILTER_S, [f"status=dropped&reason=faithfulness&page={i + 1}" for i in range(TRIES)]
        ),
    }  # fmt: skip
    return {
        name: (limit, [f"/1/conversations?{asked}" for asked in pages])
        for name, (limit, pages) in many.items()
    }


def ids(server: Server, kind: str) -> list[str]:
    """Addresses of some conversations or people."""
    _, text = server.get(f"/1/{kind}?page=7")
    return list(dict.fromkeys(re.findall(rf'href="(/1/{kind}/[^"?]+)', text)))[:TRIES]


def measure(count: int, runs: Path, place: Path) -> list[Row]:
    """(what, median s, slowest s, n, limit s) for one size."""
    run, cache = runs / f"run-{count}", place / "cache"
    if not run.exists():
        make_run(run, count)
    rows = while_indexing(run, cache)
    again = []
    for _ in range(5):
        with viewing(run, cache) as (_, seconds):
            again.append(seconds)
    rows.append(("first page, index there", statistics.median(again), max(again), 5, FIRST_S))
    with viewing(run, cache) as (server, _):
        rows += asked(server, questions(count))
        for name, kind in (("one conversation", "conversations"), ("one person", "people")):
            took = [server.get(page)[0] for page in ids(server, kind)]
            rows.append((name, statistics.median(took), max(took), len(took), FIRST_S))
        for name, path in (("people", "/1/people?q=garden"), ("the run", "/1/run")):
            took = [server.get(path)[0] for _ in range(5)]
            rows.append((name, statistics.median(took), max(took), len(took), FIRST_S))
        print(f"{count:,} conversations: peak memory {server.peak_mb():.0f} MB", flush=True)
    for kind in DATASETS:
        rows += of_dataset(run, runs / f"talks-{count}.{kind}", count, cache)
    return rows


def of_dataset(run: Path, data: Path, count: int, cache: Path) -> list[Row]:
    """The same for a dataset that is no run: what can be asked of it."""
    if not data.exists():
        make_dataset(run, data)
    rows = while_indexing(data, cache)
    of_it = {name: one for name, one in questions(count).items() if name not in _OF_RUNS}
    with viewing(data, cache) as (server, again):
        rows.append(("first page, index there", again, again, 1, FIRST_S))
        rows += asked(server, of_it)
    return [(f"{data.suffix[1:]}: {name}", *row) for name, *row in rows]  # type: ignore[misc]


def asked(server: Server, pages_of: dict[str, tuple[float, list[str]]]) -> list[Row]:
    """Each question's pages, once each."""
    rows: list[Row] = []
    for name, (limit, pages) in pages_of.items():
        took = [server.get(page)[0] for page in pages]
        rows.append((name, statistics.median(took), max(took), len(took), limit))
    return rows


def while_indexing(source: Path, cache: Path) -> list[Row]:
    """The first page of what was never looked at, and the list until the index is whole."""
    rows: list[Row] = []
    begun = time.perf_counter()
    with viewing(source, cache) as (server, first):
        rows.append(("first page, no index yet", first, first, 1, FIRST_S))
        meanwhile = []
        while '"settled": true' not in server.get("/1/pulse")[1]:
            meanwhile.append(server.get("/1/conversations")[0])
            time.sleep(0.5)
        whole = time.perf_counter() - begun
        meanwhile = meanwhile or [server.get("/1/conversations")[0]]
        median, most = statistics.median(meanwhile), max(meanwhile)
        rows.append(("list, while the index is made", median, most, len(meanwhile), FIRST_S))
        rows.append(("index whole, in the background", whole, whole, 1, None))
    return rows


def missed(found: dict[int, list[Row]]) -> tuple[list[str], list[str]]:
    """What is over its limit: by the median, and by the slowest try alone."""
    late = [
        (f"{name} ({size:,})", median > limit)
        for size, rows in found.items()
        for name, median, most, _, limit in rows
        if limit is not None and most > limit
    ]
    return [name for name, often in late if often], [name for name, often in late if not often]


def main() -> int:
    """Print the table, and write it where asked; 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,100000")
    parser.add_argument("--runs", type=Path, help="Where the runs lie, or are made and left.")
    parser.add_argument("--write", action="store_true", help="Put the table into docs/viewer.md.")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    with tempfile.TemporaryDirectory() as place:
        found = {size: measure(size, options.runs or Path(place), Path(place)) for size in sizes}
    head = "| what | n | " + " | ".join(f"{size:,}: median, slowest (ms)" for size in sizes)
    lines = [f"{head} | limit (ms) |", "|---|---|" + "---|" * (len(sizes) + 1)]
    for rows in zip(*found.values(), strict=True):
        name, *_, limit = rows[0]
        n = " / ".join(dict.fromkeys(str(row[3]) for row in rows))
        cells = [f"{1000 * median:,.0f}, {1000 * most:,.0f}" for _, median, most, _, _ in rows]
        told = f"{1000 * limit:,.0f}" if limit is not None else "–"
        lines.append(f"| {name} | {n} | {' | '.join(cells)} | {told} |")
    often, once = missed(found)
    lines += [
        "",
        f"Over the limit by the median: {', '.join(often) or 'nothing'}. "
        f"In the slowest try only: {', '.join(once) or 'nothing'}.",
        "",
        f"On {os.cpu_count()} cores, at a load average of {os.getloadavg()[1]:.1f} (over 5 "
        "minutes, all work on the machine included).",
    ]
    table = "\n".join(lines)
    print(table)
    if options.write:
        put(PAGE, "table", table)
    return int(bool(often))


if __name__ == "__main__":
    sys.exit(main())
