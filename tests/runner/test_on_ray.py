"""A run on Ray makes the same data, whatever dies on the way, and keeps to its budget."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.stub_endpoint import StubEndpoint, running
from tests.runner.test_endpoint import answering, data_of, dramaturg, start

pytest.importorskip("ray", reason="Ray is not installed (extra: ray)")
CLUSTER = pytest.mark.skipif(
    "DRAMATURG_TEST_RAY" not in os.environ,
    reason="starts a Ray cluster and takes a minute: `make ray` runs it",
)
RAY = ["--engine", "ray", "--workers", "2", "--in-flight", "4"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A Ray of its own for the tests that start the command several times."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = f"start --head --block --port={port} --num-cpus=2 --include-dashboard=false"
    words += " --node-ip-address=127.0.0.1 --disable-usage-stats --object-store-memory=100000000"
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as place:
        log = Path(place, "log")
        with log.open("wb") as said:
            process = subprocess.Popen(
                [str(Path(sys.executable).with_name("ray")), *words.split(), f"--temp-dir={place}"],
                stdout=said, stderr=said, start_new_session=True,
                env={**os.environ, "RAY_AUTH_MODE": "token"},
            )  # fmt: skip
        for _ in range(300):
            if "Ray runtime started" in log.read_text() or process.poll() is not None:
                break
            time.sleep(0.1)
        yield f"127.0.0.1:{port}"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


@pytest.fixture(autouse=True)
def _with_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")


def repeated(stub: StubEndpoint) -> int:
    return sum(n - 1 for n in Counter(one.raw for one in stub.seen).values())


async def worker_of(folder: Path) -> int:
    """The process id of the worker that is at a shard."""
    for _ in range(1_800):
        try:
            return int(json.loads((folder / ".lock").read_text())["pid"])
        except (OSError, ValueError):
            await asyncio.sleep(0.05)
    raise AssertionError("no worker took the shard in ninety seconds")


async def at_work(stub: StubEndpoint, home: Path, count: int) -> None:
    """Wait until the shards have asked for so many calls."""
    await worker_of(home / "shard-001-of-002")
    since = len(stub.seen)
    for _ in range(6_000):
        if len(stub.seen) >= since + count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the workers ask for nothing")


async def test_a_killed_worker_loses_no_row_doubles_none_and_repeats_only_what_was_in_flight(
    tmp_path: Path,
) -> None:
    async with running(answering(delay_s=0.02)) as stub:
        process = await start(stub, tmp_path / "a", *RAY, "--json")
        await at_work(stub, tmp_path / "a.shards", 24)
        os.kill(await worker_of(tmp_path / "a.shards" / "shard-001-of-002"), signal.SIGKILL)
        told, errors = await asyncio.wait_for(process.communicate(), 240)
        assert process.returncode == 0, errors.decode()
        assert "a worker died: shard 1/2 goes on with another" in errors.decode()
        assert repeated(stub) <= 4
        report = json.loads(told)["report"]
        assert report["engine"]["workers_died"] == 1
        calls = len(stub.seen)
        again, _, errors_again = await dramaturg(stub, tmp_path / "a", *RAY)
        assert again == 0, errors_again
        assert len(stub.seen) == calls
        stub.seen.clear()
        code, _, plain = await dramaturg(stub, tmp_path / "b")
        assert code == 0, plain
    assert data_of(tmp_path / "a") == data_of(tmp_path / "b") != {}


@CLUSTER
async def test_ctrl_c_repeats_nothing_and_a_killed_head_loses_nothing_that_was_journaled(
    cluster: str, tmp_path: Path
) -> None:
    out, local = tmp_path / "a", tmp_path / "local"
    name = hashlib.blake2b(str(tmp_path / "a.shards").encode(), digest_size=6).hexdigest()
    home = local / f"dramaturg-{name}"  # where the shards lie while they are worked on
    words = [*RAY, "--address", cluster, "--scratch", str(local)]
    async with running(answering(delay_s=0.02)) as stub:
        process = await start(stub, out, *words)
        await at_work(stub, home, 10)
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 130, errors.decode()
        assert "Traceback" not in errors.decode()
        assert repeated(stub) == 0
        (home / "shard-001-of-002" / ".lock").unlink()
        process = await start(stub, out, *words)
        await at_work(stub, home, 10)
        assert repeated(stub) == 0
        process.kill()
        await process.communicate()
        code, _, errors_last = await dramaturg(stub, out, *words)
        assert code == 0, errors_last
        assert repeated(stub) <= 4
        code, _, plain = await dramaturg(stub, tmp_path / "b")
        assert code == 0, plain
    assert data_of(out) == data_of(tmp_path / "b") != {}


@CLUSTER
async def test_a_budget_holds_over_all_workers_and_can_be_raised(
    cluster: str, tmp_path: Path
) -> None:
    words = [*RAY, "--address", cluster]
    async with running(answering()) as stub:
        code, _, errors = await dramaturg(stub, tmp_path / "b")
        assert code == 0, errors
        whole = len(stub.seen)
        stub.seen.clear()
        limit = whole - 20
        code, _, errors = await dramaturg(stub, tmp_path / "a", *words, "--max-calls", str(limit))
        assert code == 1, errors
        assert f"{limit} calls spent" in errors
        assert limit - 2 <= len(stub.seen) <= limit
        code, _, errors = await dramaturg(stub, tmp_path / "a", *words, "--max-calls", str(whole))
        assert code == 0, errors
        assert len(stub.seen) == whole
    assert data_of(tmp_path / "a") == data_of(tmp_path / "b")


@CLUSTER
async def test_a_command_that_serves_the_model_is_started_and_ended_with_the_run(
    cluster: str, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = Path(__file__).parents[2]
    code = (
        f"import sys, socket, multiprocessing; sys.path.insert(0, {str(root)!r}); "
        "from benchmarks.engine import serve; s = socket.socket(); "
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); "
        f"s.bind(('127.0.0.1', {port})); s.listen(64); "
        "serve(s, 0.0, 64, multiprocessing.Value('q', 0))"
    )
    pairs = tmp_path / "pairs.jsonl"
    rows = [{"user_1": [f"I keep {n} hens."], "user_2": ["I sail."]} for n in (3, 4)]
    pairs.write_text("\n".join(map(json.dumps, rows)))
    ask = f"openai:actor@http://127.0.0.1:{port}/v1"
    words = ["--personas", str(pairs), "-n", "2", "--rounds", "1", "--drafts", "1", "--quiet"]
    words += ["--out", str(tmp_path / "a"), "--model", f"writer={ask}", "--model", f"critic={ask}"]
    words += ["--new-facts", "0", "--engine", "ray", "--workers", "2", "--address", cluster]
    run = [sys.executable, "-m", "dramaturg", "run", "synthetic-persona-chat", *words]
    bad = await asyncio.to_thread(
        subprocess.run, [*run, "--serve", "no-such-command"], capture_output=True, text=True
    )
    assert bad.returncode == 1
    assert "no-such-command" in bad.stderr
    made = await asyncio.to_thread(
        subprocess.run, [*run, "--serve", f'{sys.executable} -c "{code}"'],
        capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_a_ray_that_is_not_there_is_told(tmp_path: Path) -> None:
    async with running(answering()) as stub:
        code, _, errors = await dramaturg(stub, tmp_path / "a", *RAY, "--address", "127.0.0.1:1")
    assert code == 2
    assert "Ray cannot be reached" in errors
    assert "Traceback" not in errors


async def test_a_run_begun_without_ray_is_not_begun_again_on_it(tmp_path: Path) -> None:
    async with running(answering()) as stub:
        code, _, errors = await dramaturg(stub, tmp_path / "a", "--max-calls", "20")
        assert code == 1, errors
        code, _, errors = await dramaturg(stub, tmp_path / "a", *RAY)
    assert code == 2
    assert "begun without --engine ray" in errors


async def test_finished_shards_are_not_taken_for_those_of_a_run_with_other_settings(
    tmp_path: Path,
) -> None:
    from dramaturg import runner
    from dramaturg.errors import RunFolderError
    from dramaturg.models.resolve import Limits
    from dramaturg.runner.on_ray import OnRay, perform_on_ray
    from tests.runner.test_shards import planned

    async with running(answering()) as stub:
        for n in (1, 2):
            plan = planned(stub, tmp_path / "a.shards", rounds=1)
            await runner.perform_shard(plan, runner.Shard(n, 2))
        other = planned(stub, tmp_path / "a", rounds=1, seed=14)
        with pytest.raises(RunFolderError, match="other arguments"):
            await perform_on_ray(other, Limits(), OnRay())
        assert not (tmp_path / "a").exists()
        same = await perform_on_ray(planned(stub, tmp_path / "a", rounds=1), Limits(), OnRay())
    assert same.state == "finished"


@pytest.mark.parametrize(
    "gone", ["RayActorError", "OutOfMemoryError", "NodeDiedError", "WorkerCrashedError"]
)
async def test_a_shard_whose_worker_is_gone_is_run_again_once_however_ray_calls_it(
    tmp_path: Path, gone: str
) -> None:
    from concurrent.futures import Future
    from types import SimpleNamespace
    from typing import Any

    import ray.exceptions

    from dramaturg.errors import BackendError
    from dramaturg.models.budget import Budget
    from dramaturg.models.gate import Gate
    from dramaturg.models.resolve import Limits
    from dramaturg.records import Cost
    from dramaturg.runner.leases import Leases
    from dramaturg.runner.on_ray import OnRay, _OnRay
    from dramaturg.runner.ray_worker import Order, Told
    from dramaturg.runner.shards import Shard
    from dramaturg.runner.watch import Watching
    from tests.runner.test_shards import planned

    kind = getattr(ray.exceptions, gone)
    error = kind("for a test") if gone in ("OutOfMemoryError", "NodeDiedError") else kind()
    replies: list[Any] = []

    def answers(make: Any) -> SimpleNamespace:
        def remote(*_: object) -> SimpleNamespace:
            future: Future[Any] = Future()
            reply = make()
            if isinstance(reply, Exception):
                future.set_exception(reply)
            else:
                future.set_result(reply)
            return SimpleNamespace(future=lambda: future)

        return SimpleNamespace(remote=remote)

    class Hired:
        def __init__(self) -> None:
            self.work = answers(lambda: replies.pop(0))
            self.ready = answers(lambda: "here")

    fake = SimpleNamespace(
        exceptions=ray.exceptions,
        nodes=list,
        remote=lambda **_: lambda _: SimpleNamespace(remote=lambda _: Hired()),
    )
    async with running(answering()) as stub:
        plan = planned(stub, tmp_path / "a")
    one, order = Shard(1, 1), Order(recipe="", settings={}, models=(), home="", limits=Limits())
    for said, dies in (([error, Told(spent=Cost())], 1), ([error, error], 2)):
        replies[:] = said
        run = _OnRay(plan, Limits(), OnRay(), tmp_path, Budget(), Gate(), None, Watching(), fake)
        run._hire(order)
        work = run._rounds(one, order, Leases(Budget(), [one], {one: Cost()}))
        if dies == 1:
            await asyncio.wait_for(work, 10)
        else:
            with pytest.raises(BackendError, match="died 2 times"):
                await asyncio.wait_for(work, 10)
        assert run.deaths == dies


async def test_workers_stand_only_on_machines_where_the_model_is_served(tmp_path: Path) -> None:
    from types import SimpleNamespace
    from typing import Any

    import ray.exceptions

    from dramaturg.errors import UserError
    from dramaturg.models.budget import Budget
    from dramaturg.models.gate import Gate
    from dramaturg.models.resolve import Limits
    from dramaturg.runner.on_ray import OnRay, _OnRay
    from dramaturg.runner.ray_worker import Order
    from dramaturg.runner.watch import Watching
    from tests.runner.test_shards import planned

    hired: list[Any] = []

    def remote(**options: Any) -> Any:
        hired.append(options["scheduling_strategy"])
        return lambda _: SimpleNamespace(remote=lambda _: SimpleNamespace())

    async with running(answering()) as stub:
        plan = planned(stub, tmp_path / "a")
    sizes = {"head": {"CPU": 8.0}, "a": {"CPU": 8.0, "GPU": 1.0}, "b": {"CPU": 8.0, "GPU": 2.0}}
    ids = {name: name[0].encode().hex() * 28 for name in sizes}  # as Ray writes them
    nodes = [
        {"NodeID": ids[name], "NodeManagerHostname": name, "Alive": True, "Resources": has}
        for name, has in sizes.items()
    ]
    fake = SimpleNamespace(exceptions=ray.exceptions, nodes=lambda: nodes, remote=remote)

    def run(gpus: float) -> _OnRay:
        how = OnRay(serve="serve it", gpus=gpus)
        return _OnRay(plan, Limits(), how, tmp_path, Budget(), Gate(), None, Watching(), fake)

    one = run(1.0)
    one.served = one._machines(4)
    assert one.served == [ids["a"], ids["b"]]
    order = Order(recipe="", settings={}, models=(), home="", limits=Limits())
    for host in ("", "", "", "head", "b"):
        one._hire(order, host)
    for task in one._tasks:
        task.cancel()
    assert [where.node_id for where in hired] == [ids[name] for name in "ababb"]
    assert not any(where.soft for where in hired)
    with pytest.raises(UserError, match="no machine of the cluster has 4 GPUs"):
        run(4.0)._machines(4)


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from dramaturg.errors import UserError
    from dramaturg.runner.on_ray import load_ray

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError) as told:
        load_ray()
    assert "dramaturg[ray]" in told.value.fix


@pytest.mark.parametrize(
    ("refs", "own"),
    [
        (["embedded", "openai:m@http://127.0.0.1:8000/v1"], True),
        (["ollama:m"], True),
        (["openai:m@http://127.0.0.1:1/v1,http://10.0.0.2:1/v1"], False),
        (["embedded", "openai:gpt-4.1-mini"], False),
    ],
)
def test_only_a_loopback_address_is_each_machine_s_own_endpoint(
    refs: list[str], own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dramaturg.runner.on_ray import own_endpoints

    for name in ("OPENAI_BASE_URL", "OLLAMA_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert own_endpoints(refs) is own
