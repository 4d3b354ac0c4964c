"""What runs on a Ray worker: one shard at a time, as the shard's own command would run it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from pathlib import Path
from typing import Any

import msgspec

from dramaturg import errors
from dramaturg.errors import BackendError, DramaturgError, PartEnds, RunFolderError, UserError
from dramaturg.models.budget import Budget
from dramaturg.models.gate import Gate
from dramaturg.models.resolve import Limits
from dramaturg.records import Cost
from dramaturg.runner.perform import Run
from dramaturg.runner.plan import plan
from dramaturg.runner.shard_run import perform_shard
from dramaturg.runner.shards import Shard, common_is_made, read_shard
from dramaturg.runner.watch import Watching

_FREE_S = 30.0  # as long as Ray takes at most to end the workers of a head that is gone


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """All that a worker must know to make the plan of the run. Keys are not in it: they come from
    the environment of the worker's machine."""

    recipe: str
    settings: dict[str, Any]
    models: tuple[str, ...]
    home: str
    limits: Limits
    verbose: bool = False
    otel: bool = False
    scratch: str = ""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An error that can travel."""

    name: str
    what: str
    why: str = ""
    fix: str = ""
    kind: str = ""

    def made(self) -> DramaturgError:
        """The error again, of its class as far as that matters."""
        kinds: dict[str, type[DramaturgError]] = {
            "OutOfBudget": errors.OutOfBudget,
            "Interrupted": errors.Interrupted,
            "UserError": UserError,
            "RunFolderError": UserError,
        }
        if self.name in kinds:
            return kinds[self.name](self.what, why=self.why, fix=self.fix)
        return BackendError(self.what, why=self.why, fix=self.fix, kind=self.kind or "worker")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker says when it stops work on a shard.

    Attributes:
        spent: By all sessions of the shard.
        error: None = the shard is finished.
        waits_for: The shards whose `round` it waits for.
    """

    spent: Cost
    error: Failure | None = None
    waits_for: tuple[Shard, ...] = ()
    round: int = 0


class Worker:
    """A Ray actor. Its methods run in one event loop, so `stop` and `state` answer at any time."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._gate = Gate()
        self._budget = Budget()
        self._plan: Any = None
        self._state: dict[str, Any] = {"shard": None, "step": "", "done": 0, "total": 0,
                                       "figures": {}}  # fmt: skip

    async def work(self, shard: Shard, limits: tuple[Any, Any, Any]) -> Told:
        """The shard, as far as it goes without the others."""
        self._state["shard"] = shard
        try:
            home = Path(self._order.home)
            if shard.number and not common_is_made(home):
                raise UserError(
                    f"{socket.gethostname()} cannot see {home}",
                    why="workers keep the shards there, and read what all of them share",
                    fix="give an --out on a disk that all machines of the cluster see",
                )
            self._make_plan(home)
            made = await self._once_free(shard, limits)
        except DramaturgError as error:
            return Told(spent=self._budget.spent, error=_failure(error))
        finally:
            self._state |= {"shard": None, "step": ""}
        if made.state == "finished":
            return Told(spent=self._budget.spent)
        assert made.error is not None
        end = made.error
        waits = end.waits_for if isinstance(end, PartEnds) else ()
        return Told(
            spent=self._budget.spent,
            error=_failure(end),
            waits_for=tuple(read_shard(name) for name in waits),
            round=getattr(end, "round", 0),
        )

    async def _once_free(self, shard: Shard, limits: tuple[Any, Any, Any]) -> Run:
        """The shard's run; a worker of a killed head may still hold its folder for a moment."""
        scratch = Path(self._order.scratch) if self._order.scratch else None
        until = time.monotonic() + _FREE_S
        while True:
            try:
                return await perform_shard(
                    self._plan, shard, budget=lambda: self._new_budget(limits), gate=self._gate,
                    show=self, scratch=scratch,
                    seen=Watching(verbose=self._order.verbose, otel=self._order.otel),
                )  # fmt: skip
            except RunFolderError as error:
                held = error.what.endswith(("is in use", "by another process"))
                if not held or time.monotonic() > until or self._gate.closed:
                    raise
            await asyncio.sleep(0.5)

    async def ready(self) -> str:
        """Do what can be done before the first shard: import, make the plan, find the models.
        Returns the machine's name."""
        home = Path(self._order.home)
        with contextlib.suppress(DramaturgError):  # `work` will say so
            self._make_plan(home)
        return socket.gethostname()

    def _make_plan(self, home: Path) -> None:
        if self._plan is None:
            order = self._order
            self._plan = plan(order.recipe, order.settings, order.models, home, limits=order.limits)

    async def state(self) -> dict[str, Any]:
        """The step it is at, and what the shard has taken so far."""
        return {**self._state, "spent": self._budget.spent}

    async def stop(self) -> None:
        """Send nothing more; what is out is waited for and kept."""
        self._gate.close()

    async def process(self) -> int:
        """Its process id."""
        return os.getpid()

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        """A step got further; the driver asks for it."""
        self._state |= {"step": step, "done": done, "total": total, "figures": figures}

    def _new_budget(self, limits: tuple[Any, Any, Any]) -> Budget:
        max_usd, max_calls, max_tokens = limits
        self._budget = Budget(max_usd=max_usd, max_calls=max_calls, max_tokens=max_tokens)
        return self._budget


def _failure(error: DramaturgError) -> Failure:
    return Failure(
        name=type(error).__name__,
        what=error.what,
        why=error.why,
        fix=error.fix,
        kind=str(getattr(error, "kind", "")),
    )
