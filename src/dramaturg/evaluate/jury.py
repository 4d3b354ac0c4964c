"""Several judges of the same conversations: what they say together, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dramaturg.errors import BackendError, RecordError, UserError
from dramaturg.evaluate.agreement import Agreement, agreement
from dramaturg.evaluate.exam import model_of
from dramaturg.records import Conversation, Cost, derive_seed
from dramaturg.scorers import Scorer, paid, together, why_lost


class JuryItem(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation before the jury.

    Attributes:
        values, passed: By judge, in their order; None where a judge gave no verdict, or does not
            decide.
        mean: Of the values, None without any.
        verdict: What more than half of those who decide say; None for a tie or no decision.
    """

    conversation: str
    values: tuple[float | None, ...]
    passed: tuple[bool | None, ...]
    mean: float | None
    verdict: bool | None


class JuryResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a jury found.

    Attributes:
        judges: "name version (model)" of each, "(rule)" for one without a model.
        on_decisions: Krippendorff's alpha of passed or failed, nominal.
        on_values: Krippendorff's alpha of the values, interval.
        costs: By judge.
        no_verdict: Conversations without a verdict, by judge.
    """

    judges: tuple[str, ...]
    items: tuple[JuryItem, ...]
    on_decisions: Agreement
    on_values: Agreement
    costs: tuple[Cost, ...]
    no_verdict: tuple[int, ...]


async def jury(
    conversations: Sequence[Conversation],
    judges: Sequence[Scorer],
    *,
    at_once: int = 32,
    resamples: int = 1_000,
    seed: int = 13,
) -> JuryResult:
    """Ask every judge about every conversation.

    Args:
        judges: The same question by several models, on one scale; only those that passed their
            exam, if it is to count.

    Raises:
        UserError: If fewer than two judges are given, or their ranges differ.
        BackendError: If a call fails that would fail for every conversation.
    """
    if len(judges) < 2:
        raise UserError("a jury needs two judges at least", fix="name another model")
    if len({(judge.low, judge.high) for judge in judges}) > 1:
        raise UserError(
            "these judges use different scales, so that their values cannot be compared",
            why=", ".join(f"{j.name} {j.version}: {j.low:g} to {j.high:g}" for j in judges),
            fix="give judges of one form: all measured, or all asked",
        )
    items: list[JuryItem] = []
    costs, silent = [Cost()] * len(judges), [0] * len(judges)

    async def one(conversation: Conversation) -> JuryItem:
        values: list[float | None] = []
        passed: list[bool | None] = []
        for number, judge in enumerate(judges):
            try:
                found = await judge(conversation, seed=derive_seed(seed, number, conversation.id))
            except (RecordError, BackendError) as error:
                why_lost(error)
                silent[number] += 1
                costs[number] = costs[number] + paid(error)
                values.append(None)
                passed.append(None)
                continue
            costs[number] = costs[number] + found.cost
            values.append(found.value)
            passed.append(found.passed)
        given = [value for value in values if value is not None]
        yes, no = passed.count(True), passed.count(False)
        return JuryItem(
            conversation=conversation.id,
            values=tuple(values),
            passed=tuple(passed),
            mean=sum(given) / len(given) if given else None,
            verdict=None if yes == no else yes > no,
        )

    for start in range(0, len(conversations), at_once):
        items += await together(one(c) for c in conversations[start : start + at_once])
    return JuryResult(
        judges=tuple(_label(judge) for judge in judges),
        items=tuple(items),
        on_decisions=agreement([i.passed for i in items], resamples=resamples, seed=seed),
        on_values=agreement(
            [i.values for i in items], level="interval", resamples=resamples, seed=seed
        ),
        costs=tuple(costs),
        no_verdict=tuple(silent),
    )


def _label(judge: Scorer) -> str:
    return f"{judge.name} {judge.version} ({model_of(judge) or 'rule'})"
