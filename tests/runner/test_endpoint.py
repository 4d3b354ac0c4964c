"""The core recipe against a real HTTP server on loopback: whole, with faults, and killed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dramaturg.records import Drop, from_json
from dramaturg.store import RunFolder
from tests.models.stub_endpoint import Act, Seen, StubEndpoint, running, says
from tests.runner.actor import act

FACTS = Path(__file__).parents[1] / "runner" / "facts.txt"
SIZE = ["-n", "6", "--rounds", "2", "--drafts", "2", "--new-facts", "6", "--query-steps", "3"]
SIZE += ["--people", "12"]


def answering(fault: Any = None, delay_s: float = 0.0) -> StubEndpoint:
    """A server that plays the actor; `fault(seen, count)` may give another act."""
    count = Counter[str]()

    def reply(seen: Seen) -> Act:
        count["all"] += 1
        other = fault(seen, count["all"]) if fault else None
        if other is not None:
            return other  # type: ignore[no-any-return]
        if seen.path.endswith("/embeddings"):
            rows = [{"index": i, "embedding": vector(t)} for i, t in enumerate(seen.body["input"])]
            return Act({"object": "list", "data": rows, "usage": {"prompt_tokens": 1}})
        said = [(m["role"], m["content"]) for m in seen.body["messages"]]
        return Act(says(act(said, seen.body.get("seed", 0))), delay_s=delay_s)

    return StubEndpoint(always=reply)


def vector(text: str) -> list[float]:
    """Eight numbers that depend on the text alone."""
    return [byte / 255 - 0.5 for byte in hashlib.blake2b(text.encode(), digest_size=8).digest()]


async def dramaturg(stub: StubEndpoint, out: Path, *more: str) -> tuple[int, str, str]:
    """The command line in a process of its own."""
    process = await start(stub, out, *more)
    told, errors = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode or 0, told.decode(), errors.decode()


async def start(stub: StubEndpoint, out: Path, *more: str) -> asyncio.subprocess.Process:
    model = f"openai:actor@{stub.url}"
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dramaturg", "run", "synthetic-persona-chat"),
        *("--personas", str(FACTS), "--out", str(out), "--model", model, *SIZE, *more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "OPENAI_API_KEY": "sk-test-secret"},
    )


async def seen(stub: StubEndpoint, count: float, process: asyncio.subprocess.Process) -> None:
    """Wait until the server has seen so many requests, or the process has ended."""
    for _ in range(12_000):
        if len(stub.seen) >= count or process.returncode is not None:
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"only {len(stub.seen)} of {count} requests came in a minute")


def data_of(out: Path) -> dict[str, str]:
    """Every data file by the hash of its bytes."""
    files = sorted(p for p in out.rglob("*.parquet"))
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


async def test_a_run_over_http_is_whole_and_the_same_command_makes_no_call_again(
    tmp_path: Path,
) -> None:
    async with running(answering()) as stub:
        code, told, errors = await dramaturg(stub, tmp_path / "a", "--json")
        assert code == 0, errors
        calls = len(stub.seen)
        report = json.loads(told)["report"]
        assert sum(report["splits"].values()) == 6
        assert [row["kept"] for row in report["rounds"]] == [6, 6]
        assert sum(row["calls"] for row in report["totals"].values()) == calls
        again, told, errors = await dramaturg(stub, tmp_path / "a", "--json")
        assert again == 0, errors
        assert len(stub.seen) == calls
        code, _, _ = await dramaturg(stub, tmp_path / "b")
        assert code == 0
        assert data_of(tmp_path / "a") == data_of(tmp_path / "b") != {}
    for file in (tmp_path / "a").rglob("*"):
        assert not file.is_file() or b"sk-test-secret" not in file.read_bytes()


async def test_malformed_replies_are_asked_for_again_or_dropped_and_counted(tmp_path: Path) -> None:
    def fault(seen: Seen, count: int) -> Act | None:
        if count % 9 == 4:
            return Act(says("As an AI, I would rather not say."))
        if count % 9 == 7:
            return Act(says(""))
        if count % 31 == 11:
            return Act(b'{"choices": [', status=200)
        return None

    async with running(answering(fault)) as stub:
        code, told, errors = await dramaturg(stub, tmp_path / "a", "--json")
    assert code == 0, errors
    report = json.loads(told)["report"]
    for row in report["rounds"]:
        assert row["kept"] + row["failed"] == row["pairs"] == 6
    assert report["rounds"][-1]["kept"] >= 4
    asked = sum(row["calls"] for row in report["totals"].values())
    whole = 6 * 2 * 2 * 2  # pairs, rounds, drafts, and at least one re-ask or verdict each
    assert asked > whole
    with RunFolder.read(tmp_path / "a") as run:
        calls = list(run.journal.calls())
        again = [c for c in calls if json.loads(c["request"]).get("attempt")]
        dropped = [from_json(d, Drop).reason_class for d in run.journal.records("drop")]
    assert again, "an unusable reply was asked for again"
    assert any(reason in ("not first person", "no verdict", "no turns") for reason in dropped)
    told_of = Counter(name.split(" ", 1)[1] for row in report["rounds"] for name in row["dropped"])
    assert set(told_of) <= set(dropped)


async def test_drafts_that_got_no_reply_leave_the_run_unfinished_and_are_made_next_time(
    tmp_path: Path,
) -> None:
    down = True

    def fault(seen: Seen, count: int) -> Act | None:
        writes = "You write conversations" in seen.raw.decode()
        return Act({"error": {"message": "busy"}}, status=500) if down and writes else None

    async with running(answering(fault)) as stub:
        code, told, errors = await dramaturg(stub, tmp_path / "a", "--json")
        assert code == 1
        assert json.loads(told)["state"] == "stopped"
        assert "got no reply" in errors
        down = False
        code, _, errors = await dramaturg(stub, tmp_path / "a")
        assert code == 0, errors
        code, _, errors = await dramaturg(stub, tmp_path / "b")
        assert code == 0, errors
    assert data_of(tmp_path / "a") == data_of(tmp_path / "b") != {}


async def test_an_endpoint_may_embed_and_no_vector_is_asked_for_twice(tmp_path: Path) -> None:
    async with running(answering()) as stub:
        embeds = f"embedder=openai:vectors@{stub.url}"
        words = ["--model", embeds, "--category-vectors", "embedder"]
        code, _, errors = await dramaturg(stub, tmp_path / "a", *words)
        assert code == 0, errors
        texts = Counter(
            t for s in stub.seen if s.path.endswith("/embeddings") for t in s.body["input"]
        )
        assert len(texts) >= 24
        assert max(texts.values()) == 1
        calls = len(stub.seen)
        code, _, errors = await dramaturg(stub, tmp_path / "a", *words)
        assert code == 0, errors
        assert len(stub.seen) == calls


async def test_killed_at_several_instants_nothing_finished_is_repeated_or_lost(
    tmp_path: Path,
) -> None:
    async with running(answering(delay_s=0.04)) as stub:
        code, _, errors = await dramaturg(stub, tmp_path / "whole")
        assert code == 0, errors
        total = len(stub.seen)
        wanted = data_of(tmp_path / "whole")
        stub.seen.clear()

        kills = 0
        for share in (0.05, 0.2, 0.4, 0.6, 0.8, 0.95):
            process = await start(stub, tmp_path / "killed", "--in-flight", "8")
            await seen(stub, share * total, process)
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            await process.communicate()
        code, _, errors = await dramaturg(stub, tmp_path / "killed", "--in-flight", "8")
        assert code == 0, errors
        assert kills >= 5
        asked = Counter(seen.raw for seen in stub.seen)
        repeated = sum(count - 1 for count in asked.values())
        assert len(asked) == total
        assert repeated <= kills * 8  # those in flight
        assert data_of(tmp_path / "killed") == wanted


async def test_ctrl_c_once_finishes_what_is_in_flight_and_the_next_run_goes_on(
    tmp_path: Path,
) -> None:
    async with running(answering(delay_s=0.02)) as stub:
        process = await start(stub, tmp_path / "a", "--in-flight", "4")
        await seen(stub, 60, process)
        process.send_signal(signal.SIGINT)
        at_signal = len(stub.seen)
        _, errors = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 130, errors.decode()
        assert "stopping" in errors.decode()
        assert len(stub.seen) <= at_signal + 12  # what was out, not what waited for a slot
        stopped_at = len(stub.seen)
        code, _, more = await dramaturg(stub, tmp_path / "a", "--in-flight", "4")
        assert code == 0, more
        asked = Counter(seen.raw for seen in stub.seen)
        assert sum(count - 1 for count in asked.values()) == 0
        assert len(stub.seen) > stopped_at
        code, _, more = await dramaturg(stub, tmp_path / "b")
        assert code == 0, more
    assert data_of(tmp_path / "a") == data_of(tmp_path / "b") != {}


async def test_a_limit_stops_the_run_cleanly_and_a_higher_one_goes_on(tmp_path: Path) -> None:
    async with running(answering()) as stub:
        code, _, errors = await dramaturg(stub, tmp_path / "a", "--max-calls", "80")
        assert code == 1
        assert "limit of 80 calls" in errors
        assert len(stub.seen) <= 80
        code, _, errors = await dramaturg(stub, tmp_path / "a")
        assert code == 0, errors
        assert max(Counter(seen.raw for seen in stub.seen).values()) == 1
        code, _, errors = await dramaturg(stub, tmp_path / "b")
        assert code == 0, errors
    assert data_of(tmp_path / "a") == data_of(tmp_path / "b") != {}


@pytest.mark.parametrize(("status", "said"), [(401, "OPENAI_API_KEY"), (404, "404"), (500, "500")])
async def test_an_endpoint_that_fails_for_good_is_told_in_one_sentence(
    tmp_path: Path, status: int, said: str
) -> None:
    stub = StubEndpoint(always=Act({"error": {"message": "no"}}, status=status))
    async with running(stub):
        code, _, errors = await dramaturg(stub, tmp_path / "a", "--timeout", "3")
    assert code == 1
    assert said in errors
    assert "Traceback" not in errors
    assert "sk-test-secret" not in errors


async def test_a_dead_server_is_told_with_its_address(tmp_path: Path) -> None:
    stub = StubEndpoint()
    async with running(stub):
        pass
    code, _, errors = await dramaturg(stub, tmp_path / "a")
    assert code == 1
    assert stub.url.removesuffix("/v1") in errors
    assert "Traceback" not in errors
