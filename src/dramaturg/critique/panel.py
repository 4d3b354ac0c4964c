"""A panel of critics: filters drop drafts, quality experts compare the rest, one is kept.

Source: Jandaghi et al. 2023, arXiv:2312.10007, the critic as a mixture of experts.
Differs: what the paper leaves open (orders, votes, ties) is written down in `voting`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

import msgspec

from dramaturg.critique.choice import Choice
from dramaturg.critique.voting import Tally, tally
from dramaturg.errors import BackendError, RecordError
from dramaturg.models import calls_heard
from dramaturg.records import (
    Comparison,
    Conversation,
    Drop,
    Pair,
    Preference,
    Verdict,
    derive_seed,
)
from dramaturg.scorers import Comparer, Scorer, costs_one_item, lost_call
from dramaturg.store import notes

Critic: TypeAlias = Scorer | Comparer
_Seen: TypeAlias = tuple[list[Verdict], list[Drop]]
J = TypeVar("J", Verdict, Comparison)


class Panel:
    """Judges the drafts of one pair; made by `panel`."""

    def __init__(
        self,
        filters: Sequence[Scorer],
        experts: Sequence[Comparer],
        *,
        stop_early: bool = True,
        enough: int | None = None,
        of: int | None = None,
    ) -> None:
        self.filters = sorted(filters, key=lambda one: one.cost_rank)
        self.experts = list(experts)
        self.stop_early = stop_early
        self.enough = enough
        self.of = of

    async def judge(
        self,
        pair: Pair,
        drafts: AsyncIterable[Conversation] | Iterable[Conversation],
        *,
        round: int,
        seed: int,
    ) -> Choice:
        """The best draft that no filter drops, with all that was said.

        Each draft is judged when it comes, and compared with those that passed before it as soon
        as it has passed. Filters are asked in order of their cost and no further about a draft
        that is out (unless `stop_early` is off). A judge without a verdict drops the draft too:
        an unfaithful draft must not slip through because its judge was unclear. A single survivor
        is kept without a comparison. Everything is noted, in order of the drafts.

        Raises:
            BackendError: If a judge cannot be used at all.
        """
        bench = _Bench(self, round, seed)
        try:
            await bench.hear(drafts)
        finally:
            await bench.close()
        seen = bench.seen()
        survivors = [draft for draft, _, out in seen if not out]
        verdicts = [v for _, found, _ in seen for v in found]
        drops = [drop for _, _, out in seen for drop in out[:1]]
        by_expert = bench.comparisons(survivors)
        counted = tally([c.id for c in survivors], by_expert) if survivors else None
        comparisons = [c for rows in by_expert.values() for c in rows]
        kept, scores = None, {}
        if counted is not None:
            best = survivors[counted.winner]
            scores = {v.scorer: v.value for v in verdicts if v.subject == best.id}
            scores["votes"] = float(counted.votes[counted.winner])
            scores["wins"] = float(counted.wins[counted.winner])
            kept = msgspec.structs.replace(best, scores={**best.scores, **scores})
        asks = len(verdicts) + sum(drop.reason.startswith("no verdict") for drop in drops)
        unwritten = max(0, self.of - len(seen)) if bench.had_enough and self.of else 0
        all_drafts = len(seen) + unwritten
        possible = all_drafts * len(self.filters) + _pairs(all_drafts) * len(self.experts)
        asked = asks + len(comparisons)
        choice = Choice(
            kept=kept,
            scores=scores,
            verdicts=tuple(verdicts),
            comparisons=tuple(comparisons),
            preferences=tuple(self._preferences(kept, survivors, by_expert, drops, counted)),
            drops=tuple(drops),
            drafts=tuple(draft for draft, _, _ in seen),
            asked=asked,
            saved=possible - asked,
            unwritten=unwritten,
        )
        for record in (*verdicts, *comparisons, *choice.preferences, *drops):
            notes.note(record)
        return choice

    async def examine(
        self, draft: Conversation, round: int, seed: int
    ) -> tuple[list[Verdict], list[Drop]]:
        """The verdicts on one draft, and why it is out (empty if it is not)."""
        verdicts: list[Verdict] = []
        out: list[Drop] = []
        for judge in self.filters:
            own_seed = derive_seed(seed, "verdict", judge.name, draft.id)
            try:
                verdict = await _with_calls(judge(draft, seed=own_seed))
            except (RecordError, BackendError) as error:
                if isinstance(error, BackendError) and not costs_one_item(error):
                    raise
                why = f"no verdict: {judge.name}: {error.what}"
                if isinstance(error, BackendError):
                    why = lost_call(error)
                out.append(_drop(draft, round, why))
            else:
                verdicts.append(verdict)
                if verdict.passed is False:
                    why = verdict.reasons[0] if verdict.reasons else f"value {verdict.value:g}"
                    out.append(_drop(draft, round, f"{judge.name}: {why}"))
            if out and self.stop_early:
                break
        return verdicts, out

    def _preferences(
        self,
        kept: Conversation | None,
        survivors: Sequence[Conversation],
        by_expert: dict[str, list[Comparison]],
        drops: Sequence[Drop],
        counted: Tally | None,
    ) -> Iterable[Preference]:
        """The kept draft over each loser that fewer experts preferred, and each dropped one."""
        if kept is None or counted is None:
            return
        for other in survivors:
            faced = {
                name: c.winner
                for name, rows in by_expert.items()
                for c in rows
                if {c.first, c.second} == {kept.id, other.id}
            }
            mine = [name for name, winner in faced.items() if winner == kept.id]
            theirs = [name for name, winner in faced.items() if winner == other.id]
            if len(mine) > len(theirs):
                yield Preference(
                    chosen=kept.id,
                    rejected=other.id,
                    criterion="votes",
                    reason=f"preferred for {', '.join(mine)}",
                    weight=(len(mine) - len(theirs)) / len(self.experts),
                )
        for drop in drops:
            if drop.reason_class != "no verdict":
                yield Preference(
                    chosen=kept.id,
                    rejected=drop.subject,
                    criterion=drop.reason_class,
                    reason=drop.reason,
                )


class _Bench:
    """The drafts of one pair on their way through the panel."""

    def __init__(self, panel: Panel, round: int, seed: int) -> None:
        self.had_enough = False
        self._panel, self._round, self._seed = panel, round, seed
        self._examined: dict[asyncio.Task[_Seen], Conversation] = {}
        self._passed: list[Conversation] = []
        self._open = 0
        self._compared: dict[tuple[str, str, str], asyncio.Task[Comparison]] = {}
        self._changed = asyncio.Event()
        self._error: BaseException | None = None

    async def hear(self, drafts: AsyncIterable[Conversation] | Iterable[Conversation]) -> None:
        """Take every draft that is needed, and wait until all is said of them."""
        async for draft in _each(drafts):
            self._open += 1
            task = asyncio.create_task(self._examine(draft))
            self._examined[task] = draft
            await self._until_room()
            if self._error or self.had_enough:
                break
        await self._finish(self._examined)
        await self._finish(self._compared.values())

    async def _examine(self, draft: Conversation) -> _Seen:
        try:
            found = await self._panel.examine(draft, self._round, self._seed)
            if not found[1]:
                for other in self._passed:
                    self._compare(*sorted((other, draft), key=_number))
                self._passed.append(draft)
            return found
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._open -= 1
            self._changed.set()

    def _compare(self, a: Conversation, b: Conversation) -> None:
        for expert in self._panel.experts:
            seed = derive_seed(self._seed, "compare", expert.name, a.id, b.id)
            asked = _with_calls(expert(a, b, seed=seed))
            task: asyncio.Task[Comparison] = asyncio.ensure_future(asked)
            self._compared[expert.name, a.id, b.id] = task

    async def _until_room(self) -> None:
        """Where enough is enough: no further draft while those that are here may do."""
        enough = self._panel.enough
        while enough and not self._error and len(self._passed) + self._open >= enough:
            if not self._open:
                self.had_enough = True
                return
            self._changed.clear()
            await self._changed.wait()

    async def _finish(self, tasks: Iterable[asyncio.Task[Any]]) -> None:
        tasks = list(tasks)
        if tasks:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            if task.done():
                task.result()

    def seen(self) -> list[tuple[Conversation, list[Verdict], list[Drop]]]:
        """Each draft with what was said of it, in order of the drafts."""
        rows = [(draft, *task.result()) for task, draft in self._examined.items()]
        return sorted(rows, key=lambda row: _number(row[0]))

    def comparisons(self, survivors: Sequence[Conversation]) -> dict[str, list[Comparison]]:
        """By expert, all pairs of survivors in order."""
        pairs = list(itertools.combinations(survivors, 2))
        return {
            expert.name: [self._compared[expert.name, a.id, b.id].result() for a, b in pairs]
            for expert in self._panel.experts
            if survivors
        }

    async def close(self) -> None:
        """Leave nothing behind."""
        tasks = [*self._examined, *self._compared.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _with_calls(judging: Awaitable[J]) -> J:
    """What is said, with the calls that it rests on: sorted, since they end in any order."""
    with calls_heard() as keys:
        found = await judging
    return msgspec.structs.replace(found, calls=tuple(sorted(set(keys)))) if keys else found


def _number(draft: Conversation) -> int:
    return draft.provenance.draft


async def _each(
    drafts: AsyncIterable[Conversation] | Iterable[Conversation],
) -> AsyncIterator[Conversation]:
    if isinstance(drafts, AsyncIterable):
        async for draft in drafts:
            yield draft
        return
    for draft in drafts:
        yield draft


def panel(
    *critics: Critic | Sequence[Critic],
    filters: Sequence[Scorer] = (),
    experts: Sequence[Comparer] = (),
    stop_early: bool = True,
    enough: int | None = None,
    of: int | None = None,
) -> Panel:
    """A judge of drafts made of filters and quality experts.

    Args:
        critics: Filters and experts, one by one or in lists, in any order: what drops is a
            Scorer, what compares a Comparer. `filters` and `experts` are added to them.
        stop_early: Ask no further filter about a draft that is out; off, every filter is asked
            about every draft, which tells more and costs more.
        enough: Take no further draft once so many have passed all filters, >= 1; None = judge all.
        of: How many drafts there may be, for the count of what `enough` has saved.
    """
    flat: list[Critic] = []
    for one in critics:
        flat.extend([one] if isinstance(one, Scorer | Comparer) else one)
    return Panel(
        [*filters, *(c for c in flat if isinstance(c, Scorer))],
        [*experts, *(c for c in flat if isinstance(c, Comparer))],
        stop_early=stop_early,
        enough=enough,
        of=of,
    )


def _drop(draft: Conversation, round: int, reason: str) -> Drop:
    return Drop(kind="draft", reason=reason, subject=draft.id, round=round)


def _pairs(n: int) -> int:
    return n * (n - 1) // 2
