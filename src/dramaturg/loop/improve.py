"""The loop: propose, judge, keep the best, show the kept as examples, and do it again.

Source: Jandaghi et al. 2023, arXiv:2312.10007: three rounds, kept conversations join the pool.
Differs: stops when the words narrow, since a pool that feeds on itself loses variety.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from dramaturg.errors import BackendError, DramaturgError, Interrupted
from dramaturg.loop.ordered import Buffer, InOrder
from dramaturg.loop.report import RoundReport, report_round
from dramaturg.records import Conversation, Drop, Pair, derive_seed
from dramaturg.scorers import count_tokens, distinct_n, utterances
from dramaturg.store import notes

Measure = Callable[[Sequence[Conversation]], Mapping[str, float]]


class Chosen(Protocol):
    """What the loop needs to know of a judge's choice."""

    @property
    def kept(self) -> Conversation | None: ...

    @property
    def asked(self) -> int: ...

    @property
    def saved(self) -> int: ...


class Proposer(Protocol):
    """Writes drafts for a pair; notes a Drop for each that could not be read."""

    async def propose(
        self,
        pair: Pair,
        pool: Sequence[Conversation],
        *,
        round: int,
        seed: int,
        attempt: int = 0,
    ) -> list[Conversation]: ...


class Judge(Protocol):
    """Chooses among drafts; notes verdicts, comparisons, preferences and drops."""

    async def judge(
        self, pair: Pair, drafts: Sequence[Conversation], *, round: int, seed: int
    ) -> Chosen: ...


class Improved(msgspec.Struct, frozen=True, kw_only=True):
    """The result.

    Attributes:
        kept: One conversation a pair that has one, in the order of the pairs: the keeper of the
            last round that has one for the pair (its provenance says which).
        rounds: A report for each round that was worked on.
        dropped: Everything dropped on the way, drafts and pairs, round by round.
        stopped: Why it ended early, or None.
        cut: What cut it off, if it is not finished: the user, a budget, or a model that failed.
            A fall in diversity ends the loop too, but leaves nothing to go on with.
    """

    kept: list[Conversation]
    rounds: list[RoundReport]
    dropped: list[Drop]
    stopped: str | None = None
    cut: DramaturgError | None = None


class _Item(msgspec.Struct):
    """One pair in one round."""

    kept: Conversation | None
    drafts: list[Conversation]
    asked: int = 0
    saved: int = 0


async def improve(
    pairs: Sequence[Pair],
    *,
    propose: Proposer,
    judge: Judge,
    pool: Sequence[Conversation] = (),
    rounds: int = 3,
    retries: int = 1,
    seed: int = 13,
    measure: Measure | None = None,
    stop_when_diversity_falls: float | None = 0.2,
    concurrency: int = 64,
) -> Improved:
    """The best conversation of each pair after some rounds of writing and judging.

    All pairs of a round run at the same time, at most `concurrency` of them, and each goes to
    the judge when its own drafts are there. Every pair of a round sees the same pool: the given
    one and the keepers of all earlier rounds. What comes out depends on the seed, never on
    which reply came first; records are noted in the order of the pairs.

    Args:
        pool: First demonstrations; empty leaves the choice to the proposer.
        retries: How often a pair is tried again, with other demonstrations, when no draft
            survives; then it is noted as a dropped pair, and an earlier round's keeper stays.
        measure: Further numbers for the report of each round.
        stop_when_diversity_falls: Stop when distinct-2, at equal tokens, has fallen by this
            share against the first round. The round that fell is reported, and its keepers are
            not taken. None = never.

    Returns:
        What is kept; when the user, a budget or a failing model cut it off, what was finished
        until then, and `stopped` and `cut` say so.

    Raises:
        BackendError: If a model cannot be used at all and no pair was finished.
    """
    kept: dict[str, Conversation] = {}
    first: list[Conversation] = []
    examples = list(pool)
    reports: list[RoundReport] = []
    dropped: list[Drop] = []
    for number in range(1, rounds + 1):
        begun = time.monotonic()
        done, told, cut = await _round(
            pairs, examples, propose, judge, number, retries, seed, concurrency
        )
        items = [done[i] for i in sorted(done)]
        if cut and not items and not kept:
            raise cut
        keepers = [item.kept for item in items if item.kept is not None]
        first = first or keepers
        dropped += [record for record in told.records if isinstance(record, Drop)]
        reports.append(
            report_round(
                number,
                pairs=len(items),
                failed=len(items) - len(keepers),
                kept=keepers,
                drafts=[draft for item in items for draft in item.drafts],
                records=told.records,
                first=first,
                seconds=time.monotonic() - begun,
                seed=derive_seed(seed, "report"),
                asked=sum(item.asked for item in items),
                saved=sum(item.saved for item in items),
                extra=dict(measure(keepers)) if measure else {},
            )
        )
        fell = _fall(first, keepers, stop_when_diversity_falls, number)
        if fell and not cut:
            return Improved(
                kept=_in_order(pairs, kept), rounds=reports, dropped=dropped, stopped=fell
            )
        kept |= {made.scene_id: made for made in keepers}
        if cut:
            return Improved(
                kept=_in_order(pairs, kept),
                rounds=reports,
                dropped=dropped,
                stopped=cut.what,
                cut=cut,
            )
        examples += keepers
    return Improved(kept=_in_order(pairs, kept), rounds=reports, dropped=dropped)


async def _round(
    pairs: Sequence[Pair],
    examples: Sequence[Conversation],
    propose: Proposer,
    judge: Judge,
    number: int,
    retries: int,
    seed: int,
    concurrency: int,
) -> tuple[dict[int, _Item], InOrder, DramaturgError | None]:
    """Every pair once: finished items by index, what was noted, and what cut it off."""
    done: dict[int, _Item] = {}
    told = InOrder()
    waiting = iter(enumerate(pairs))
    counts: Counter[str] = Counter()

    async def work() -> None:
        for index, pair in waiting:
            buffer = Buffer()
            with notes.listening(buffer):
                item = await _pair(pair, examples, propose, judge, number, retries, seed, buffer)
            done[index] = item
            told.done(index, buffer.records)
            counts["kept" if item.kept else "failed"] += 1
            counts["drafts"] += len(item.drafts)
            notes.progress(f"round {number}", len(done), len(pairs), **_floats(counts))

    workers = [asyncio.create_task(work()) for _ in range(min(concurrency, len(pairs)))]
    cut: DramaturgError | None = None
    try:
        await asyncio.gather(*workers)
    except (Interrupted, BackendError) as error:
        cut = error
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        told.close()
    return done, told, cut


async def _pair(
    pair: Pair,
    examples: Sequence[Conversation],
    propose: Proposer,
    judge: Judge,
    number: int,
    retries: int,
    seed: int,
    told: Buffer,
) -> _Item:
    """Drafts and a choice for one pair, tried again when nothing survives."""
    item = _Item(kept=None, drafts=[])
    for attempt in range(retries + 1):
        new = await propose.propose(pair, examples, round=number, seed=seed, attempt=attempt)
        item.drafts += new
        if not new:
            continue
        own_seed = derive_seed(seed, "judge", pair.id, number, attempt)
        chosen = await judge.judge(pair, new, round=number, seed=own_seed)
        item.asked += chosen.asked
        item.saved += chosen.saved
        for draft in new:  # those that lost, too: who reads the run sees what the keeper beat
            if chosen.kept is None or draft.id != chosen.kept.id:
                notes.note(draft)
        if chosen.kept is not None:
            item.kept = chosen.kept
            notes.note(chosen.kept)
            return item
    classes = Counter(r.reason_class for r in told.records if isinstance(r, Drop))
    why = ", ".join(f"{name} {n}" for name, n in sorted(classes.items())) or "no draft came"
    notes.note(Drop(kind="pair", reason=f"nothing survived: {why}", subject=pair.id, round=number))
    return item


def _fall(
    first: Sequence[Conversation],
    now: Sequence[Conversation],
    limit: float | None,
    number: int,
) -> str | None:
    """Why to stop, if the words have narrowed by more than the limit."""
    if limit is None or number == 1 or not now:
        return None
    before, after = utterances(first), utterances(now)
    size = min(count_tokens(before), count_tokens(after))
    was, is_now = distinct_n(before, 2, at_tokens=size), distinct_n(after, 2, at_tokens=size)
    if is_now >= (1 - limit) * was:
        return None
    return (
        f"diversity: distinct-2 over {size} tokens fell from {was:.3f} in round 1 "
        f"to {is_now:.3f} in round {number}"
    )


def _in_order(pairs: Sequence[Pair], kept: Mapping[str, Conversation]) -> list[Conversation]:
    return [kept[pair.id] for pair in pairs if pair.id in kept]


def _floats(counts: Mapping[str, int]) -> dict[str, float]:
    return {name: float(n) for name, n in counts.items()}
