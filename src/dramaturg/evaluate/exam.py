"""A qualification exam: a judge's verdicts count once it has found faults that are known.

Source: the idea of examining a judge before using it, PersonaEval (2025), "Are LLM evaluators
human enough to judge role-play?"; the faults are planted in conversations that are given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from dramaturg.errors import BackendError, RecordError, UserError
from dramaturg.evaluate.plant import Planted, plant_all
from dramaturg.evaluate.shares import Share, share
from dramaturg.records import Conversation, Cost, derive_seed
from dramaturg.scorers import ENTRIES, Comparer, Scorer, paid, together, why_lost

CATCH, FALSE_ALARMS, RANKED = 0.7, 0.2, 0.75  # marks to pass
CASES = 16

# What each scorer must be able to find; a scorer that is not here has no exam.
SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "faithfulness": ("own fact denied",),
    "partner_fact": ("partner's fact claimed",),
    "atomic_fidelity": ("own fact denied",),
    "toxicity": ("insult",),
    "coherency": ("turns shuffled",),
    "coherence": ("turns shuffled",),
    "diversity": ("first half repeated",),
    "repetition": ("first half repeated",),
    "llm_eval_relevance": ("turns shuffled",),
    "gpt_score_coherent": ("turns shuffled",),
    "g_eval_relevance": ("turns shuffled",),
    "g_eval_coherent": ("turns shuffled",),
    "g_eval_faithfulness": ("own fact denied",),
}

# The same for judges of two, by policy.
PAIR_SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "human": ("turns shuffled",),
    "coherency": ("turns shuffled",),
    "diversity": ("first half repeated",),
    "likable": ("insult",),
}


class ExamResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a judge did.

    Attributes:
        judge, version, model: Who sat it.
        kinds: What was planted.
        passed: Whether its verdicts count.
        caught: Faulty conversations that it failed; None for a judge that does not decide.
        false_alarms: Clean twins that it failed; None likewise.
        ranked: Pairs of twins in which the clean one got the better value; a tie counts half.
        no_verdict: Twins of which at least one got no verdict: they count as not caught and as
            not ranked, since a judge who does not answer finds nothing.
        no_verdict_why: Why they got none, and how many for each reason.
        needed: The marks, in words.
        missed: Ids of faulty conversations that it did not catch, or ranked wrongly.
    """

    judge: str
    version: str
    model: str
    kinds: tuple[str, ...]
    passed: bool
    caught: Share | None
    false_alarms: Share | None
    ranked: Share
    no_verdict: int
    no_verdict_why: dict[str, int] = msgspec.field(default_factory=dict)
    needed: str
    missed: tuple[str, ...]
    cost: Cost = msgspec.field(default_factory=Cost)


def exam_cases(
    scorer: str, conversations: Sequence[Conversation], *, count: int = CASES, seed: int = 13
) -> list[Planted]:
    """Planted cases for a scorer: the conversations in turn, with another seed each time round.

    Args:
        conversations: Clean ones with personas; the package's own starter conversations will do.

    Raises:
        UserError: If there is no exam for this scorer, or nothing can be planted.
    """
    if scorer not in SUBJECTS:
        raise UserError(f"there is no exam for {scorer}", fix=f"exams: {', '.join(SUBJECTS)}")
    return _cases(scorer, SUBJECTS[scorer], conversations, count, seed)


def pair_exam_cases(
    policy: str, conversations: Sequence[Conversation], *, count: int = CASES, seed: int = 13
) -> list[Planted]:
    """The same for a judge of two under a policy ("human", "coherency", ...).

    Raises:
        UserError: If there is no exam for this policy, or nothing can be planted.
    """
    if policy not in PAIR_SUBJECTS:
        raise UserError(f"there is no exam for {policy}", fix=f"exams: {', '.join(PAIR_SUBJECTS)}")
    return _cases(policy, PAIR_SUBJECTS[policy], conversations, count, seed)


def _cases(
    name: str,
    kinds: Sequence[str],
    conversations: Sequence[Conversation],
    count: int,
    seed: int,
) -> list[Planted]:
    found: dict[str, Planted] = {}
    for round in range(count):
        for kind in kinds:
            for case in plant_all(conversations, kind, seed=derive_seed(seed, round)):
                found.setdefault(case.faulty.id, case)
        if len(found) >= count or not found:
            break
    if not found:
        raise UserError(
            f"no case for {name} can be planted in these conversations",
            fix="give conversations with two speakers and personas",
        )
    return list(found.values())[:count]


async def sit_exam(
    scorer: Scorer,
    cases: Sequence[Planted],
    *,
    catch: float = CATCH,
    false_alarms: float = FALSE_ALARMS,
    ranked: float = RANKED,
    seed: int = 13,
) -> ExamResult:
    """What a judge makes of the cases.

    Args:
        catch, false_alarms: A judge that decides must fail at least this share of the faulty and
            at most this share of the clean.
        ranked: A judge that gives a number only must put this share of twins in order.

    Raises:
        BackendError: If a call fails that would fail for every case; another costs one case.
    """
    low_is_good = scorer.name in ENTRIES and ENTRIES[scorer.name].better == "low"
    sat = await together(_twins(scorer, case, seed) for case in cases)
    caught = alarms = in_order = 0.0
    decides = any(not isinstance(two, _Silent) and two[0][1] is not None for two in sat)
    missed: list[str] = []
    silent: list[str] = []
    cost = Cost()
    for case, two in zip(cases, sat, strict=True):
        if isinstance(two, _Silent):
            silent.append(two.why)
            cost = cost + two.cost
            missed.append(case.faulty.id)
            continue
        (bad, bad_passed, bad_cost), (good, good_passed, good_cost) = two
        cost = cost + bad_cost + good_cost
        caught += bad_passed is False
        alarms += good_passed is False
        ahead = (bad - good) if low_is_good else (good - bad)
        in_order += 1.0 if ahead > 0 else 0.5 if ahead == 0 else 0.0
        if bad_passed is not False if decides else ahead <= 0:
            missed.append(case.faulty.id)
    n, judged = len(cases), len(cases) - len(silent)
    found, false = share(caught, n), share(alarms, judged)
    order = share(in_order, n)
    if decides:
        passed = (found.value or 0) >= catch and (false.value or 0) <= false_alarms
        needed = f"catches {catch:.0%}, at most {false_alarms:.0%} false alarms"
    else:
        passed = (order.value or 0) >= ranked
        needed = f"puts {ranked:.0%} of the twins in order"
    return ExamResult(
        judge=scorer.name,
        version=scorer.version,
        model=model_of(scorer),
        kinds=tuple(dict.fromkeys(case.kind for case in cases)),
        passed=passed and judged > 0,
        caught=found if decides else None,
        false_alarms=false if decides else None,
        ranked=order,
        no_verdict=len(silent),
        no_verdict_why=dict(Counter(silent).most_common()),
        needed=needed,
        missed=tuple(missed),
        cost=cost,
    )


async def sit_pairwise_exam(
    comparer: Comparer, cases: Sequence[Planted], *, ranked: float = RANKED, seed: int = 13
) -> ExamResult:
    """The same for a judge of two: it must prefer the clean twin; a tie is no preference."""

    async def one(case: Planted) -> tuple[bool, str, Cost]:
        try:
            found = await comparer(case.faulty, case.clean, seed=derive_seed(seed, case.faulty.id))
        except (RecordError, BackendError) as error:
            return False, why_lost(error), paid(error)
        silent = len(found.votes) > 1 and not any(found.votes)
        return found.winner == case.clean.id, "no vote" if silent else "", found.cost

    sat = await together(one(case) for case in cases)
    right = share(sum(won for won, _, _ in sat), len(cases))
    return ExamResult(
        judge=comparer.name,
        version=comparer.version,
        model=model_of(comparer),
        kinds=tuple(dict.fromkeys(case.kind for case in cases)),
        passed=(right.value or 0) >= ranked,
        caught=None,
        false_alarms=None,
        ranked=right,
        no_verdict=sum(bool(why) for _, why, _ in sat),
        no_verdict_why=dict(Counter(why for _, why, _ in sat if why).most_common()),
        needed=f"prefers the clean one in {ranked:.0%} of the pairs",
        missed=tuple(
            case.faulty.id for case, (won, _, _) in zip(cases, sat, strict=True) if not won
        ),
        cost=sum((cost for _, _, cost in sat), Cost()),
    )


_Said = tuple[float, bool | None, Cost]


class _Silent(msgspec.Struct, frozen=True, kw_only=True):
    """Twins of which one got no verdict."""

    why: str
    cost: Cost


async def _twins(scorer: Scorer, case: Planted, seed: int) -> tuple[_Said, _Said] | _Silent:
    said: list[_Said] = []
    for conversation in (case.faulty, case.clean):
        try:
            verdict = await scorer(conversation, seed=derive_seed(seed, conversation.id))
        except (RecordError, BackendError) as error:
            return _Silent(why=why_lost(error), cost=sum((cost for *_, cost in said), paid(error)))
        said.append((verdict.value, verdict.passed, verdict.cost))
    return said[0], said[1]


def model_of(judge: Scorer | Comparer) -> str:
    """Reference of the model behind a judge, "" for a rule."""
    for name in ("model", "nli", "judge", "embedder", "_model"):
        found = getattr(judge, name, None)
        if found is not None:
            return found if isinstance(found, str) else str(getattr(found, "ref", ""))
    return ""
