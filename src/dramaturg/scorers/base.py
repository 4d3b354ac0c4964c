"""What a judge of one conversation is, and what a judge of two is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from dramaturg.models import ChatModel
from dramaturg.records import Comparison, Conversation, Cost, Verdict

RULE, MEASURED, PROMPTED = 0, 10, 100  # cost ranks: the panel asks the cheap before the dear


@runtime_checkable
class Scorer(Protocol):
    """Gives one conversation a number, with its evidence.

    Attributes:
        name, version: Who judges; a change of what is measured is a new version.
        cost_rank: 0 for a rule, 10 for a small model, 100 for a prompt.
        low, high: The range of the value.
    """

    name: str
    version: str
    cost_rank: int
    low: float
    high: float

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        """The verdict. Raises ReplyError if the judge gave none."""
        ...


@runtime_checkable
class Comparer(Protocol):
    """Says which of two conversations is better under one policy.

    Attributes:
        policy: What it looks at, e.g. "depth".
        asks: Model calls that one comparison takes.
    """

    name: str
    version: str
    cost_rank: int
    policy: str
    asks: int

    async def __call__(self, a: Conversation, b: Conversation, *, seed: int = 0) -> Comparison:
        """The comparison; its winner is None for a tie or where there was no vote."""
        ...


def prompted(judge: object) -> bool:
    """Whether this judge is asked by prompt: an endpoint that also embeds is a chat model first."""
    return isinstance(judge, ChatModel) and judge.follows_prompts()


def timeless(cost: Cost) -> Cost:
    """The cost without seconds: a record holds nothing that differs from run to run."""
    return Cost(
        calls=cost.calls, tokens_in=cost.tokens_in, tokens_out=cost.tokens_out, usd=cost.usd
    )
