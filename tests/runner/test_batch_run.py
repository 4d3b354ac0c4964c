"""`run --batch`: the same data at half the price, also when it is killed while it waits."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path

from dramaturg.store import RunFolder
from tests.models.stub_batch import StubBatches
from tests.models.stub_endpoint import Act, Seen, running
from tests.runner.test_endpoint import answering, data_of, dramaturg, start

SMALL = ["--rounds", "1", "-n", "4", "--new-facts", "0", "--query-steps", "0", "--people", "8"]
BATCH = [*SMALL, "--batch", "--batch-wait", "0.1"]


def batches(**settings: object) -> StubBatches:
    chat = answering().always
    assert callable(chat)
    made: Callable[[Seen], Act] = chat
    return StubBatches(made, looks=1, **settings)  # type: ignore[arg-type]


def lose_some(key: str, seen: int) -> object:
    """A tenth of the requests expire, fail or are lost, once each."""
    if seen > 1:
        return None
    return {"1": "expire", "2": {"status_code": 500, "body": {"error": "busy"}}}.get(key[-1])


async def test_a_run_by_batches_makes_the_same_data_as_one_without(tmp_path: Path) -> None:
    stub = batches(line_fault=lose_some)
    async with running(stub.endpoint()) as server:
        code, told, errors = await dramaturg(server, tmp_path / "a", *BATCH, "--json")
        assert code == 0, errors
        assert "waiting for batch batch_0" in errors
        in_batches = sum(stub.asked.values())
        assert len(stub.made) < 30
        assert in_batches > 40
        code, _, errors = await dramaturg(server, tmp_path / "b", *SMALL)
        assert code == 0, errors
        assert data_of(tmp_path / "a") == data_of(tmp_path / "b") != {}
        report = json.loads(told)["report"]
        assert report["rounds"][-1]["kept"] == 4
        log = [json.loads(line) for line in (tmp_path / "a" / "log.jsonl").open(encoding="utf-8")]
        assert sum(row["event"] == "batch sent" for row in log) == len(stub.made)
        assert sum(row["event"] == "batch ended" for row in log) == len(stub.made)
        seen = len(server.seen)
        code, _, errors = await dramaturg(server, tmp_path / "a", *SMALL)
        assert code == 0, errors
        assert len(server.seen) == seen


async def test_killed_between_submit_and_fetch_the_same_batch_is_picked_up_and_not_paid_twice(
    tmp_path: Path,
) -> None:
    stub = batches()
    async with running(stub.endpoint()) as server:
        code, _, errors = await dramaturg(server, tmp_path / "whole", *BATCH)
        assert code == 0, errors
        wanted, whole = data_of(tmp_path / "whole"), sum(stub.asked.values())
        stub = batches()
        server.always = stub.serve
        kills = 0
        for _ in range(3):
            before = len(stub.made)
            process = await start(server, tmp_path / "killed", *BATCH)
            for _ in range(4_000):
                if len(stub.made) > before or process.returncode is not None:
                    break
                await asyncio.sleep(0.005)
            stub.hold = True
            await asyncio.sleep(0.05 * kills)  # at once, and a little later
            assert process.returncode is None
            process.send_signal(signal.SIGKILL)
            await process.communicate()
            kills += 1
            stub.hold = False
        code, _, errors = await dramaturg(server, tmp_path / "killed", *BATCH)
        assert code == 0, errors
        assert kills == 3
        assert data_of(tmp_path / "killed") == wanted
        assert set(stub.asked.values()) == {1}, "no request was in two batches"
        assert sum(stub.asked.values()) == whole


async def test_ctrl_c_while_a_batch_is_out_ends_soon_and_the_next_run_goes_on(
    tmp_path: Path,
) -> None:
    stub = batches()
    stub.hold = True
    async with running(stub.endpoint()) as server:
        process = await start(server, tmp_path / "a", *BATCH)
        for _ in range(4_000):
            if stub.made:
                break
            await asyncio.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), 15)
        assert process.returncode == 130, errors.decode()
        assert "Traceback" not in errors.decode()
        stub.hold = False
        code, _, more = await dramaturg(server, tmp_path / "a", *BATCH)
        assert code == 0, more
        assert set(stub.asked.values()) == {1}
    with RunFolder.read(tmp_path / "a") as folder:
        assert folder.state == "finished"


async def test_batches_need_an_endpoint_and_one_that_has_them(tmp_path: Path) -> None:
    async with running(answering()) as server:
        code, _, errors = await dramaturg(
            server, tmp_path / "a", *BATCH, "--model", "writer=embedded", "--model",
            "critic=embedded", "--model", "nli=embedded",
        )  # fmt: skip
        assert code == 2
        assert "--batch needs a model behind an endpoint" in errors


async def test_an_estimate_with_batches_halves_what_they_take(tmp_path: Path) -> None:
    async with running(answering()) as server:
        paid = ["--new-facts", "6", "--estimate", "--json", "--model", "writer=openai:gpt-4o-mini"]
        _, whole, _ = await dramaturg(server, tmp_path / "a", *paid)
        _, half, _ = await dramaturg(server, tmp_path / "a", *paid, "--batch")
    rows = [
        {row["step"]: row["usd"] for row in json.loads(text)["steps"]} for text in (whole, half)
    ]
    assert rows[1]["drafts"] == rows[0]["drafts"] / 2 > 0
    assert rows[1]["new facts"] == rows[0]["new facts"] > 0
