"""How soon `dramaturg serve` answers: the first token after the start of the process, and after.

Each try is a fresh process; the request is a streamed completion of 32 tokens, then the same beside
15 others. `python benchmarks/serve.py` prints the table, `--write` puts it into docs/serve.md; exit
code 1 if the first token of the median try takes 1 s or more.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tables import put

PAGE = Path(__file__).parents[1] / "docs" / "serve.md"
LIMIT_S = 1.0
TOKENS = 32
AT_ONCE = 16


def stream(url: str, seed: int) -> tuple[float, float, int]:
    """Seconds to the first token and to the end of one completion, and its tokens."""
    body = {
        "model": "embedded", "prompt": "I have two dogs and", "max_tokens": TOKENS, "seed": seed,
        "stream": True, "stream_options": {"include_usage": True},
    }  # fmt: skip
    request = urllib.request.Request(
        f"{url}/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    start, first, tokens = time.perf_counter(), 0.0, 0
    with urllib.request.urlopen(request, timeout=120) as reply:
        for line in reply:
            if line.startswith(b"data: {"):
                first = first or time.perf_counter() - start
                usage = json.loads(line[6:]).get("usage")
                tokens = usage["completion_tokens"] if usage else tokens
    return first, time.perf_counter() - start, tokens


def one_try() -> dict[str, float]:
    """Figures of one fresh process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "dramaturg", "serve", "--port", "0"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+/v1", process.stdout.readline())
        assert found, "it did not start"
        ready = time.perf_counter() - start
        first, _, _ = stream(found[0], 0)
        warm, _, _ = stream(found[0], 1)
        done: list[tuple[float, float, int]] = []
        threads = [
            threading.Thread(target=lambda n=n: done.append(stream(found[0], n)))
            for n in range(AT_ONCE)
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
        return {
            "ready": ready,
            "first": ready + first,
            "warm": warm,
            "rate": sum(tokens for _, _, tokens in done) / took,
        }
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    one_try()  # warms the disk cache
    found = [one_try() for _ in range(args.tries)]
    median = {name: statistics.median(one[name] for one in found) for name in found[0]}
    best = {name: min(one[name] for one in found) for name in found[0]}
    rows = [
        ("process start to ready, s", f"{median['ready']:.2f}", f"{best['ready']:.2f}"),
        ("process start to first token, s", f"{median['first']:.2f}", f"{best['first']:.2f}"),
        ("request to first token, warm, s", f"{median['warm']:.3f}", f"{best['warm']:.3f}"),
        (f"tokens/s, {AT_ONCE} requests at once", f"{median['rate']:.0f}",
         f"{max(one['rate'] for one in found):.0f}"),
    ]  # fmt: skip
    lines = [f"| n = {len(found)} processes | median | best |", "|---|--:|--:|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    lines += ["", f"({platform.machine()}, Python {platform.python_version()}.)"]
    print("\n".join(lines))
    if args.write:
        put(PAGE, "serve", "\n".join(lines))
    return int(median["first"] >= LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
