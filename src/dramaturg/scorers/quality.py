"""Which of two conversations is better, under one policy and in both orders.

Source: Jandaghi et al. 2023, arXiv:2312.10007, after FED (Mehri and Eskenazi 2020).
Differs: the paper does not say whether both orders are asked; models favour a position, so we
ask both and count a win only when they agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from dramaturg.errors import ReplyError, UserError
from dramaturg.models import Answer, ChatModel, QualityModel, ask
from dramaturg.prompts import Sampling, Task, load
from dramaturg.records import Comparison, Conversation, Cost, derive_seed
from dramaturg.scorers.base import MEASURED, PROMPTED, Comparer, timeless
from dramaturg.scorers.together import paid, together
from dramaturg.scorers.yes_no import needs, talk

POLICIES = ("depth", "coherency", "consistency", "diversity", "likable")

_CHOICE = re.compile(
    r"(?i)(?:^|\banswer\W{0,6}|\bchoice\W{0,6}|\bconversation\W{0,3}|\*\*|\n)\W{0,4}([12])\b(?![.,]\d)"
)
_BOTH = re.compile(r"(?i)^\W*(both|neither|1\s*(?:/|or|and|&)\s*2|conversations? 1 and)")


class CompareInput(msgspec.Struct, frozen=True, kw_only=True):
    """Two conversations and the policy they are compared under."""

    policy: str
    first: tuple[tuple[int, str], ...]
    second: tuple[tuple[int, str], ...]


class Choice12(msgspec.Struct, frozen=True, kw_only=True):
    """0 for the first, 1 for the second, and why."""

    index: int
    why: str


def quality(policy: str, judge: QualityModel | ChatModel) -> Comparer:
    """One of the five quality experts: depth, coherency, consistency, diversity or likable.

    Raises:
        UserError: If there is no such policy, or the judge cannot do it.
    """
    if policy not in POLICIES:
        raise UserError(
            f"there is no quality policy {policy!r}", fix=f"use one of {', '.join(POLICIES)}"
        )
    if isinstance(judge, QualityModel):
        return _Measured(policy, judge)
    return AskedComparer(policy, judge)


def quality_panel(judge: QualityModel | ChatModel) -> list[Comparer]:
    """All five quality experts by the same judge."""
    return [quality(policy, judge) for policy in POLICIES]


class _Measured:
    version, cost_rank, asks = "features-1", MEASURED, 1

    def __init__(self, policy: str, model: QualityModel) -> None:
        self.policy, self.model = policy, model
        self.name = policy

    async def __call__(self, a: Conversation, b: Conversation, *, seed: int = 0) -> Comparison:
        index, why = await self.model.compare(self.policy, a, b)
        winner = None if index is None else (a, b)[index].id
        return Comparison(
            first=a.id,
            second=b.id,
            scorer=self.name,
            version=self.version,
            winner=winner,
            votes=(winner,),
            reasons=(why,) if why else (),
            model=self.model.ref,
        )


class AskedComparer:
    """A comparer that asks a chat model in both orders: a win counts only when both agree.

    Attributes:
        policy: Names the prompt file `quality_POLICY.md` and the task "judge.quality.POLICY".
    """

    version, cost_rank, asks = "prompt-1", PROMPTED, 2

    def __init__(self, policy: str, model: ChatModel, *, name: str = "") -> None:
        self.policy, self.model = policy, model
        self.name = name or policy
        self.task = compare_task(policy)
        needs(model, self.task.name)

    async def __call__(self, a: Conversation, b: Conversation, *, seed: int = 0) -> Comparison:
        answers = await together(
            [self._one(a, b, derive_seed(seed, 0)), self._one(b, a, derive_seed(seed, 1))]
        )
        votes: list[str | None] = []
        reasons: list[str] = []
        cost = Cost()
        for answer, order in zip(answers, ((a, b), (b, a)), strict=True):
            if isinstance(answer, ReplyError):
                votes.append(None)
                reasons.append(f"no vote: {answer.what}")
                cost = cost + paid(answer)
                continue
            votes.append(order[answer.value.index].id)
            reasons.append(answer.value.why)
            cost = cost + timeless(answer.cost)
        return Comparison(
            first=a.id,
            second=b.id,
            scorer=self.name,
            version=self.version,
            winner=votes[0] if votes[0] == votes[1] else None,
            votes=tuple(votes),
            reasons=tuple(reasons),
            model=self.model.ref,
            cost=cost,
        )

    async def _one(
        self, first: Conversation, second: Conversation, seed: int
    ) -> Answer[Choice12] | ReplyError:
        inputs = CompareInput(policy=self.policy, first=_turns(first), second=_turns(second))
        try:
            return await ask(self.model, self.task, inputs, seed=seed, about=first.id)
        except ReplyError as error:
            return error


def compare_task(policy: str) -> Task[CompareInput, Choice12]:
    """The task "judge.quality.POLICY": the conversations first, the question after them."""
    return Task(
        name=f"judge.quality.{policy}",
        prompt=load("dramaturg.scorers", f"quality_{policy}"),
        fill=_fill,
        parse=lambda reply, _: parse_choice(reply),
        cut="fine",
        sampling=Sampling(temperature=0.7, top_k=40, max_tokens=200),
    )


def parse_choice(reply: str) -> Choice12:
    """The 1 or 2 that stands as an answer.

    Raises:
        ReplyError: kind "no vote".

    >>> parse_choice("Conversation 2. Why: they ask back.")
    Choice12(index=1, why='they ask back.')
    """
    hit = None if _BOTH.match(reply) else _CHOICE.search(reply)
    if not hit:
        raise ReplyError("the reply is neither 1 nor 2", kind="no vote")
    rest = " ".join(reply[hit.end() :].split())
    why = re.sub(r"(?i)^[\W_]*(?:why\b[\W_]*)?", "", rest)[:500]
    return Choice12(index=int(hit[1]) - 1, why=why)


def _fill(inputs: CompareInput) -> Mapping[str, str]:
    return {"conversation_1": talk(inputs.first), "conversation_2": talk(inputs.second)}


def _turns(conversation: Conversation) -> tuple[tuple[int, str], ...]:
    return tuple((turn.speaker, turn.text) for turn in conversation.turns)
