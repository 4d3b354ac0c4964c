"""One budget for workers that cannot see each other: each shard is lent a part of what is left.

The parts that are lent and all that is spent are together never more than a limit, so it holds
whatever the workers do. What a shard did not use comes back; a shard that used up its part is lent
another as long as there is one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.errors import OutOfBudget
from dramaturg.models.budget import Budget
from dramaturg.records import Cost
from dramaturg.runner.shards import Shard
from dramaturg.store import Journal
from dramaturg.store.journal import has_begun
from dramaturg.store.run_folder import JOURNAL_FILE

_LOOK_S = 0.1
_WORTH = 0.25  # the share of its first part for which a shard that used it up starts again

Limits = tuple[float | None, int | None, int | None]  # US dollars, calls, tokens


class Lease(msgspec.Struct, frozen=True):
    """What a shard may spend in all, its earlier sessions included; None = no limit."""

    limits: Limits


class Leases:
    """Lends a budget out.

    Args:
        budget: Its limits hold over all shards and what they share.
        shards: All of them.
        spent: What was spent before by each, and by what all share (shard 0).
    """

    def __init__(
        self, budget: Budget, shards: Sequence[Shard], spent: Mapping[Shard, Cost]
    ) -> None:
        limits = (budget.max_usd, budget.max_calls, budget.max_tokens)
        self._limits = tuple(None if one is None else float(one) for one in limits)
        self._spent = dict(spent)
        self._open = set(shards)
        self._lent: dict[Shard, list[float]] = {}
        self._first: dict[Shard, list[float]] = {}
        self._starved: dict[Shard, tuple[OutOfBudget, list[float]]] = {}
        self._last: dict[Shard, list[float]] = {}
        self._before: dict[Shard, Cost] = {}

    def give(self, shard: Shard) -> Lease | None:
        """A part of what is left. None = others have it all now; some may come back.

        Raises:
            OutOfBudget: If nothing is left that is worth starting for.
        """
        if all(limit is None for limit in self._limits):
            return Lease((None, None, None))
        asking = max(1, len(self._open - self._lent.keys()))
        parts = self._parts(asking)
        if not self._enough(shard, parts):
            if self._lent:
                return None
            parts = self._parts(1)  # nobody is at work: all that is left, for one of them
            if not self._enough(shard, parts):
                raise self._error(shard)
        self._lent[shard] = parts
        self._first.setdefault(shard, parts)
        self._last[shard] = parts
        self._before[shard] = self._spent[shard]
        own = _numbers(self._spent[shard])
        most = [None if limit is None else spent + part
                for limit, spent, part in zip(self._limits, own, parts, strict=True)]  # fmt: skip
        calls, tokens = (None if one is None else int(one) for one in most[1:])
        return Lease((most[0], calls, tokens))

    def _parts(self, asking: int) -> list[float]:
        """An equal part of what is neither spent nor lent, of each limit."""
        gone = zip(self._limits, self._all_spent(), self._all_lent(), strict=True)
        parts = [0.0 if most is None else (most - spent - lent) / asking
                 for most, spent, lent in gone]  # fmt: skip
        return [parts[0], float(int(parts[1])), parts[2]]

    def _enough(self, shard: Shard, parts: Sequence[float]) -> bool:
        """Whether it is worth starting for."""
        for n, (limit, part) in enumerate(zip(self._limits, parts, strict=True)):
            if limit is not None and part < (1 if n == 1 else 1e-9):
                return False
        if shard not in self._starved:
            return True
        if self._lent and not _all_at_least(parts, [_WORTH * one for one in self._first[shard]]):
            return False
        idle = self._spent[shard].calls == self._before[shard].calls
        return not (idle and _all_at_least(self._starved[shard][1], parts))

    def _error(self, shard: Shard) -> OutOfBudget:
        spent = sum(self._spent.values(), Cost())
        tokens = spent.tokens_in + spent.tokens_out
        limits = zip(
            self._limits, ("US dollars", "calls", "tokens"), (spent.usd, spent.calls, tokens),
            strict=True,
        )  # fmt: skip
        told = [f"{used:,.10g} of {limit:,.10g} {name}" for limit, name, used in limits
                if limit is not None]  # fmt: skip
        return OutOfBudget(
            f"the limit is reached: {', '.join(told)} spent",
            why="the next call of a shard might go over the limit",
            fix="run the same command with a higher limit: it resumes",
        )

    def back(self, shard: Shard, spent: Cost, *, finished: bool = False) -> None:
        """A shard stopped, and has spent so much in all its sessions."""
        self._spent[shard] = spent
        self._lent.pop(shard, None)
        if finished:
            self._open.discard(shard)

    def starve(self, shard: Shard, error: OutOfBudget) -> None:
        """A shard stopped because its part was used up."""
        self._starved[shard] = error, self._last[shard]

    async def room(self) -> None:
        """Wait a moment for something to come back."""
        await asyncio.sleep(_LOOK_S)

    def spent(self, at_work: Iterable[Mapping[str, Any]]) -> Cost:
        """All that is spent, with what workers say of the shards that they are at."""
        now = dict(self._spent)
        for state in at_work:
            if state["shard"] in now:
                now[state["shard"]] = state["spent"]
        return sum(now.values(), Cost())

    def _all_spent(self) -> list[float]:
        return _numbers(sum(self._spent.values(), Cost()))

    def _all_lent(self) -> list[float]:
        return [sum(column) for column in zip(*self._lent.values(), strict=True)] or [0.0] * 3


def spent_in(folder: Path) -> Cost:
    """What the calls in a run folder took; nothing where there is none yet."""
    if not has_begun(folder / JOURNAL_FILE):
        return Cost()
    with Journal(folder / JOURNAL_FILE, read_only=True) as journal:
        return sum(journal.totals().values(), Cost())


def _numbers(cost: Cost) -> list[float]:
    return [cost.usd, float(cost.calls), float(cost.tokens_in + cost.tokens_out)]


def _all_at_least(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(a >= b for a, b in zip(one, other, strict=True))
