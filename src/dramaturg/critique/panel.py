"""A panel of critics: filters drop drafts, quality experts compare the rest, one is kept.

Source: Jandaghi et al. 2023, arXiv:2312.10007, the critic as a mixture of experts.
Differs: what the paper leaves open (orders, votes, ties) is written down in `voting`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from dramaturg.critique.choice import Choice
from dramaturg.critique.voting import Tally, tally
from dramaturg.errors import BackendError, RecordError
from dramaturg.records import (
    Comparison,
    Conversation,
    Drop,
    Pair,
    Preference,
    Verdict,
    derive_seed,
)
from dramaturg.scorers import Comparer, Scorer, costs_one_item, lost_call, together
from dramaturg.store import notes

Critic: TypeAlias = Scorer | Comparer


class Panel:
    """Judges the drafts of one pair; made by `panel`."""

    def __init__(
        self, filters: Sequence[Scorer], experts: Sequence[Comparer], *, stop_early: bool = True
    ) -> None:
        self.filters = sorted(filters, key=lambda one: one.cost_rank)
        self.experts = list(experts)
        self.stop_early = stop_early

    async def judge(
        self, pair: Pair, drafts: Sequence[Conversation], *, round: int, seed: int
    ) -> Choice:
        """The best draft that no filter drops, with all that was said.

        Filters are asked in order of their cost and no further about a draft that is out
        (unless `stop_early` is off). A judge without a verdict drops the draft too: an
        unfaithful draft must not slip through because its judge was unclear. A single survivor
        is kept without a comparison. Everything is noted.

        Raises:
            BackendError: If a judge cannot be used at all.
        """
        seen = await together(self._filter(draft, round, seed) for draft in drafts)
        survivors = [d for d, (_, out) in zip(drafts, seen, strict=True) if not out]
        verdicts = [v for found, _ in seen for v in found]
        drops = [drop for _, out in seen for drop in out[:1]]
        by_expert, counted = await self._compare(survivors, seed)
        comparisons = [c for rows in by_expert.values() for c in rows]
        kept, scores = None, {}
        if counted is not None:
            best = survivors[counted.winner]
            scores = {v.scorer: v.value for v in verdicts if v.subject == best.id}
            scores["votes"] = float(counted.votes[counted.winner])
            scores["wins"] = float(counted.wins[counted.winner])
            kept = msgspec.structs.replace(best, scores={**best.scores, **scores})
        asks = len(verdicts) + sum(drop.reason.startswith("no verdict") for drop in drops)
        possible = len(drafts) * len(self.filters) + _pairs(len(drafts)) * len(self.experts)
        asked = asks + len(comparisons)
        choice = Choice(
            kept=kept,
            scores=scores,
            verdicts=tuple(verdicts),
            comparisons=tuple(comparisons),
            preferences=tuple(self._preferences(kept, survivors, by_expert, drops, counted)),
            drops=tuple(drops),
            asked=asked,
            saved=possible - asked,
        )
        for record in (*verdicts, *comparisons, *choice.preferences, *drops):
            notes.note(record)
        return choice

    async def _filter(
        self, draft: Conversation, round: int, seed: int
    ) -> tuple[list[Verdict], list[Drop]]:
        """The verdicts on one draft, and why it is out (empty if it is not)."""
        verdicts: list[Verdict] = []
        out: list[Drop] = []
        for judge in self.filters:
            own_seed = derive_seed(seed, "verdict", judge.name, draft.id)
            try:
                verdict = await judge(draft, seed=own_seed)
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

    async def _compare(
        self, survivors: Sequence[Conversation], seed: int
    ) -> tuple[dict[str, list[Comparison]], Tally | None]:
        """All pairs of survivors under every policy, and the count of votes."""
        if not survivors:
            return {}, None
        pairs = list(itertools.combinations(survivors, 2))
        asked = [
            expert(a, b, seed=derive_seed(seed, "compare", expert.name, a.id, b.id))
            for expert in self.experts
            for a, b in pairs
        ]
        found = await together(asked)
        by_expert = {
            expert.name: list(found[i * len(pairs) : (i + 1) * len(pairs)])
            for i, expert in enumerate(self.experts)
        }
        return by_expert, tally([c.id for c in survivors], by_expert)

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


def panel(
    *critics: Critic | Sequence[Critic],
    filters: Sequence[Scorer] = (),
    experts: Sequence[Comparer] = (),
    stop_early: bool = True,
) -> Panel:
    """A judge of drafts made of filters and quality experts.

    Args:
        critics: Filters and experts, one by one or in lists, in any order: what drops is a
            Scorer, what compares a Comparer. `filters` and `experts` are added to them.
        stop_early: Ask no further filter about a draft that is out; off, every filter is asked
            about every draft, which tells more and costs more.
    """
    flat: list[Critic] = []
    for one in critics:
        flat.extend([one] if isinstance(one, Scorer | Comparer) else one)
    return Panel(
        [*filters, *(c for c in flat if isinstance(c, Scorer))],
        [*experts, *(c for c in flat if isinstance(c, Comparer))],
        stop_early=stop_early,
    )


def _drop(draft: Conversation, round: int, reason: str) -> Drop:
    return Drop(kind="draft", reason=reason, subject=draft.id, round=round)


def _pairs(n: int) -> int:
    return n * (n - 1) // 2
