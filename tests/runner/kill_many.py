"""Kill a working engine at many random instants and count what was lost, doubled and repeated.

    python tests/runner/kill_many.py FOLDER [KILLS] [SEED]

A process of its own with one thread, so that it may fork: the server and each engine are children.
The engine is the real one (run folder, journal, endpoint client, flow) on 300 items of two calls
each. Prints one line of JSON.

No two replies of the server are alike, and a row's id is made of its text. So an item whose row is
kept and whose calls are made again all the same ends with two rows: that none does proves that
whatever a kept row was made of was kept before it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from dramaturg import loop, store
from dramaturg.models import Call
from dramaturg.models.budget import Budget, Budgeted
from dramaturg.models.gate import Gate, Gated
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.recorded import Recorded
from dramaturg.prompts import Message
from dramaturg.records import Fact, content_id, from_json

ITEMS, SLOTS, LATENCY_S = 300, 16, 0.01


def serve(listening: socket.socket, log: Path) -> None:
    """Answers every chat request after the latency; each request is a line in the log: which
    engine asked (the first part of the path), and what."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
                body = json.loads(await reader.readexactly(length))
                said = body["messages"][0]["content"]
                engine = head.split(b"/", 2)[1].decode()
                lines.write(f"{engine} {plain(said)}\n")
                await asyncio.sleep(LATENCY_S)
                told = f"re: {said} #{next(replies)}"
                choice = {"message": {"content": told}, "finish_reason": "stop"}
                usage = {"prompt_tokens": 3, "completion_tokens": 3}
                reply = json.dumps({"choices": [choice], "usage": usage}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
                writer.write(b"content-length: %d\r\n\r\n" % len(reply) + reply)
        except (ConnectionError, EOFError):
            writer.close()

    async def forever() -> None:
        server = await asyncio.start_server(one, sock=listening)
        await server.serve_forever()

    replies = itertools.count()
    with log.open("a", buffering=1) as lines:
        asyncio.run(forever())


def plain(text: str) -> str:
    """A text without the numbers of the replies that it was made of."""
    return text.partition(" #")[0]


def work(folder: Path, url: str) -> None:
    """The engine: two calls an item, and a record made of the second reply."""

    async def engine() -> None:
        model = OpenAICompatible("m", url, timeout_s=20, max_in_flight=SLOTS)
        with store.RunFolder.open(folder, {"recipe": "kill"}, "1") as run:
            recorded = Recorded(Gated(Budgeted(model, Budget()), Gate()), "w", run.journal)

            async def ask(text: str, seed: int) -> str:
                message = Message(role="user", content=text)
                call = Call(task="t", messages=(message,), seed=seed)
                return (await recorded.answer(call)).text

            async def item(number: int) -> str:
                return await ask(await ask(f"item {number}", number), number)

            async for number, text in loop.flow(range(ITEMS), item, at_once=2 * SLOTS):
                assert plain(text) == f"re: re: item {number}"
                fact = Fact(text=text, id=content_id("f", text))
                run.journal.put("fact", fact.id, json.dumps({"text": text, "id": fact.id}))
            await model.aclose()
            run.finish()

    asyncio.run(engine())


def child(function: Any, *args: Any) -> int:
    """A forked process that does this and nothing else."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        function(*args)
        code = 0
    finally:
        os._exit(code)


def rows(folder: Path) -> list[str]:
    """Which item each row is of: one that has two rows is there twice."""
    with store.Journal(folder / "journal.sqlite", read_only=True) as journal:
        return [plain(from_json(body, Fact).text) for body in journal.records_by_id("fact")]


def main(place: Path, kills_wanted: int, seed: int) -> dict[str, Any]:
    """Run after run, each killed again and again until it ends by itself."""
    draw = random.Random(seed)
    log = place / "requests.log"
    log.touch()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(256)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = child(serve, listening, log)
    kills = lost = doubled = calls = 0
    worst = 0
    repeated: list[int] = []
    wanted = [f"re: re: item {n}" for n in range(ITEMS)]
    run = life = 0
    try:
        while kills < kills_wanted:
            run += 1
            folder = place / f"run-{run}"
            first = life + 1
            while True:
                life += 1
                pid = child(work, folder, f"{url}/{life}")
                deadline = time.monotonic() + draw.uniform(0.02, 0.6)
                ended = 0
                while not ended and (time.monotonic() < deadline or kills >= kills_wanted):
                    ended, status = os.waitpid(pid, os.WNOHANG)
                    time.sleep(0.002)
                if not ended:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                    kills += 1
                if ended:
                    if status:
                        raise SystemExit(f"the engine failed with status {status}")
                    break
            asked: dict[int, Counter[str]] = {n: Counter() for n in range(first, life + 1)}
            for line in log.read_text().splitlines():
                number, _, text = line.partition(" ")
                if int(number) >= first:
                    asked[int(number)][text] += 1
            for engine, texts in asked.items():
                calls += texts.total()
                doubled += texts.total() - len(texts)  # twice by one engine: never
                # What this engine asked and a later one asked again was lost when it was killed.
                later = {t for n in range(engine + 1, life + 1) for t in asked[n]}
                repeated.append(len(texts.keys() & later))
                worst = max(worst, repeated[-1])
            found = rows(folder)
            lost += len(set(wanted) - set(found))
            doubled += len(found) - len(set(found))
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
    return {
        "kills": kills,
        "runs": run,
        "rows_lost": lost,
        "rows_or_calls_doubled": doubled,
        "calls": calls,
        "repeated": sum(repeated),
        "most_repeated_after_a_kill": worst,
        "slots": SLOTS,
    }


if __name__ == "__main__":
    words = sys.argv[1:]
    told = main(
        Path(words[0]),
        int(words[1]) if len(words) > 1 else 100,
        int(words[2]) if len(words) > 2 else 1,
    )
    print(json.dumps(told))
