"""Several processes are one client to an endpoint: together within its limits, and fair."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

import pytest

from dramaturg.errors import UserError
from dramaturg.models import Call
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.shared_limits import SharedLimits, shared_limits
from dramaturg.prompts import Message
from tests.models.stub_endpoint import Act, Seen, StubEndpoint, running, says

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs the file locks of Unix")

CLIENT = textwrap.dedent(
    """
    import asyncio, sys, time
    from dramaturg.models import Call
    from dramaturg.models.openai_compatible import OpenAICompatible
    from dramaturg.prompts import Message

    url, share, name, calls, in_flight, rpm, seconds = sys.argv[1:]
    async def main():
        model = OpenAICompatible("m", url, max_in_flight=int(in_flight), share=share,
                                 rpm=int(rpm) or None, timeout_s=600)
        async def one(n):
            message = Message(role="user", content=f"{name} {n}")
            await model.answer(Call(task="t", messages=(message,), seed=n))
        work = asyncio.gather(*(one(n) for n in range(int(calls))))
        try:
            await asyncio.wait_for(work, float(seconds))
        except TimeoutError:
            pass
        await model.aclose()
    asyncio.run(main())
    """
)


def client(
    url: str, share: Path, name: str, calls: int, in_flight: int, rpm: int = 0, seconds: float = 60
) -> subprocess.Popen[bytes]:
    words = [url, str(share), name, str(calls), str(in_flight), str(rpm), str(seconds)]
    return subprocess.Popen([sys.executable, "-c", CLIENT, *words], stderr=subprocess.PIPE)


class Counting:
    """A server that counts who has requests out, and when they came."""

    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s
        self.out = self.peak = 0
        self.came: list[tuple[float, str]] = []
        self.loop = asyncio.get_running_loop()

    def __call__(self, seen: Seen) -> Act:
        who = seen.body["messages"][0]["content"].split()[0]
        self.came.append((time.monotonic(), who))
        self.out += 1
        self.peak = max(self.peak, self.out)
        self.loop.call_later(self.delay_s - 0.002, self._gone)  # it counts as out a bit too short
        return Act(says("ok"), delay_s=self.delay_s)

    def _gone(self) -> None:
        self.out -= 1

    def by_whom(self, since: float = 0.0, until: float = 1e18) -> Counter[str]:
        return Counter(who for at, who in self.came if since <= at < until)


async def stub_has_seen(counting: Counting, count: int) -> None:
    for _ in range(2_000):
        if len(counting.came) >= count:
            return
        await asyncio.sleep(0.01)


async def ended(*clients: subprocess.Popen[bytes]) -> None:
    for one in clients:
        _, errors = await asyncio.to_thread(one.communicate)
        assert one.returncode in (0, -9), errors.decode()


async def test_three_processes_together_have_no_more_out_than_the_limit_and_equal_parts_of_it(
    tmp_path: Path,
) -> None:
    counting = Counting(0.05)
    async with running(StubEndpoint(always=counting)) as stub:
        clients = [client(stub.url, tmp_path, name, 200, 12) for name in "abc"]
        await ended(*clients)
    assert len(counting.came) == 600
    assert 10 <= counting.peak <= 12
    all_at_work = max(next(at for at, who in counting.came if who == name) for name in "abc")
    shares = counting.by_whom(all_at_work + 0.15, all_at_work + 0.5)
    assert len(shares) == 3
    assert max(shares.values()) <= 2 * min(shares.values())


async def test_a_killed_process_gives_back_its_part(tmp_path: Path) -> None:
    counting = Counting(0.05)
    hanging = True

    def act(seen: Seen) -> Act:
        if hanging:
            counting(seen)
            return Act(says("ok"), delay_s=30)
        return counting(seen)

    async with running(StubEndpoint(always=act)) as stub:
        first = client(stub.url, tmp_path, "a", 50, 8)
        await stub_has_seen(counting, 8)
        second = client(stub.url, tmp_path, "b", 30, 8)
        for _ in range(1_000):
            if list(tmp_path.glob("*.limits.1")):  # the second one is there and waits
                break
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        assert counting.by_whom() == {"a": 8}  # all slots are taken
        hanging = False
        first.kill()
        began = time.monotonic()
        await ended(first, second)
        assert counting.by_whom()["b"] == 30
        assert time.monotonic() - began < 20


async def test_the_limit_a_minute_is_that_of_all_together_and_kept_over_kills(
    tmp_path: Path,
) -> None:
    counting = Counting(0.01)
    async with running(StubEndpoint(always=counting)) as stub:
        clients = [client(stub.url, tmp_path, name, 40, 16, rpm=30, seconds=3) for name in "abc"]
        await asyncio.sleep(1.5)
        clients[0].kill()
        await ended(*clients)
        late = client(stub.url, tmp_path, "late", 40, 16, rpm=30, seconds=2)
        await ended(late)
    assert len(counting.came) == 30


def limits(tmp_path: Path, clock: list[float]) -> SharedLimits:
    return SharedLimits(tmp_path / "x.limits", clock=lambda: clock[0])


def test_the_window_of_a_minute_slides(tmp_path: Path) -> None:
    clock = [1000.0]
    one = limits(tmp_path, clock)
    starts: list[float] = []
    while clock[0] < 1300:
        while one.take(0, maximum=1000, rpm=50, tpm=None) == 0:
            starts.append(clock[0])
        clock[0] += 0.5
    for begin in starts:
        assert sum(begin <= at < begin + 60 for at in starts) <= 50
    assert len(starts) >= 240  # 5 minutes of 50, less what whole seconds cost


def test_tokens_a_minute_are_kept_and_what_is_larger_than_the_limit_starts_alone(
    tmp_path: Path,
) -> None:
    clock = [1000.0]
    one = limits(tmp_path, clock)
    assert one.take(600, maximum=9, rpm=None, tpm=1000) == 0
    assert one.take(600, maximum=9, rpm=None, tpm=1000) > 0
    assert one.take(400, maximum=9, rpm=None, tpm=1000) == 0
    clock[0] += 61.5
    assert one.take(5000, maximum=9, rpm=None, tpm=1000) == 0
    assert one.take(1, maximum=9, rpm=None, tpm=1000) > 0


def test_who_had_less_of_a_limit_a_minute_goes_first(tmp_path: Path) -> None:
    clock = [1000.0]
    one, other = limits(tmp_path, clock), limits(tmp_path, clock)
    got = Counter[str]()
    while one.take(0, maximum=1000, rpm=60, tpm=None) == 0:
        got["one"] += 1
    assert got["one"] == 60
    got.clear()
    for _ in range(6_000):
        clock[0] += 0.05
        for name, asker in (("one", one), ("other", other)):  # each as many as it is let
            while asker.take(0, maximum=1000, rpm=60, tpm=None) == 0:
                got[name] += 1
    assert got["other"] > 100
    assert 0.8 < got["one"] / got["other"] < 1.25


def test_a_hold_of_one_holds_all(tmp_path: Path) -> None:
    clock = [1000.0]
    one, other = limits(tmp_path, clock), limits(tmp_path, clock)
    one.hold(5)
    assert other.take(0, maximum=9, rpm=None, tpm=None) > 0
    clock[0] += 5.01
    assert other.take(0, maximum=9, rpm=None, tpm=None) == 0


def test_a_machine_that_was_started_anew_forgets_the_old_clock(tmp_path: Path) -> None:
    old = limits(tmp_path, [1_000_000.0])
    old.hold(60)
    assert limits(tmp_path, [1_000_000.0]).take(0, maximum=9, rpm=1, tpm=None) > 0
    for _ in range(2):
        old._clock = lambda: 1_000_061.0
        old.take(0, maximum=9, rpm=1, tpm=None)
    assert limits(tmp_path, [50.0]).take(0, maximum=9, rpm=1, tpm=None) == 0


async def test_runs_in_one_event_loop_share_one_part(tmp_path: Path) -> None:
    counting = Counting(0.02)
    async with running(StubEndpoint(always=counting)) as stub:
        models = [
            OpenAICompatible("m", stub.url, max_in_flight=6, share=str(tmp_path)) for _ in range(3)
        ]
        messages = [Message(role="user", content=f"x {n}") for n in range(30)]
        calls = [Call(task="t", messages=(m,)) for m in messages]
        await asyncio.gather(*(model.answer(call) for model in models for call in calls))
        for model in models:
            await model.aclose()
    assert len(counting.came) == 90
    assert 5 <= counting.peak <= 6


def test_endpoints_and_keys_have_limits_of_their_own_and_the_key_is_written_nowhere(
    tmp_path: Path,
) -> None:
    key = "sk-very-secret"
    one = shared_limits(str(tmp_path), "http://127.0.0.1:1/v1", key)
    assert one is shared_limits(str(tmp_path), "http://127.0.0.1:1/v1", key)
    assert one is not shared_limits(str(tmp_path), "http://127.0.0.1:1/v1", "other")
    assert one is not shared_limits(str(tmp_path), "http://127.0.0.1:2/v1", key)
    for file in tmp_path.iterdir():
        assert key.encode() not in file.read_bytes()
        assert key not in file.name


def test_a_forked_child_that_outlives_its_parent_does_not_keep_the_parent_s_part(
    tmp_path: Path,
) -> None:
    code = textwrap.dedent(
        f"""
        import os, time
        from dramaturg.models.shared_limits import shared_limits
        one = shared_limits({str(tmp_path)!r}, "http://127.0.0.1:1/v1", "")
        assert one.take(0, maximum=2, rpm=None, tpm=None) == 0
        if not os.fork():
            os.close(1)
            os.close(2)
            time.sleep(20)
        os._exit(0)
        """
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    shared = shared_limits(str(tmp_path), "http://127.0.0.1:1/v1", "")
    until = time.monotonic() + 10  # the child lets go as soon as it runs; it sleeps longer
    while shared.processes and time.monotonic() < until:
        time.sleep(0.05)
    assert shared.processes == 0


def test_a_forked_child_has_a_part_of_its_own(tmp_path: Path) -> None:
    code = textwrap.dedent(
        f"""
        import json, os
        from pathlib import Path
        from dramaturg.models.shared_limits import SharedLimits
        one = SharedLimits(Path({str(tmp_path)!r}, "x.limits"))
        assert one.take(0, maximum=2, rpm=None, tpm=None) == 0
        child = os.fork()
        if not child:
            got = [one.take(0, maximum=2, rpm=None, tpm=None) for _ in range(2)]
            os._exit(0 if got[0] == 0 and got[1] > 0 else 1)
        _, status = os.waitpid(child, 0)
        print(json.dumps([status, one.processes]))
        """
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == [0, 1]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="cannot be used"):
        shared_limits(str(tmp_path / "x"), "http://127.0.0.1:1/v1", "")


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match="no name"):
        shared_limits("  ", "http://127.0.0.1:1/v1", "")
