"""What one round came to, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from dramaturg.records import Comparison, Conversation, Cost, Drop, Verdict
from dramaturg.scorers import (
    count_tokens,
    different_utterances,
    distinct_n,
    persona_shown,
    utterances,
)


class RoundReport(msgspec.Struct, frozen=True, kw_only=True):
    """One round of the loop, counted over the conversations that it kept.

    Attributes:
        round: From 1.
        pairs, kept, failed: Pairs worked on, with a keeper, and with nothing left.
        drafts: Drafts that could be read.
        dropped: Records dropped, by what they were and class of reason ("draft faithfulness").
        repairs: What the parser mended in kept conversations, by kind.
        votes: Mean expert votes of the kept that had a rival; None if none had.
        pairwise: Mean share of its comparisons that a kept conversation won; None as above.
        precision, recall: Of the attributes that show, against 4 distractors a speaker.
        distinct_1, distinct_2, distinct_3: Over all tokens of the round; `tokens` says how many.
        distinct_2_equal: At as many tokens as the smaller of this round and the first.
        different: Share of different utterances.
        turns, words: Mean turns a conversation and words a turn.
        turns_wanted: What was asked for, (more than, fewer than), where the drafts say so.
        cost: Model calls and tokens of drafts and verdicts.
        seconds: Of the clock; the one number here that differs from run to run.
        asked, saved: Verdicts and comparisons that were asked for, and that nobody needed.
        extra: What the caller's own `measure` found.
    """

    round: int
    pairs: int
    kept: int
    failed: int
    drafts: int
    dropped: dict[str, int]
    repairs: dict[str, int]
    votes: float | None
    pairwise: float | None
    precision: float | None
    recall: float | None
    distinct_1: float
    distinct_2: float
    distinct_3: float
    distinct_2_equal: float
    different: float
    tokens: int
    turns: float
    words: float
    turns_wanted: tuple[int, int] | None
    cost: Cost
    seconds: float
    asked: int = 0
    saved: int = 0
    extra: dict[str, float] = msgspec.field(default_factory=dict)


def report_round(
    number: int,
    *,
    pairs: int,
    failed: int,
    kept: Sequence[Conversation],
    drafts: Sequence[Conversation],
    records: Iterable[msgspec.Struct],
    first: Sequence[Conversation],
    seconds: float,
    seed: int,
    asked: int = 0,
    saved: int = 0,
    extra: dict[str, float],
) -> RoundReport:
    """The report of a round.

    Args:
        kept, drafts: In the order of the pairs.
        records: All that was noted in the round.
        first: What the first round kept, for numbers at equal length.
    """
    said = utterances(kept)
    size = count_tokens(said)
    before = utterances(first)
    shown = persona_shown(kept, seed=seed)
    records = list(records)
    wanted = next((d.provenance.extra.get("turns_wanted") for d in drafts), None)
    contests = _contests(records)
    compared = [c for c in kept if contests[c.id]]
    shares = [c.scores["wins"] / contests[c.id] for c in compared]
    return RoundReport(
        round=number,
        pairs=pairs,
        kept=len(kept),
        failed=failed,
        drafts=len(drafts),
        dropped=_sorted(f"{r.kind} {r.reason_class}" for r in records if isinstance(r, Drop)),
        repairs=_sum(c.provenance.repairs for c in kept),
        votes=_mean([c.scores["votes"] for c in compared]),
        pairwise=_mean(shares),
        precision=shown.precision,
        recall=shown.recall,
        distinct_1=distinct_n(said, 1),
        distinct_2=distinct_n(said, 2),
        distinct_3=distinct_n(said, 3),
        distinct_2_equal=distinct_n(said, 2, at_tokens=min(size, count_tokens(before))),
        different=different_utterances(said),
        tokens=size,
        turns=_mean([float(len(c.turns)) for c in kept]) or 0.0,
        words=size / len(said) if said else 0.0,
        turns_wanted=(int(wanted[0]), int(wanted[1])) if wanted else None,
        cost=_cost(drafts, records),
        seconds=round(seconds, 3),
        asked=asked,
        saved=saved,
        extra=extra,
    )


def _contests(records: Sequence[msgspec.Struct]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for record in records:
        if isinstance(record, Comparison):
            counts.update((record.first, record.second))
    return counts


def _cost(drafts: Sequence[Conversation], records: Sequence[msgspec.Struct]) -> Cost:
    total = Cost()
    for record in records:
        if isinstance(record, Verdict | Comparison):
            total = total + record.cost
        elif isinstance(record, Drop) and record.kind == "draft" and record.detail:
            total = total + _spent(msgspec.json.decode(record.detail).get("cost"))
    for draft in drafts:
        total = total + _spent(draft.provenance.extra.get("cost"))
    return total


def _spent(found: object) -> Cost:
    return msgspec.convert(found, Cost) if isinstance(found, dict) else Cost()


def _sorted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _sum(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items()))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
