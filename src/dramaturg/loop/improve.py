"""The loop: propose, judge, keep the best, show the kept as examples, and do it again.

Source: Jandaghi et al. 2023, arXiv:2312.10007: three rounds, kept conversations join the pool.
Differs: stops when the words narrow, since a pool that feeds on itself loses variety.
"""

from __future__ import annotations

import contextlib
import time
from array import array
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from typing import Protocol

import msgspec

from dramaturg.errors import BackendError, DramaturgError, Interrupted, PartEnds
from dramaturg.loop.flow import flow
from dramaturg.loop.ordered import Buffer, InOrder
from dramaturg.loop.outcome import Outcome, pack, unpack
from dramaturg.loop.report import VARIETY_TOKENS, RoundReport, RoundTally, texts_of
from dramaturg.records import Conversation, Drop, Pair, derive_seed, from_json
from dramaturg.scorers import FAILED_CALL, count_tokens, distinct_n
from dramaturg.store import Chain, Spool, notes, parts

Measure = Callable[[Sequence[Conversation]], Mapping[str, float]]


class Chosen(Protocol):
    """What the loop needs to know of a judge's choice.

    `asked` and `saved` count verdicts and comparisons, `unwritten` drafts that were not needed.
    """

    @property
    def kept(self) -> Conversation | None: ...

    @property
    def drafts(self) -> Sequence[Conversation]: ...

    @property
    def asked(self) -> int: ...

    @property
    def saved(self) -> int: ...

    @property
    def unwritten(self) -> int: ...


class Proposer(Protocol):
    """Writes drafts for a pair, each handed over when it is finished, in any order; notes a Drop
    for each that could not be read. What the reader does not wait for need not be written."""

    def propose(
        self,
        pair: Pair,
        pool: Sequence[Conversation],
        *,
        round: int,
        seed: int,
        attempt: int = 0,
    ) -> AsyncGenerator[Conversation, None]: ...


class Judge(Protocol):
    """Chooses among drafts, judging each as it comes; notes verdicts, comparisons, preferences
    and drops."""

    async def judge(
        self, pair: Pair, drafts: AsyncIterable[Conversation], *, round: int, seed: int
    ) -> Chosen: ...


class Improved(msgspec.Struct, frozen=True, kw_only=True):
    """The result.

    Attributes:
        kept: One conversation a pair that has one, in the order of the pairs: the keeper of the
            last round that has one for the pair (its provenance says which). Read from disk.
        rounds: A report for each round that was worked on.
        dropped: Everything dropped on the way, drafts and pairs, round by round. Read from disk.
        stopped: Why it ended early, or None.
        cut: What cut it off, if it is not finished: the user, a budget, or a model that failed.
            A fall in diversity ends the loop too, but leaves nothing to go on with.
    """

    kept: Sequence[Conversation]
    rounds: list[RoundReport]
    dropped: Sequence[Drop]
    stopped: str | None = None
    cut: DramaturgError | None = None


class _Round(msgspec.Struct):
    """A round that is over.

    Attributes:
        keepers: Position in the spool by index of the pair; -1 = none.
    """

    tally: RoundTally
    keepers: array[int]
    drops: array[int]
    cut: DramaturgError | None = None


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
    finish: Callable[[Conversation], Awaitable[Conversation]] | None = None,
    concurrency: int = 64,
) -> Improved:
    """The best conversation of each pair after some rounds of writing and judging.

    The pairs of a round run at the same time, at most `concurrency` of them; each draft goes to
    the judge when it is written. Every pair of a round sees the same pool: the given one and the
    keepers of all earlier rounds. What comes out depends on the seed, never on which reply came
    first; records are noted in the order of the pairs. Conversations that are through wait on
    disk, so that memory does not grow with the number of pairs. Where the run is done in parts
    (`store.parts`), only the part's own pairs are worked on, and each round begins with what all
    parts kept in the one before.

    Args:
        pool: First demonstrations; empty leaves the choice to the proposer.
        retries: How often a pair is tried again, with other demonstrations, when no draft
            survives; then it is noted as a dropped pair, and an earlier round's keeper stays.
        measure: Further numbers for the report of each round.
        stop_when_diversity_falls: Stop when distinct-2, at equal tokens, has fallen by this
            share against the first round. The round that fell is reported, and its keepers are
            not taken. None = never.
        finish: What is done to each keeper while others still wait for models, e.g. marking its
            turns with the facts that they show.
        concurrency: Pairs under way, >= 1; `models.capacity` says how many keep an endpoint full.

    Returns:
        What is kept; when the user, a budget or a failing model cut it off, what was finished
        until then, and `stopped` and `cut` say so.

    Raises:
        BackendError: If a model cannot be used at all and no pair was finished.
        PartEnds: If the run is done in parts and this one is through, or waits for others.
    """
    part = parts.current()
    if part is not None:
        part.begin(lambda index: pairs[index].id, len(pairs))
    spool: Spool[Conversation] = Spool()
    drops: Spool[Drop] = Spool()
    kept = array("q", [-1]) * len(pairs)
    dropped = array("Q")
    examples: Sequence[Conversation] = pool
    first, first_tokens = spool.view(()), 0
    reports: list[RoundReport] = []

    def result(stopped: str | None = None, cut: DramaturgError | None = None) -> Improved:
        return Improved(
            kept=spool.view(position for position in kept if position >= 0),
            rounds=reports,
            dropped=drops.view(dropped),
            stopped=stopped,
            cut=cut,
        )

    for number in range(1, rounds + 1):
        begun = time.monotonic()
        ended = part.ends_before(number) if part is not None else None
        if ended is not None:
            return result(ended, PartEnds(ended))
        done = await _round(
            pairs,
            examples,
            propose,
            judge,
            number,
            rounds,
            retries,
            seed,
            finish,
            concurrency,
            spool,
            drops,
            part,
        )
        if part is not None and not done.cut:
            _take_over(part.end_round(number, last=number == rounds), done, spool)
        if done.cut and not done.tally.pairs and not len(result().kept):
            raise done.cut
        keepers = spool.view(position for position in done.keepers if position >= 0)
        if not len(first):
            first, first_tokens = keepers, done.tally.tokens
        dropped.extend(done.drops)
        reports.append(
            done.tally.report(
                keepers,
                first,
                first_tokens=first_tokens,
                seconds=time.monotonic() - begun,
                seed=derive_seed(seed, "report"),
                extra=measure(keepers) if measure else {},
            )
        )
        fell = _fall(first, keepers, stop_when_diversity_falls, number)
        if fell and not done.cut:
            if part is not None:
                part.end(fell)
            return result(fell)
        for index, position in enumerate(done.keepers):
            if position >= 0:
                kept[index] = position
        if done.cut:
            return result(done.cut.what, done.cut)
        examples = Chain(examples, keepers)
    return result()


async def _round(
    pairs: Sequence[Pair],
    examples: Sequence[Conversation],
    propose: Proposer,
    judge: Judge,
    number: int,
    rounds: int,
    retries: int,
    seed: int,
    finish: Callable[[Conversation], Awaitable[Conversation]] | None,
    concurrency: int,
    spool: Spool[Conversation],
    drops: Spool[Drop],
    part: parts.Part | None = None,
) -> _Round:
    """Every pair once: what is kept and dropped goes to the spools, figures to a tally."""
    done = _Round(RoundTally(number), array("q", [-1]) * len(pairs), array("Q"))
    places: list[tuple[int, int]] = []
    told = InOrder()
    tally = done.tally
    mine = part.mine(number) if part is not None else None
    indexes = range(len(pairs)) if mine is None else list(mine)

    async def make(pair: Pair) -> Outcome:
        buffer = Buffer()
        with notes.listening(buffer):
            item = await _pair(pair, examples, propose, judge, number, retries, seed, buffer)
            if item.kept is not None:
                item.kept = await finish(item.kept) if finish else item.kept
                notes.note(item.kept)
        item.records = buffer.records
        return item

    async def work(index: int) -> Outcome:
        if part is None:
            return await make(pairs[index])
        known = part.outcome(number, index)
        if known is not None:
            return unpack(known)
        try:
            return await make(pairs[index])
        except (Interrupted, BackendError) as error:
            reason = part.gap(number, index, error)
            if reason is None:
                raise
            gap = Drop(kind="pair", reason=reason, subject=pairs[index].id, round=number)
            return Outcome(kept=None, records=[gap])

    results = flow(indexes, work, at_once=concurrency)
    try:
        async for place, item in results:
            index, records = indexes[place], item.records
            if part is not None and not item.unanswered:
                part.add(number, item.told(index), pack(item))
            if item.kept is not None:
                done.keepers[index] = spool.append(item.kept)
            places += [(index, drops.append(r)) for r in records if isinstance(r, Drop)]
            tally.add(
                item.kept,
                item.drafts,
                records,
                asked=item.asked,
                saved=item.saved,
                unwritten=item.unwritten,
            )
            told.done(place, records)
            notes.progress(
                f"round {number} of {rounds}",
                tally.pairs,
                len(indexes),
                kept=float(tally.kept),
                failed=float(tally.pairs - tally.kept),
                drafts=float(tally.drafts),
            )
    except (Interrupted, BackendError) as error:
        done.cut = error
    finally:
        await results.aclose()
        told.close()
    done.drops.extend(position for _, position in sorted(places))
    return done


async def _pair(
    pair: Pair,
    examples: Sequence[Conversation],
    propose: Proposer,
    judge: Judge,
    number: int,
    retries: int,
    seed: int,
    told: Buffer,
) -> Outcome:
    """Drafts and a choice for one pair, tried again when nothing survives.

    Not where all that was dropped are calls without a reply: the endpoint is at fault and not the
    drafts, and the next session asks for those very calls.
    """
    item = Outcome(kept=None)
    for attempt in range(retries + 1):
        before = len(told.records)
        drafts = propose.propose(pair, examples, round=number, seed=seed, attempt=attempt)
        own_seed = derive_seed(seed, "judge", pair.id, number, attempt)
        async with contextlib.aclosing(drafts):
            chosen = await judge.judge(pair, drafts, round=number, seed=own_seed)
        item.drafts += chosen.drafts
        item.asked += chosen.asked
        item.saved += chosen.saved
        item.unwritten += chosen.unwritten
        for draft in chosen.drafts:  # those that lost, too: it can be seen what the keeper beat
            if chosen.kept is None or draft.id != chosen.kept.id:
                notes.note(draft)
        if chosen.kept is not None:
            item.kept = chosen.kept
            return item
        lost = [
            r.reason.startswith(FAILED_CALL) for r in told.records[before:] if isinstance(r, Drop)
        ]
        if lost and all(lost):
            break
    classes = Counter(r.reason_class for r in told.records if isinstance(r, Drop))
    why = ", ".join(f"{name} {n}" for name, n in sorted(classes.items())) or "no draft came"
    notes.note(Drop(kind="pair", reason=f"nothing survived: {why}", subject=pair.id, round=number))
    return item


def _take_over(
    known: Iterable[parts.Kept] | None, done: _Round, spool: Spool[Conversation]
) -> None:
    """What all parts kept in a round, as if it had been worked on here."""
    if known is None:
        return
    done.tally = RoundTally(done.tally.number)
    for item in known:
        kept = None if item.kept is None else from_json(bytes(item.kept), Conversation)
        done.keepers[item.index] = -1 if kept is None else spool.append(kept)
        done.tally.add(kept, (), ())


def _fall(
    first: Sequence[Conversation],
    now: Sequence[Conversation],
    limit: float | None,
    number: int,
) -> str | None:
    """Why to stop, if the words have narrowed by more than the limit."""
    if limit is None or number == 1 or not now:
        return None
    before, after = (list(texts_of(side, VARIETY_TOKENS)) for side in (first, now))
    size = min(count_tokens(before), count_tokens(after), VARIETY_TOKENS)
    was, is_now = distinct_n(before, 2, at_tokens=size), distinct_n(after, 2, at_tokens=size)
    if is_now >= (1 - limit) * was:
        return None
    return (
        f"diversity: distinct-2 over {size} tokens fell from {was:.3f} in round 1 "
        f"to {is_now:.3f} in round {number}"
    )
