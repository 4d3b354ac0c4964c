"""A run on Ray: shards as actors, each with a journal of its own, and one run folder at the end.

Ray only starts workers, hands them shards and tells when one dies: what a shard makes, where it is
kept and how it goes on are those of `runner.shards`. So a worker that is killed costs what it had
in flight, and a head that is killed costs nothing: the next start finds the journals.

    OUT.shards/    the shards, on a disk that all machines see
    OUT/           the run folder, when all are finished
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg import __version__
from dramaturg.errors import (
    BackendError,
    DramaturgError,
    Interrupted,
    OutOfBudget,
    RunFolderError,
    UserError,
)
from dramaturg.models.budget import Budget
from dramaturg.models.gate import Gate, stopped_by_user
from dramaturg.models.resolve import Limits, addresses
from dramaturg.records import Cost
from dramaturg.runner.leases import Leases, spent_in
from dramaturg.runner.log import event
from dramaturg.runner.merge_shards import merge_shards
from dramaturg.runner.perform import Run, Show, perform
from dramaturg.runner.plan import Plan
from dramaturg.runner.ray_worker import Order, Told, Worker
from dramaturg.runner.scratch import host_of
from dramaturg.runner.served import Served
from dramaturg.runner.shards import (
    COMMON,
    Shard,
    check_home,
    check_same_run,
    check_shards,
    common_is_made,
    is_finished,
    kept_personas,
    own_fingerprint,
    round_file,
    shards_in,
)
from dramaturg.runner.watch import Watching
from dramaturg.store import is_run_folder, state_of
from dramaturg.store.fingerprint import without_secrets
from dramaturg.store.run_folder import RUN_FILE

_RERUNS = 1  # how often a shard whose worker died is run again
_LOOK_S = 0.1
_SHOW_S = 1.0
_PATIENCE_S = 15.0
_COMMON = Shard(0, 1)


@dataclasses.dataclass(frozen=True)
class OnRay:
    """How a run uses Ray.

    Attributes:
        address: Of a cluster ("auto", "host:6379"); None = a Ray of this machine, for this run.
        workers: Shards at work at a time; None = as many as there are, else the processors.
        serve: A command that serves the model on each machine for as long as the run lasts, such
            as "vllm serve MODEL --port 8000"; "" = the endpoint is there already.
        gpus: What that command needs of a machine.
        scratch: A folder on each machine's own disk where its shards lie while they are worked
            on; None = they lie on the shared disk.
    """

    address: str | None = None
    workers: int | None = None
    serve: str = ""
    gpus: float = 0.0
    scratch: str | None = None


async def perform_on_ray(
    planned: Plan,
    limits: Limits,
    how: OnRay,
    *,
    budget: Budget | None = None,
    gate: Gate | None = None,
    show: Show | None = None,
    seen: Watching = Watching(),  # noqa: B008  (it is immutable)
) -> Run:
    """Perform a plan on Ray; its `out` becomes the run folder, the shards lie beside it.

    Args:
        limits: Of each endpoint; several machines divide them, unless each has its own endpoint
            under a loopback address.
        budget: Over the whole run, its earlier sessions included.

    Raises:
        UserError: If Ray is not installed or not reached, a worker cannot see the folder, or the
            folder cannot be used.
    """
    ray = load_ray()
    budget, gate = budget or Budget(), gate or Gate()
    home = planned.out.with_name(planned.out.name + ".shards")
    check_shards(planned.recipe)
    check_home(home)
    if is_run_folder(planned.out) and not home.is_dir():
        return await _without_ray(planned, budget, gate, show, seen)
    run = _OnRay(planned, limits, how, home, budget, gate, show, seen, ray)
    return await run.perform()


def load_ray() -> Any:
    """The library. Raises UserError naming the extra."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    try:
        import ray
    except ImportError as error:
        raise UserError(
            "--engine ray needs Ray",
            why=str(error),
            fix="pip install 'dramaturg[ray]', or leave out --engine",
        ) from error
    return ray


async def _without_ray(
    planned: Plan, budget: Budget, gate: Gate, show: Show | None, seen: Watching
) -> Run:
    """A finished run is read again; one that was begun without Ray goes on without it."""
    import json

    info = json.loads((planned.out / RUN_FILE).read_text(encoding="utf-8"))
    if state_of(planned.out, info) != "finished":
        raise RunFolderError(
            f"{planned.out} holds a run that was begun without --engine ray",
            why="what it has asked for is in its own journal and not in shards",
            fix="go on with it without --engine ray, or give another --out",
        )
    return await perform(planned, budget=budget, gate=gate, show=show, seen=seen)


class _OnRay:
    """One session of a run on Ray."""

    def __init__(
        self, planned: Plan, limits: Limits, how: OnRay, home: Path, budget: Budget, gate: Gate,
        show: Show | None, seen: Watching, ray: Any,
    ) -> None:  # fmt: skip
        self.planned, self.limits, self.how, self.home = planned, limits, how, home
        self.budget, self.gate, self.show, self.seen, self.ray = budget, gate, show, seen, ray
        self.idle: asyncio.Queue[Any] = asyncio.Queue()
        self.workers: list[Any] = []
        self.deaths = 0
        self.stopping = False
        self.figures: dict[str, float] = {}
        self.hosts: dict[Any, str] = {}
        self.served: list[str] = []
        self.hired = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def perform(self) -> Run:
        """Common steps, shards, merge: each only as far as it is not done."""
        if common_is_made(self.home):
            mine = {**without_secrets(self.planned.arguments), "data_version": __version__}
            check_same_run(self.home / COMMON, own_fingerprint(mine))
        of = shards_in(self.home) or self.how.workers
        shards = [Shard(n, of) for n in range(1, of + 1)] if of else []
        if not shards or not all(is_finished(self.home / s.name) for s in (_COMMON, *shards)):
            began = time.monotonic()
            try:
                with self._ray_running() as cpus:
                    of = of or max(1, cpus)
                    shards = [Shard(n, of) for n in range(1, of + 1)]
                    self.figures["ray_start_s"] = round(time.monotonic() - began, 3)
                    await self._all(shards)
            except (Interrupted, BackendError) as error:
                return self._stopped(error)
            except self.ray.exceptions.RayError as error:
                return self._stopped(_first([error]))
            except asyncio.CancelledError:
                return self._stopped(Interrupted("stopped at once by the user"))
        begun = time.monotonic()
        folders = [self.home / one.name for one in shards]
        result = await merge_shards(folders, self.planned.out, show=self.show)
        self.figures["merge_s"] = round(time.monotonic() - begun, 3)
        result.report["engine"] = {
            "name": "ray", "shards": of, "workers_died": self.deaths, **self.figures,
        }  # fmt: skip
        return result

    def _stopped(self, error: DramaturgError) -> Run:
        report: dict[str, Any] = {
            "recipe": self.planned.recipe.name,
            "engine": {"name": "ray", "workers_died": self.deaths},
            "stopped": error.what,
        }
        return Run(self.home, "stopped", error.what, report, True, error)

    async def _all(self, shards: list[Shard]) -> None:
        """Every shard to its end. Raises what stopped the first that stopped."""
        count = min(self.how.workers or len(shards), len(shards))
        begun = time.monotonic()
        shower: asyncio.Task[None] | None = None
        self.gate.when_closed(self._stop)
        async with self._served(self._machines(count)):
            try:
                if not common_is_made(self.home):
                    self._hire(self._order())
                    alone = Leases(self.budget, [_COMMON], {_COMMON: self._spent(_COMMON)})
                    shower = asyncio.create_task(self._showing(alone))
                    await self._rounds(_COMMON, self._order(), alone)
                    shower.cancel()
                    self.figures["common_s"] = round(time.monotonic() - begun, 3)
                    begun = time.monotonic()
                order = self._order()
                for _ in range(count - len(self.workers)):
                    self._hire(order)
                await self._one_is_ready()
                self.figures["workers_start_s"] = round(time.monotonic() - begun, 3)
                begun = time.monotonic()
                spent = {shard: self._spent(shard) for shard in (_COMMON, *shards)}
                leases = Leases(self.budget, shards, spent)
                shower = asyncio.create_task(self._showing(leases))
                mine = [one for one in shards if not is_finished(self.home / one.name)]
                tasks = [asyncio.create_task(self._shard(one, order, leases)) for one in mine]
                watch = asyncio.create_task(self._until_ray_is_gone())
                watch.add_done_callback(lambda _: [task.cancel() for task in tasks])
                try:
                    results = await asyncio.gather(*tasks, return_exceptions=True)
                    if watch.done():
                        raise BackendError(
                            "Ray has no machine left", why="its own processes have died",
                            fix="the same command goes on with what is journaled", kind="ray",
                        )  # fmt: skip
                finally:
                    watch.cancel()
                    for task in tasks:
                        task.cancel()
            finally:
                if shower is not None:
                    shower.cancel()
                for worker in self.workers:
                    with contextlib.suppress(Exception):
                        self.ray.kill(worker)
        self.figures["work_s"] = round(time.monotonic() - begun, 3)
        if errors := [one for one in results if isinstance(one, BaseException)]:
            raise _first(errors)

    def _spent(self, shard: Shard) -> Cost:
        return spent_in(self.home / shard.name)

    def _stop(self) -> None:
        """Nothing more is sent; what is out is waited for."""
        self.stopping = True
        for worker in self.workers:
            worker.stop.remote()
        self.idle.put_nowait(None)  # wakes whoever waits for a worker, and is passed on

    async def _shard(self, shard: Shard, order: Order, leases: Leases) -> None:
        """One shard to its end; where it cannot go on, the others are stopped too."""
        try:
            await self._rounds(shard, order, leases)
        except BaseException:
            self._stop()
            raise

    async def _rounds(self, shard: Shard, order: Order, leases: Leases) -> None:
        """One shard from round to round, on whichever worker is free."""
        reruns = 0
        while True:
            worker = await self.idle.get()
            if self.stopping or worker is None:
                self.idle.put_nowait(worker)
                raise stopped_by_user()
            if self._better_elsewhere(shard, worker):
                self.idle.put_nowait(worker)
                await asyncio.sleep(_LOOK_S)
                continue
            try:
                lease = leases.give(shard)
            except OutOfBudget:
                self.idle.put_nowait(worker)
                raise
            if lease is None:
                self.idle.put_nowait(worker)
                await leases.room()
                continue
            try:
                told: Told = await asyncio.wrap_future(
                    worker.work.remote(shard, lease.limits).future()
                )
            except self._worker_gone() as error:
                leases.back(shard, spent_in(self.home / shard.name))
                self.deaths += 1
                event("worker died", shard=str(shard), again=reruns < _RERUNS)
                with contextlib.suppress(ValueError):
                    self.workers.remove(worker)
                self.hosts.pop(worker, None)
                if reruns >= _RERUNS:
                    raise BackendError(
                        f"the worker of shard {shard} died {reruns + 1} times",
                        why=str(error).strip().partition("\n")[0],
                        fix="see why (memory?); the same command goes on with what is journaled",
                        kind="worker",
                    ) from None
                reruns += 1
                if self.seen.say is not None:
                    self.seen.say(f"a worker died: shard {shard} goes on with another")
                self._hire(order, host_of(self.home, shard))
                continue
            self.idle.put_nowait(worker)
            leases.back(shard, told.spent, finished=told.error is None)
            if told.error is None:
                return
            error_found = told.error.made()
            if isinstance(error_found, OutOfBudget):
                leases.starve(shard, error_found)
                continue
            if not told.waits_for or shard in told.waits_for:
                raise error_found
            await self._until_there(told)
            reruns = 0

    def _worker_gone(self) -> tuple[type[Exception], ...]:
        """What Ray raises for a worker that is gone; one killed for memory is no actor error."""
        known = self.ray.exceptions
        return (
            known.RayActorError, known.OutOfMemoryError, known.NodeDiedError,
            known.WorkerCrashedError,
        )  # fmt: skip

    async def _until_ray_is_gone(self) -> None:
        """Ray waits for ever for a machine to come back; where all are gone that is the end."""
        empty = 0
        while empty < 3:
            await asyncio.sleep(2 * _SHOW_S)
            empty = 0 if await asyncio.to_thread(self._nodes) else empty + 1

    async def _until_there(self, told: Told) -> None:
        files = [round_file(self.home / one.name, told.round) for one in told.waits_for]
        while not all(file.exists() for file in files):
            if self.stopping:
                raise stopped_by_user()
            await asyncio.sleep(_LOOK_S)

    def _better_elsewhere(self, shard: Shard, worker: Any) -> bool:
        """Whether the shard lies on the disk of a machine that has another worker."""
        if not self.how.scratch:
            return False
        host = host_of(self.home, shard)
        return host != self.hosts.get(worker) and host in self.hosts.values()

    def _hire(self, order: Order, host: str = "") -> None:
        """One more worker, on that machine if it can be."""
        where: Any = "SPREAD"
        nodes = {node["NodeManagerHostname"]: node["NodeID"] for node in self._nodes()}
        if host in nodes:
            from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as OnNode

            where = OnNode(nodes[host], soft=True)
        if self.served:  # only there is a server at the loopback address
            from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as OnNode

            there = [node["NodeID"] for node in self._nodes() if node["NodeID"] in self.served]
            if not there:
                raise BackendError(
                    "every machine that served the model is gone", why="Ray lists none of them",
                    fix="see `ray status`; the same command goes on", kind="serve",
                )  # fmt: skip
            at = nodes[host] if nodes.get(host) in there else there[self.hired % len(there)]
            where = OnNode(at, soft=False)
        self.hired += 1
        kind = self.ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy=where)(Worker)
        worker = kind.remote(order)
        self.workers.append(worker)
        getting_ready = asyncio.create_task(self._when_ready(worker))
        self._tasks.add(getting_ready)
        getting_ready.add_done_callback(self._tasks.discard)

    async def _when_ready(self, worker: Any) -> None:
        with contextlib.suppress(self.ray.exceptions.RayError):  # who gives it work is told
            self.hosts[worker] = await asyncio.wrap_future(worker.ready.remote().future())
        self.idle.put_nowait(worker)

    async def _one_is_ready(self) -> None:
        """Wait for a worker; where a cluster has no room for one that is said."""
        began, told = time.monotonic(), False
        while self.idle.empty() and not self.stopping:
            if not told and time.monotonic() - began > _PATIENCE_S and self.seen.say is not None:
                self.seen.say("waiting for Ray to start a worker: see `ray status`")
                told = True
            await asyncio.sleep(_LOOK_S / 2)

    def _order(self) -> Order:
        """What a worker must know to make the same plan."""
        settings = dict(self.planned.settings)
        kept = kept_personas(self.home / COMMON)
        if kept is not None:
            settings["personas"] = str(kept.resolve())
        return Order(
            recipe=self.planned.recipe.name,
            settings={
                k: str(v.resolve()) if isinstance(v, Path) else v for k, v in settings.items()
            },
            models=tuple(f"{role}={ref}" for role, ref in self.planned.refs.items()),
            home=str(self.home.resolve()),
            limits=self._limits(),
            verbose=self.seen.verbose,
            otel=self.seen.otel,
            scratch=self.how.scratch or "",
        )

    def _limits(self) -> Limits:
        """Workers on one machine are one client; several machines divide what an endpoint bears,
        except where each has its own."""
        name = hashlib.blake2b(str(self.home.resolve()).encode(), digest_size=6).hexdigest()
        own = own_endpoints(self.planned.refs.values())
        machines = 1 if own else len(self._nodes())

        def part(limit: int | None) -> int | None:
            return None if limit is None else max(1, limit // machines)

        return msgspec.structs.replace(
            self.limits,
            max_in_flight=part(self.limits.max_in_flight) or 1,
            rpm=part(self.limits.rpm),
            tpm=part(self.limits.tpm),
            share=self.limits.share or (None if sys.platform == "win32" else f"ray-{name}"),
        )

    def _nodes(self) -> list[dict[str, Any]]:
        return [node for node in self.ray.nodes() if node["Alive"]]

    def _machines(self, workers: int) -> list[str]:
        """Where the model is served. Raises UserError if no machine has the GPUs for it."""
        if not self.how.serve:
            return []
        needs = {"CPU": 1.0, "GPU": self.how.gpus}  # a worker's, and the server's
        able = [
            node["NodeID"]
            for node in self._nodes()
            if all(node["Resources"].get(name, 0.0) >= least for name, least in needs.items())
        ]
        if not able:
            raise UserError(
                f"no machine of the cluster has {self.how.gpus:g} GPUs and a processor",
                why="--serve-gpus asks for them, and Ray lists none",
                fix="see `ray status`; start Ray there with --num-gpus, or give less",
            )
        return able[:workers]

    @contextlib.asynccontextmanager
    async def _served(self, machines: list[str]) -> AsyncIterator[None]:
        """Within this block the user's command serves the model on each machine."""
        if not self.how.serve:
            yield
            return
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as OnNode

        self.served = machines
        kind = self.ray.remote(num_cpus=0, num_gpus=self.how.gpus, max_restarts=0)(Served)
        urls = [ref.partition("@")[2].split(",")[0] for ref in self.planned.refs.values()]
        url = next((one for one in urls if one), "")
        servers = [
            kind.options(scheduling_strategy=OnNode(node, soft=False)).remote(self.how.serve, url)
            for node in machines
        ]
        try:
            for server in servers:
                problem = await asyncio.wrap_future(server.begin.remote().future())
                if problem:
                    raise BackendError(
                        "the command of --serve does not serve the model", why=problem,
                        fix="try it by hand on that machine", kind="serve",
                    )  # fmt: skip
            yield
        finally:
            for server in servers:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(
                        asyncio.wrap_future(server.end.remote().future()), timeout=15
                    )
                    self.ray.kill(server)

    @contextlib.contextmanager
    def _ray_running(self) -> Iterator[int]:
        """Ray, connected or started; the number of its processors."""
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
        if self.how.address is None:
            workers = shards_in(self.home) or self.how.workers or os.cpu_count() or 1
            options |= {"address": "local", "num_cpus": workers, "include_dashboard": False}
            options["_node_ip_address"] = "127.0.0.1"
        else:
            options["address"] = self.how.address
        try:
            _check_there(self.how.address)
            self.ray.init(**options)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise UserError(
                "Ray cannot be reached" if self.how.address else "Ray cannot be started",
                why=str(error).strip().partition("\n")[0],
                fix="start it with `ray start --head`, or leave out --address"
                if self.how.address
                else "see that the machine has room in memory and under /tmp",
            ) from error
        finally:
            for number, handler in handlers.items():  # ours: a stop must end the shards cleanly
                with contextlib.suppress(ValueError, TypeError):
                    signal.signal(number, handler)
        try:
            yield int(self.ray.cluster_resources().get("CPU", 1))
        finally:
            self.ray.shutdown()

    async def _showing(self, leases: Leases) -> None:
        """One line for all shards, each second."""
        while True:
            await asyncio.sleep(_SHOW_S)
            states: list[dict[str, Any]] = []
            for worker in list(self.workers):
                with contextlib.suppress(Exception):
                    future = asyncio.wrap_future(worker.state.remote().future())
                    states.append(await asyncio.wait_for(future, 5))
            self.budget.spent = leases.spent(states)
            steps = [s["step"] for s in states if s["step"]]
            if self.show is None or not steps:
                continue
            step = min(steps)
            here = [s for s in states if s["step"] == step]
            figures: dict[str, float] = {"workers": len(self.workers)}
            for state in here:
                for name, value in state["figures"].items():
                    figures[name] = figures.get(name, 0.0) + value
            done = sum(s["done"] for s in here)
            self.show.progress(step, done, sum(s["total"] or 0 for s in here), figures)


def own_endpoints(refs: Iterable[str]) -> bool:
    """Whether every endpoint is named by a loopback address, and so is each machine's own."""
    return all(
        url.partition("//")[2].startswith(("127.", "localhost", "[::1]"))
        for ref in refs
        if ref.startswith(("openai:", "ollama:"))
        for url in addresses(ref)
    )


def _check_there(address: str | None) -> None:
    """Raises OSError if nothing answers at the address: Ray itself would wait for minutes."""
    host, colon, port = (address or "").rpartition("/")[2].rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=5).close()


def _first(errors: Sequence[BaseException]) -> DramaturgError:
    """The error to tell: the first that is not only that others stopped."""
    own = [one for one in errors if isinstance(one, DramaturgError)]
    strange = [one for one in errors if not isinstance(one, DramaturgError)]
    if best := [one for one in own if not isinstance(one, Interrupted)]:
        return best[0]
    if strange:
        why = f"{type(strange[0]).__name__}: {strange[0]}".strip().partition("\n")[0]
        return BackendError("Ray failed", why=why, kind="ray")
    return own[0]
