"""Which of two sides is better, over many pairs: both orders, repeats, and how far position counts.

A judge asked "1 or 2" may favour a place. Each pair is therefore shown in both orders, and the
share of votes for what stood first is reported beside the result: 0.5 is no bias.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import msgspec

from dramaturg.errors import BackendError, RecordError, UserError
from dramaturg.records import Comparison, Conversation, Cost, derive_seed
from dramaturg.scorers import Comparer, paid, together, why_lost

Outcome: TypeAlias = Literal["first", "second", "tie"]
RESAMPLES = 1_000


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A share with the middle 95 % of it over resampled pairs, and what it is counted over.

    Attributes:
        value, low, high: In [0, 1]; None where there is nothing to count.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str


class PairOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One pair: what the repeats say together, and each comparison with its votes."""

    first: str
    second: str
    outcome: Outcome
    comparisons: tuple[Comparison, ...]


class _Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A pair without an outcome."""

    why: str
    cost: Cost


class PairwiseResult(msgspec.Struct, frozen=True, kw_only=True):
    """Two sides compared.

    Attributes:
        policy, version: What was asked.
        first_wins, second_wins, ties: Shares of pairs.
        preference: Share of pairs that the first side wins, ties as halves; 0.5 = no difference.
        shown_first: Share of votes for the conversation that stood first; 0.5 = no position bias.
            None for a judge without a position.
        consistent: Share of comparisons whose two orders name the same one.
        no_vote: Votes that were none (unreadable replies).
        lost: Why pairs were not judged, and how many for each reason.
        calls: Model calls a pair on average; `cost` is of all, those without an outcome too.
    """

    policy: str
    version: str
    model: str
    repeats: int
    first_wins: Estimate
    second_wins: Estimate
    ties: Estimate
    preference: Estimate
    shown_first: Estimate
    consistent: Estimate
    no_vote: int
    not_judged: int
    lost: dict[str, int]
    calls: float
    cost: Cost
    pairs: tuple[PairOutcome, ...]


async def pairwise(
    pairs: Sequence[tuple[Conversation, Conversation]],
    comparer: Comparer,
    *,
    repeats: int = 1,
    at_once: int = 32,
    resamples: int = RESAMPLES,
    seed: int = 13,
) -> PairwiseResult:
    """Compare the two sides of every pair.

    Args:
        pairs: (one of the first side, one of the second).
        comparer: Asks in both orders if it is a chat model (`scorers.quality`,
            `scorers.more_human`).
        repeats: How often each pair is asked anew, with other seeds; a pair goes to the side
            that wins more repeats.

    Raises:
        UserError: If there is no pair, or repeats is below 1.
        BackendError: If a call fails that would fail for every pair; another costs one pair.
    """
    if not pairs or repeats < 1:
        raise UserError("there is nothing to compare", fix="give pairs, and repeats of 1 or more")
    found: list[PairOutcome | _Lost] = []
    for start in range(0, len(pairs), at_once):
        found += await together(
            _one(comparer, first, second, repeats, derive_seed(seed, start + number))
            for number, (first, second) in enumerate(pairs[start : start + at_once])
        )
    outcomes = [one for one in found if isinstance(one, PairOutcome)]
    lost = [one for one in found if isinstance(one, _Lost)]
    asked = [comparison for one in outcomes for comparison in one.comparisons]
    cost = sum((*(one.cost for one in asked), *(one.cost for one in lost)), Cost())

    def estimate(counts: Callable[[PairOutcome], tuple[float, float]], unit: str) -> Estimate:
        return _estimate([counts(one) for one in outcomes], unit, resamples, seed)

    def wins(outcome: Outcome) -> Estimate:
        return estimate(lambda one: (float(one.outcome == outcome), 1.0), "pairs")

    halves = {"first": 1.0, "tie": 0.5, "second": 0.0}
    return PairwiseResult(
        policy=comparer.policy,
        version=comparer.version,
        model=asked[0].model if asked else "",
        repeats=repeats,
        first_wins=wins("first"),
        second_wins=wins("second"),
        ties=wins("tie"),
        preference=estimate(lambda one: (halves[one.outcome], 1.0), "pairs"),
        shown_first=estimate(_for_the_first, "votes"),
        consistent=estimate(_consistent, "comparisons"),
        no_vote=sum(vote is None for c in asked if len(c.votes) > 1 for vote in c.votes),
        not_judged=len(lost),
        lost=dict(Counter(one.why for one in lost).most_common()),
        calls=cost.calls / len(outcomes) if outcomes else 0.0,
        cost=cost,
        pairs=tuple(outcomes),
    )


async def _one(
    comparer: Comparer, first: Conversation, second: Conversation, repeats: int, seed: int
) -> PairOutcome | _Lost:
    said: list[Comparison] = []
    try:
        for repeat in range(repeats):
            said.append(await comparer(first, second, seed=derive_seed(seed, repeat)))
    except (RecordError, BackendError) as error:
        spent = sum((comparison.cost for comparison in said), paid(error))
        return _Lost(why=why_lost(error), cost=spent)
    ahead = sum((c.winner == first.id) - (c.winner == second.id) for c in said)
    outcome: Outcome = "first" if ahead > 0 else "second" if ahead < 0 else "tie"
    return PairOutcome(first=first.id, second=second.id, outcome=outcome, comparisons=tuple(said))


def _for_the_first(one: PairOutcome) -> tuple[float, float]:
    """Votes for what stood first, and votes, of a pair asked in both orders."""
    hits = votes = 0
    for comparison in one.comparisons:
        if len(comparison.votes) != 2:
            continue
        for vote, shown in zip(
            comparison.votes, (comparison.first, comparison.second), strict=True
        ):
            hits += vote is not None and vote == shown
            votes += vote is not None
    return float(hits), float(votes)


def _consistent(one: PairOutcome) -> tuple[float, float]:
    both = [c for c in one.comparisons if len(c.votes) == 2 and None not in c.votes]
    return float(sum(c.votes[0] == c.votes[1] for c in both)), float(len(both))


def _estimate(
    counts: Sequence[tuple[float, float]], unit: str, resamples: int, seed: int
) -> Estimate:
    n = sum(total for _, total in counts)
    if not n:
        return Estimate(value=None, low=None, high=None, n=0, unit=unit)
    value = sum(hits for hits, _ in counts) / n
    draw = random.Random(derive_seed(seed, "pairwise", unit, len(counts)))
    drawn = []
    for _ in range(resamples):
        some = draw.choices(counts, k=len(counts))
        total = sum(t for _, t in some)
        if total:
            drawn.append(sum(h for h, _ in some) / total)
    drawn.sort()
    edge = int((len(drawn) - 1) * 0.025)
    return Estimate(
        value=value, low=drawn[edge], high=drawn[len(drawn) - 1 - edge], n=int(n), unit=unit
    )
