"""Run one shard: what all shards share first, by whichever comes first; then its own pairs."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from dramaturg.errors import Interrupted, PartEnds, RunFolderError
from dramaturg.models.budget import Budget
from dramaturg.models.gate import Gate, stopped_by_user
from dramaturg.runner.perform import Run, Show, perform
from dramaturg.runner.plan import Plan
from dramaturg.runner.scratch import Scratch
from dramaturg.runner.shards import (
    Shard,
    ShardPart,
    check_home,
    check_shards,
    common_is_made,
    read_shard,
    round_file,
)
from dramaturg.runner.watch import Watching
from dramaturg.store import FolderLock

_LOOK_S = 1.0


async def perform_shard(
    planned: Plan,
    shard: Shard,
    *,
    budget: Callable[[], Budget] = Budget,
    gate: Gate | None = None,
    show: Show | None = None,
    seen: Watching = Watching(),  # noqa: B008  (it is immutable)
    wait_s: float = 0.0,
    scratch: Path | None = None,
) -> Run:
    """Make one shard of a plan, as far as that goes without the others.

    Args:
        planned: The plan of the whole run; its `out` is the folder of all shards.
        budget: Makes the budget of a session; what earlier ones spent is counted in.
        wait_s: How long to wait for other shards (and for whoever makes what all share).
        scratch: A folder on a local disk where the shard lies while it is worked on.

    Returns:
        The run of the shard, or of what all shards share where that is all there is to say.
        `waits_for` names the shards that it waits for; then its state is "stopped".

    Raises:
        RunFolderError: If the folder cannot be used, or holds shards of another run.
    """
    home, gate = planned.out, gate or Gate()
    check_shards(planned.recipe)
    check_home(home)
    until = time.monotonic() + wait_s

    async def once(one: Shard) -> Run:
        personas = planned.settings.get("personas")
        aside = Scratch(scratch, home, one) if scratch is not None and one.number else None
        if aside is not None:
            aside.fetch()
        place = aside.folder if aside is not None else None
        part = ShardPart(home, one, Path(personas) if personas else None, place)
        mine = dataclasses.replace(planned, out=part.folder, shard=str(one))
        try:
            made = await perform(mine, budget=budget(), gate=gate, show=show, seen=seen, part=part)
        finally:
            part.close()
        if aside is not None:
            aside.publish()
        return made

    async def pause() -> None:
        if gate.closed:
            raise stopped_by_user()
        await asyncio.sleep(min(_LOOK_S, max(0.0, until - time.monotonic())))

    common = Shard(0, shard.of)
    while not common_is_made(home) or not shard.number:
        try:
            made = await once(common)
        except RunFolderError as error:
            if not FolderLock(home / common.name).is_held():
                raise
            if time.monotonic() >= until:
                raise RunFolderError(
                    "what all shards share is being made by another process",
                    why=error.why,
                    fix="give the same command again when it is done; --shard-wait SECONDS waits",
                ) from None
            await pause()
            continue
        if made.state != "finished" or not shard.number:
            return made
    while True:
        made = await once(shard)
        end = made.error
        if not isinstance(end, PartEnds) or str(shard) in end.waits_for:
            return made
        while not _are_there(end, home):
            if time.monotonic() >= until:
                return made
            try:
                await pause()
            except Interrupted as stop:
                return dataclasses.replace(made, stopped=stop.what, error=stop)


def _are_there(end: PartEnds, home: Path) -> bool:
    """Whether the shards that one waits for are as far."""
    folders = (home / read_shard(name).name for name in end.waits_for)
    return all(round_file(folder, end.round).exists() for folder in folders)
