"""Which of two replies fits a profile better? Measured by an inference model, or asked blind."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, NLIModel, ask
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import derive_seed
from dramaturg.scorers.faithfulness import claims
from dramaturg.scorers.together import together

_CHOICE = re.compile(r"(?i)^\W*(?:reply\W{0,3}|answer\W{0,3})?([12]|neither|none|both|tie)\b")


class FitInput(msgspec.Struct, frozen=True, kw_only=True):
    """What is true of a person, what they were asked, and two replies."""

    facts: tuple[str, ...]
    query: str
    replies: tuple[str, str]


async def better_fit(
    facts: Sequence[str],
    query: str,
    first: str,
    second: str,
    judge: NLIModel | ChatModel,
    *,
    seed: int,
) -> int | None:
    """0 if the first reply fits the profile better, 1 if the second does, None for a tie.

    An inference model compares by the surest fact that a reply shows less the surest that it
    denies. A chat model is asked in both orders and does not know how the replies came about; it
    counts only where both answers name the same reply, and a reply that is no vote is a tie.

    Raises:
        BackendError: If the judge could not be reached.
    """
    if first == second:
        return None
    if isinstance(judge, NLIModel):
        pairs = [(claims(r) or r, fact) for r in (first, second) for fact in facts]
        said = await judge.judge(pairs, seed=seed) if pairs else []
        half = len(facts)
        worth = [
            max((one.p_entail for one in part), default=0.0)
            - max((one.p_contradict for one in part), default=0.0)
            for part in (said[:half], said[half:])
        ]
        return None if abs(worth[0] - worth[1]) < 1e-9 else int(worth[1] > worth[0])
    votes = await together(
        [
            _vote(facts, query, (first, second), judge, derive_seed(seed, 0)),
            _vote(facts, query, (second, first), judge, derive_seed(seed, 1)),
        ]
    )
    if votes[0] is None or votes[1] is None or votes[0] == votes[1]:
        return None
    return votes[0]


async def blind_wins(
    facts: Sequence[str],
    query: str,
    replies: Mapping[str, str],
    judge: NLIModel | ChatModel,
    *,
    seed: int,
) -> tuple[str, ...]:
    """Each reply against the next one, as "NAME over OTHER"; a tie gives nothing.

    Args:
        replies: By name, in the order of what should fit worse to better.

    Raises:
        BackendError: If the judge could not be reached.
    """
    names = list(replies)
    found = []
    for number, (one, other) in enumerate(pairwise(names)):
        own = derive_seed(seed, "fits", number)
        better = await better_fit(facts, query, replies[one], replies[other], judge, seed=own)
        if better is not None:
            found.append(f"{one} over {other}" if better == 0 else f"{other} over {one}")
    return tuple(found)


async def _vote(
    facts: Sequence[str], query: str, replies: tuple[str, str], judge: ChatModel, seed: int
) -> int | None:
    given = FitInput(facts=tuple(facts), query=query, replies=replies)
    try:
        return (await ask(judge, fit_task(), given, seed=seed)).value
    except ReplyError:
        return None  # told as a bad reply; here it is no vote


@functools.cache
def fit_task() -> Task[FitInput, int | None]:
    """ "judge.fits": 0 or 1 for the better reply, None where neither is better."""
    return Task(
        name="judge.fits",
        prompt=load("dramaturg.scorers", "fits"),
        fill=lambda given: {
            "facts": quote_list(given.facts),
            "query": quote(given.query),
            "reply_1": quote(given.replies[0]),
            "reply_2": quote(given.replies[1]),
        },
        parse=lambda reply, _: read_choice(reply),
        cut="fine",
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=60),
    )


def read_choice(reply: str) -> int | None:
    """0 or 1 for "1" or "2" at the start of a reply, None for "neither".

    Raises:
        ReplyError: kind "no vote".
    """
    hit = _CHOICE.match(reply)
    if hit is None:
        raise ReplyError("the reply begins with neither 1, 2 nor neither", kind="no vote")
    return int(hit[1]) - 1 if hit[1] in "12" else None
