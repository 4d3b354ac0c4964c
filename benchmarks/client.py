"""What the client costs and how full it keeps an endpoint, beside a bare aiohttp loop.

    python benchmarks/client.py [--calls 2000] [--stub PATH] [--only WORDS]

Needs the stub endpoint (`stub_server.py`; by default the one beside this checkout). Efficiency is
calls x latency / slots over the wall-clock time of the work; CPU is that of this process. "all" is
the client with journal and budget; "bare" keeps nothing, retries 429 and 5xx, and is the floor.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from dramaturg.models import Call
from dramaturg.models.budget import Budget, Budgeted
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.recorded import Recorded
from dramaturg.prompts import Message
from dramaturg.store.journal import Journal

STUB = Path(__file__).resolve().parents[2] / "shared" / "peers" / "stub_server.py"
PERSONA = "I keep a notebook of small observations and would rather fix a thing than buy one. " * 28

# name, slots, latency in ms, faults, share of --calls
SETTINGS: list[tuple[str, int, float, dict[str, float], float]] = [
    ("64 x 200 ms", 64, 200.0, {}, 1),
    ("256 x 200 ms", 256, 200.0, {}, 4),
    ("256 x 1 s", 256, 1000.0, {}, 1),
    ("64 x 200 ms, 5 % 429", 64, 200.0, {"p429": 0.05, "retry_after": 1.0}, 1),
    ("the same, 1 % hang", 64, 200.0, {"p429": 0.05, "phang": 0.01}, 1),
    ("64 x 0 ms", 64, 0.0, {}, 2),
]
Answer = Callable[[int], Awaitable[object]]


class Figures(msgspec.Struct):
    """One row of the table."""

    wall_s: float
    cpu_s: float
    missing: int


def prompt(i: int) -> str:
    """About 560 tokens, different for each call."""
    return f"[[row:{i}]] [[step:gen]]\n{PERSONA}\nWrite a conversation between two such people."


async def drive(answer: Answer, calls: int, at_once: int) -> Figures:
    """Makes the calls, never more than so many tasks at a time."""
    numbers = iter(range(calls))
    missing = 0

    async def worker() -> None:
        nonlocal missing
        for i in numbers:
            try:
                await answer(i)
            except Exception as error:  # counted and shown: this is a measurement
                missing += 1
                print(f"    {error}"[:200], file=sys.stderr)

    used = resource.getrusage(resource.RUSAGE_SELF)
    begun = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    wall = time.perf_counter() - begun
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return Figures(wall, cpu, missing)


async def ours(url: str, calls: int, slots: int) -> Figures:
    """Client, budget and journal."""
    model = OpenAICompatible("stub", url, timeout_s=60, max_in_flight=slots)
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "j.sqlite") as journal:
        recorded = Recorded(Budgeted(model, Budget()), "writer", journal)

        async def answer(i: int) -> object:
            message = Message(role="user", content=prompt(i))
            return await recorded.answer(Call(task="write", messages=(message,), seed=i))

        found = await drive(answer, calls, 2 * slots)
        journal.flush()
        print(f"    retries {model.endpoint.retries}", file=sys.stderr)
    await model.aclose()
    return found


async def bare(url: str, calls: int, slots: int) -> Figures:
    """aiohttp and nothing else; a call that waits gives its slot up."""
    free = asyncio.Semaphore(slots)
    headers = {"content-type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def answer(i: int) -> object:
            body = msgspec.json.encode(
                {"model": "stub", "messages": [{"role": "user", "content": prompt(i)}]}
            )
            while True:
                async with free, session.post(f"{url}/chat/completions", data=body) as response:
                    data = await response.read()
                if response.status == 200:
                    return msgspec.json.decode(data)["choices"][0]["message"]["content"]
                await asyncio.sleep(float(response.headers.get("retry-after", "0.2")))

        return await drive(answer, calls, 2 * slots)


async def reset(url: str, **config: float) -> None:
    async with aiohttp.ClientSession() as session:
        await session.post(url.removesuffix("/v1") + "/admin/reset", json=config)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=2_000)
    options.add_argument("--stub", type=Path, default=STUB)
    options.add_argument("--only", default="", help="settings whose name holds these words")
    chosen = options.parse_args()
    if not chosen.stub.is_file():
        sys.exit(f"there is no stub endpoint at {chosen.stub}: name one with --stub")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, str(chosen.stub), "--port", str(port)],
        stdout=subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        print("| endpoint | client | calls | efficiency | CPU s per 1,000 calls | missing |")
        print("|---|---|--:|--:|--:|--:|")
        url = f"http://127.0.0.1:{port}/v1"
        for setting in SETTINGS:
            if chosen.only in setting[0]:
                measure(url, setting, chosen.calls)
    finally:
        server.terminate()
        server.wait(10)


def measure(url: str, setting: tuple[str, int, float, dict[str, float], float], calls: int) -> None:
    name, slots, latency_ms, faults, share = setting
    count = int(calls * share)
    clean: dict[str, Any] = {"p429": 0.0, "phang": 0.0, "retry_after": 1.0}
    for client, make in (("bare", bare), ("all", ours)):
        if client == "bare" and "phang" in faults:
            continue  # it has no time-out and would hang
        asyncio.run(reset(url, slots=slots, base_ms=latency_ms, **{**clean, **faults}))
        found = asyncio.run(make(url, count, slots))
        bound = count * latency_ms / 1000 / slots
        efficiency = f"{bound / found.wall_s:.2f}" if bound else f"{count / found.wall_s:,.0f}/s"
        cpu = found.cpu_s * 1000 / count
        print(
            f"| {name} | {client} | {count:,} | {efficiency} | {cpu:.2f} | {found.missing} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
