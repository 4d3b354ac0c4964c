"""However a run is stopped, it can go on: signals, a full disk, a jumping clock, a second one."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from dramaturg.models import Call
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.recorded import Recorded
from dramaturg.prompts import Message
from dramaturg.store import Journal
from tests.models.stub_endpoint import Act, StubEndpoint, refuses, running, says
from tests.runner.test_endpoint import answering, data_of, dramaturg, seen, start


async def test_sigterm_stops_as_ctrl_c_does(tmp_path: Path) -> None:
    async with running(answering(delay_s=0.02)) as stub:
        process = await start(stub, tmp_path / "a", "--in-flight", "4")
        await seen(stub, 60, process)
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 130, errors.decode()
        code, _, more = await dramaturg(stub, tmp_path / "a", "--in-flight", "4")
        assert code == 0, more
    assert max(Counter(one.raw for one in stub.seen).values()) == 1


async def test_ctrl_c_twice_stops_now_and_only_what_was_in_flight_is_asked_again(
    tmp_path: Path,
) -> None:
    def slow_once(_: object, count: int) -> Act | None:
        return Act(says("User 1: Hi.\nUser 2: Hello."), delay_s=25) if 50 <= count < 54 else None

    async with running(answering(slow_once, delay_s=0.01)) as stub:
        process = await start(stub, tmp_path / "a", "--in-flight", "4")
        await seen(stub, 53, process)
        await asyncio.sleep(0.3)
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), 15)  # not the 25 s of the reply
        assert process.returncode == 130, errors.decode()
        code, _, more = await dramaturg(stub, tmp_path / "a", "--in-flight", "4")
        assert code == 0, more
        again = sum(n - 1 for n in Counter(one.raw for one in stub.seen).values())
        assert 0 < again <= 4


async def test_ctrl_c_ends_the_waits_for_a_next_try_and_for_a_limit(tmp_path: Path) -> None:
    def refused(_: object, count: int) -> Act | None:
        wait = {"retry-after": "50"}
        return Act(refuses("slow down"), status=429, headers=wait) if count >= 40 else None

    async with running(answering(refused)) as stub:
        process = await start(stub, tmp_path / "a", "--in-flight", "4")
        await seen(stub, 44, process)
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), 15)  # not the 50 s
        assert process.returncode == 130, errors.decode()


async def test_a_second_ctrl_c_while_it_waits_for_the_rest_stops_cleanly(tmp_path: Path) -> None:
    def slow(_: object, count: int) -> Act | None:
        if count < 50:
            return None
        return Act(says("User 1: Hi.\nUser 2: Hello."), delay_s=0.3 if count < 53 else 25)

    async with running(answering(slow, delay_s=0.01)) as stub:
        process = await start(stub, tmp_path / "a", "--in-flight", "8")
        await seen(stub, 56, process)
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(1.5)  # the short ones are in: now it waits for the long ones
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), 15)
        assert process.returncode == 130, errors.decode()
        assert "Traceback" not in errors.decode()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte and a half, where the machine lets us mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    made = mount and not subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(place)], capture_output=True
    ).returncode  # fmt: skip
    if not made:
        pytest.skip("mounting a small tmpfs needs root and a kernel that allows it")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def _make_room(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)


async def test_a_full_disk_stops_the_run_in_one_sentence_and_with_room_it_goes_on(
    small_disk: Path,
) -> None:
    async with running(answering()) as stub:
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(1_200_000))
        code, _, errors = await dramaturg(stub, small_disk / "a")
        assert code in (1, 2), errors
        assert "Traceback" not in errors
        assert "disk has room" in errors
        asked = len(stub.seen)
        ballast.unlink()
        _make_room(small_disk)
        code, _, errors = await dramaturg(stub, small_disk / "a")
        assert code == 0, errors
        repeated = sum(n - 1 for n in Counter(one.raw for one in stub.seen).values())
        assert repeated <= 64  # what was out, or not yet committed, when the disk was full
        assert asked > 0
        code, _, errors = await dramaturg(stub, small_disk.parent / "b")
        assert code == 0, errors
    assert data_of(small_disk / "a") == data_of(small_disk.parent / "b") != {}


async def test_the_second_process_on_a_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    async with running(answering(delay_s=0.1)) as stub:
        first = await start(stub, tmp_path / "a")
        await seen(stub, 10, first)
        code, _, errors = await dramaturg(stub, tmp_path / "a")
        assert code == 2
        assert str(first.pid) in errors
        first.kill()
        await first.communicate()


async def test_a_clock_that_jumps_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall clock, that is: pauses and time-outs are measured by the monotonic one, which cannot
    go back, and no test can make it."""
    jumps = iter([86_400.0, -86_400.0, 1e9, -1e9, 0.0] * 100)
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0 + next(jumps))
    server = StubEndpoint(Act(refuses("slow down"), status=429, headers={"retry-after": "0.1"}))
    server.always = Act(says("ok"))
    async with running(server):
        model = OpenAICompatible("m", server.url, timeout_s=5)
        with Journal(tmp_path / "journal.sqlite") as journal:
            recorded = Recorded(model, "w", journal)
            calls = [
                Call(task="t", messages=(Message(role="user", content=str(i)),)) for i in range(20)
            ]
            made = await asyncio.wait_for(asyncio.gather(*map(recorded.answer, calls)), 10)
            journal.flush()
            again = await asyncio.gather(*map(recorded.answer, calls))
            rows = list(journal.calls())
        await model.aclose()
    assert [r.text for r in made] == [r.text for r in again] == ["ok"] * 20
    assert recorded.totals.replayed == 20
    assert {row["state"] for row in rows} == {"done"}
    assert len(server.seen) == 21  # one refusal
    assert all(0 <= row["seconds"] < 5 for row in rows)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    async with running(answering()) as stub:
        code, _, errors = await dramaturg(stub, tmp_path / "a")
    tmp_path.chmod(0o700)
    assert code == 2
    assert "cannot be made" in errors
