"""The core recipe against an endpoint of known latency: how full it is kept, what it costs.

    python benchmarks/engine.py [--pairs 64] [--write]

The server and its replies are scripted: this measures plumbing, not quality. Every role that can
be asked by prompt is (writer and critic); the cheap experts are the embedded ones.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tables import put

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"


def serve(listening: socket.socket, latency_s: float, slots: int, counted: Any) -> None:
    """An endpoint that plays the tests' actor, with so many slots."""
    sys.path.insert(0, str(ROOT))
    from tests.runner.actor import act

    async def forever() -> None:
        free = asyncio.Semaphore(slots)

        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).lower()
                    length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
                    body = json.loads(await reader.readexactly(length))
                    said = [(m["role"], m["content"]) for m in body["messages"]]
                    async with free:
                        end = time.perf_counter() + latency_s
                        text = act(said, body.get("seed", 0))
                        await asyncio.sleep(max(0.0, end - time.perf_counter()))
                    counted.value += 1
                    usage = {"prompt_tokens": length // 5, "completion_tokens": len(text) // 4}
                    choice = {"message": {"content": text}, "finish_reason": "stop"}
                    reply = json.dumps({"choices": [choice], "usage": usage}).encode()
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
                    writer.write(b"content-length: %d\r\n\r\n" % len(reply) + reply)
            except (ConnectionError, EOFError):
                writer.close()

        server = await asyncio.start_server(one, sock=listening)
        await server.serve_forever()

    asyncio.run(forever())


def measure(pairs: int, latency_s: float, slots: int, *settings: str) -> dict[str, Any]:
    """One run of the recipe in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        counted = multiprocessing.Value("q", 0)
        server = multiprocessing.Process(
            target=serve, args=(listening, latency_s, slots, counted), daemon=True
        )
        server.start()
        people = Path(scratch, "pairs.jsonl")
        with people.open("w") as lines:
            for n in range(pairs):
                facts = [f"I own {n} boats.", "I like tea."], ["I drive a bus.", f"I am {n}."]
                lines.write(json.dumps({"user_1": facts[0], "user_2": facts[1]}) + "\n")
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        ask = f"openai:actor@{url}"
        began = time.perf_counter()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "dramaturg", "run", "synthetic-persona-chat", "--quiet"),
                *("--personas", str(people), "--out", str(Path(scratch, "out")), "-n", str(pairs)),
                *("--model", f"writer={ask}", "--model", f"critic={ask}", "--rounds", "1"),
                *("--in-flight", str(slots), "--json", *settings),
            ],
            stdout=subprocess.PIPE,
        )
        told, _ = process.communicate()
        wall = time.perf_counter() - began
        server.kill()
        server.join()
        used = os.times()
        report = json.loads(told)["report"]
        return {
            "wall_s": wall,
            "calls": counted.value,
            "bound_s": counted.value * latency_s / slots,
            "round": report["rounds"][0],
            "cpu_s": used.children_user + used.children_system,
            "peak_mb": _peak_mb(),
        }


def _peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def in_child(*asked: Any) -> dict[str, Any]:
    """Measured in a process of its own, so that CPU and memory are those of one run alone."""
    code = (
        f"import json, sys; sys.path.insert(0, {str(ROOT / 'benchmarks')!r}); "
        f"import engine; print('\\n' + json.dumps(engine.measure(*{asked!r})))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=64)
    options.add_argument("--write", action="store_true", help="put the tables into the docs")
    chosen = options.parse_args()
    lines = [
        f"`synthetic-persona-chat` on {chosen.pairs} given pairs, one round, writer and critic "
        "behind an endpoint of 200 ms and 64 slots:",
        "",
        "| plan | calls | efficiency, start-up, experts and export included | kept "
        "| calls a kept conversation (without any saving) | tokens (without) |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, settings in (
        ("4 drafts", ("--drafts", "4")),
        ("4 drafts, stop at 2 that pass", ("--drafts", "4", "--enough", "2")),
        ("4 drafts, stop at 1 that passes", ("--drafts", "4", "--enough", "1")),
    ):
        found = in_child(chosen.pairs, 0.2, 64, *settings)
        each = found["round"]["per_kept"]
        lines.append(
            f"| {name} | {found['calls']:,} | {found['bound_s'] / found['wall_s']:.2f} "
            f"| {found['round']['kept']} | {each['calls']:.1f} ({each['calls_all']:.1f}) "
            f"| {each['tokens']:,.0f} ({each['tokens_all']:,.0f}) |"
        )
        print(lines[-1], flush=True)
    lines += [
        "",
        "Memory, one draft a pair, an endpoint without latency:",
        "",
        "| pairs | peak MB | s |",
        "|--:|--:|--:|",
    ]
    for pairs in (5 * chosen.pairs, 25 * chosen.pairs):
        found = in_child(pairs, 0.0, 64, "--drafts", "1")
        lines.append(f"| {pairs:,} | {found['peak_mb']:.0f} | {found['wall_s']:.0f} |")
        print(lines[-1], flush=True)
    text = "\n".join(lines)
    print(text)
    if chosen.write:
        put(PAGE, "engine", text)


if __name__ == "__main__":
    main()
