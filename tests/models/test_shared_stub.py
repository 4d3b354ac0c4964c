"""The client against the measuring stub, a real server in its own process, faults and all."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from dramaturg.models import Call
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.recorded import Recorded
from dramaturg.prompts import Message
from dramaturg.store.journal import Journal

STUB = Path(__file__).resolve().parents[3] / "shared" / "peers" / "stub_server.py"
pytestmark = pytest.mark.skipif(
    not STUB.is_file(), reason="the measuring stub is not beside this checkout"
)


@pytest.fixture
def url() -> Iterator[str]:
    pytest.importorskip("uvloop")
    pytest.importorskip("httptools")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, str(STUB), "--port", str(port)], stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    server.stdout.readline()
    yield f"http://127.0.0.1:{port}/v1"
    server.terminate()
    server.wait(10)
    server.stdout.close()


async def admin(url: str, what: str, **config: Any) -> dict[str, Any]:
    base = url.removesuffix("/v1")
    async with aiohttp.ClientSession() as session:
        if config:
            async with session.post(f"{base}/admin/{what}", json=config) as response:
                found: dict[str, Any] = await response.json()
        else:
            async with session.get(f"{base}/admin/{what}") as response:
                found = await response.json()
    return found


def a_call(i: int) -> Call:
    text = f"[[row:{i}]] [[step:gen]] Write a conversation."
    return Call(task="write", messages=(Message(role="user", content=text),), seed=i)


async def test_every_call_comes_through_all_faults_and_a_restart_makes_none_again(
    url: str, tmp_path: Path
) -> None:
    faults = {"p429": 0.05, "p500": 0.03, "ptrunc": 0.02, "phang": 0.01}
    await admin(url, "reset", base_ms=20, slots=32, retry_after=0.2, **faults)
    texts: list[list[str]] = []
    asked: list[int] = []
    for _ in range(2):
        model = OpenAICompatible("stub", url, timeout_s=20, max_in_flight=32)
        with Journal(tmp_path / "journal.sqlite") as journal:
            recorded = Recorded(model, "writer", journal)
            begun = time.perf_counter()
            replies = await asyncio.gather(*(recorded.answer(a_call(i)) for i in range(400)))
            assert time.perf_counter() - begun < 15
        await model.aclose()
        texts.append([reply.text for reply in replies])
        asked.append((await admin(url, "stats"))["n"])
    assert all(text.startswith(f"[[row:{i}]]") for i, text in enumerate(texts[0]))
    assert texts[0] == texts[1]
    assert asked[0] == asked[1] > 400
    stats = await admin(url, "stats")
    assert stats["unique_row_steps"] == 400
    assert stats["peak_inflight"] <= 32


async def test_a_limit_per_minute_that_is_given_is_kept(url: str) -> None:
    await admin(url, "reset", base_ms=1, slots=0, rpm=20)
    model = OpenAICompatible("stub", url, rpm=20)
    calls = [asyncio.create_task(model.answer(a_call(i))) for i in range(40)]
    await asyncio.sleep(1)
    done = sum(call.done() for call in calls)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await model.aclose()
    assert done == 20
    assert (await admin(url, "stats"))["status"] == {"200": 20}


async def test_embeddings_come_from_a_real_server(url: str) -> None:
    model = OpenAICompatible("stub", url)
    rows = await model.embed(["I ski.", "I bake.", "I ski."])
    assert rows.shape == (3, 64)
    assert (rows[0] == rows[2]).all()
    assert not (rows[0] == rows[1]).all()
    await model.aclose()
