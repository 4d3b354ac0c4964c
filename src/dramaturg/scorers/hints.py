"""Two judges of a hint: can an attribute of the user be told from it, and does it deny one?

Source: the pair of judges of IP-Dialog (2025), arXiv:2506.02449.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import msgspec

from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.scorers.yes_no import YesNo, parse_yes_no

JUDGING = Sampling(temperature=0.0, top_k=None, max_tokens=200)


class HintInput(msgspec.Struct, frozen=True, kw_only=True):
    """Rounds of user and assistant, and the attribute that they are to give away.

    Attributes:
        said: (user, assistant) texts, oldest first.
        others: The values that the attribute could have had.
    """

    said: tuple[tuple[str, str], ...]
    attribute: str
    value: str
    others: tuple[str, ...]


class ClashInput(msgspec.Struct, frozen=True, kw_only=True):
    """Rounds of user and assistant, and what is true of the user."""

    said: tuple[tuple[str, str], ...]
    attributes: dict[str, str]


@functools.cache
def reveals_task() -> Task[HintInput, YesNo]:
    """ "judge.reveals": yes where the attribute can be told from what the user says."""
    return Task(
        name="judge.reveals",
        prompt=load("dramaturg.scorers", "reveals"),
        fill=lambda given: {
            "conversation": rounds_text(given.said),
            "attribute": quote(given.attribute),
            "value": quote(given.value),
            "others": quote(", ".join(given.others)) or "none",
        },
        parse=lambda reply, _: parse_yes_no(reply),
        cut="fine",
        sampling=JUDGING,
    )


@functools.cache
def clashes_task() -> Task[ClashInput, YesNo]:
    """ "judge.clashes": yes where something that the user says goes against an attribute."""
    return Task(
        name="judge.clashes",
        prompt=load("dramaturg.scorers", "clashes"),
        fill=lambda given: {
            "conversation": rounds_text(given.said),
            "attributes": quote_list([f"{k}: {v}" for k, v in given.attributes.items()]),
        },
        parse=lambda reply, _: parse_yes_no(reply),
        cut="fine",
        sampling=JUDGING,
    )


async def reveals(
    judge: ChatModel,
    said: Sequence[tuple[str, str]],
    attribute: str,
    value: str,
    others: Sequence[str] = (),
    *,
    seed: int,
) -> YesNo:
    """Whether the value can be told from rounds of (user, assistant), and from which words.

    Raises:
        ReplyError: If the second reply is no verdict either.
        BackendError: If the judge could not be reached.
    """
    given = HintInput(said=tuple(said), attribute=attribute, value=value, others=tuple(others))
    return (await ask(judge, reveals_task(), given, seed=seed)).value


async def clashes(
    judge: ChatModel,
    said: Sequence[tuple[str, str]],
    attributes: Mapping[str, str],
    *,
    seed: int,
) -> YesNo:
    """Whether the user says something that goes against an attribute, and which.

    Raises:
        ReplyError: If the second reply is no verdict either.
        BackendError: If the judge could not be reached.
    """
    given = ClashInput(said=tuple(said), attributes=dict(attributes))
    return (await ask(judge, clashes_task(), given, seed=seed)).value


def rounds_text(said: Sequence[tuple[str, str]]) -> str:
    """Rounds as lines for a prompt, each quoted so that it stays one line of one speaker."""
    return "\n".join(f"User: {quote(user)}\nAssistant: {quote(reply)}" for user, reply in said)
