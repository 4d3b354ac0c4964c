"""What can be told of prompts and streams without a real model: shares and CPU, not quality.

    python benchmarks/outside.py [-n 24] [--write]

"prefix": the shareable part of the prompts of one run of the core recipe; the prompts are the real
ones, the replies come from a scripted actor behind a stub on loopback. "stream": CPU of client and
stub together for one reply in so many pieces, against the same reply whole. --write renews the
tables of docs/models.md.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tables import put
from dramaturg import runner
from dramaturg.models import Call
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.prompts import Message, Sampling
from tests.models.stub_endpoint import Act as Reply
from tests.models.stub_endpoint import StubEndpoint, running, says, streams
from tests.runner.test_endpoint import FACTS, answering

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "models.md"


async def prefix(n: int) -> str:
    """The table of shares by task."""
    async with running(answering()) as stub:
        settings = {"personas": str(FACTS), "conversations": n, "new_facts": 12, "people": 3 * n}
        with tempfile.TemporaryDirectory() as out:
            planned = runner.plan(
                "synthetic-persona-chat", settings, [f"openai:actor@{stub.url}"], f"{out}/run"
            )
            report = (await runner.perform(planned)).report["prompts"]
    rows = ["| task | prompts | as the one before | cached |", "|---|--:|--:|--:|"]
    rows += [
        f"| {name} | {row['prompts']:,} | {row['consecutive']:.2f} | {row['cached']:.2f} |"
        for name, row in (*report["tasks"].items(), ("all", report["all"]))
    ]
    return "\n".join(rows)


async def stream(pieces: int = 400, calls: int = 200) -> str:
    """CPU for a reply whole and in pieces."""
    rows = ["| a reply | calls | CPU s per 1,000 calls |", "|---|--:|--:|"]
    words = [f"word{i} " for i in range(pieces)]
    for name, act, tokens in (
        ("whole", Reply(says("".join(words))), 100),
        (f"in {pieces} pieces", streams(*words), 9_000),
    ):
        async with running(StubEndpoint(always=act)) as stub:
            model = OpenAICompatible("m", stub.url)
            await _cpu(model, tokens, 20)
            spent = await _cpu(model, tokens, calls)
            await model.aclose()
        rows.append(f"| {name} | {calls} | {1000 * spent / calls:.2f} |")
    return "\n".join(rows)


async def _cpu(model: OpenAICompatible, tokens: int, calls: int) -> float:
    sampling = Sampling(max_tokens=tokens)
    asked = [
        Call(task="t", messages=(Message(role="user", content="x"),), sampling=sampling, seed=i)
        for i in range(calls)
    ]
    before = resource.getrusage(resource.RUSAGE_SELF)
    await asyncio.gather(*map(model.answer, asked))
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Prints the tables, and writes them where that is wanted."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("-n", type=int, default=24, help="conversations of the run")
    ask.add_argument("--write", action="store_true", help="renew the tables in the docs page")
    given = ask.parse_args()
    tables: dict[str, Callable[[], Coroutine[Any, Any, str]]] = {
        "prefix": lambda: prefix(given.n),
        "stream": stream,
    }
    for name, make in tables.items():
        begun = time.perf_counter()
        table = asyncio.run(make())
        print(f"{name} ({time.perf_counter() - begun:.0f} s)\n{table}\n")
        if given.write:
            put(PAGE, name, table)


if __name__ == "__main__":
    main()
