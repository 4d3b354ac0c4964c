"""The negation of a fact, as the paper's consistency check wants it."""

from __future__ import annotations

import functools
import re

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.prompts import Sampling, Task, load, quote

_CHATTER = re.compile(
    r"(?i)^(?:sure|certainly|of course|okay|here\b[^:]*:|negation\s*:|answer\s*:)[!,.]*\s*"
)
_MARKS = re.compile(r"^\s*(?:[-*•>]+\s*|\d{1,2}[.)]\s*)")


class Negate(msgspec.Struct, frozen=True, kw_only=True):
    """A fact whose negation is wanted."""

    fact: str


@functools.cache
def negate() -> Task[Negate, str]:
    """Task "fact.negate": the sentence that is true exactly when the fact is false."""
    return Task(
        name="fact.negate",
        prompt=load("dramaturg.profile", "negate"),
        fill=lambda given: {"fact": quote(given.fact)},
        parse=lambda reply, given: _negation(reply, given.fact),
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=128),
    )


def _negation(reply: str, fact: str) -> str:
    """The first line that says something, without bullet, quotes and chatter."""
    for line in reply.splitlines():
        text = line
        while True:
            shorter = _CHATTER.sub("", _MARKS.sub("", text).strip("\"'“”`* \t"))
            if shorter == text:
                break
            text = shorter
        if not text or text.endswith(":"):
            continue
        if text.casefold().rstrip(".! ") == fact.casefold().rstrip(".! "):
            raise ReplyError("the reply is the given sentence, not its negation", kind="repeat")
        return text
    raise ReplyError("the reply holds no sentence", kind="no sentence")
