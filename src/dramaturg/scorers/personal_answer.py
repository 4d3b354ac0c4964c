"""Mark an answer to one user beside the best one for this user: four marks, 14 in all.

Source: the judge of IP-Dialog (2025), arXiv:2506.02449; the weights are its own.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import Sampling, Task, load, object_schema, quote, quote_list

MOST = {"conciseness": 1, "personalisation": 4, "analysis": 4, "accuracy": 5}


class MarkInput(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to mark, and what it is held against."""

    request: str
    attributes: dict[str, str]
    right: str
    found: str


@functools.cache
def personal_answer_marks() -> Task[MarkInput, dict[str, int]]:
    """ "judge.personal_answer": a whole number for each of the four marks."""
    return Task(
        name="judge.personal_answer",
        prompt=load("dramaturg.scorers", "personal_answer"),
        fill=lambda given: {
            "request": quote(given.request),
            "attributes": quote_list([f"{k}: {v}" for k, v in given.attributes.items()]),
            "right": quote(given.right),
            "found": quote(given.found),
        },
        parse=lambda reply, _: read_marks(reply),
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=120),
        schema=object_schema(**{name: {"type": "integer"} for name in MOST}),
    )


def read_marks(reply: str) -> dict[str, int]:
    """The four marks of a reply.

    Raises:
        ReplyError: kind "no score" where one is missing, "off the scale" where one lies outside.
    """
    found, _ = read_json(reply)
    marks: dict[str, int] = {}
    for name, most in MOST.items():
        value = found.get(name) if isinstance(found, dict) else None
        if not isinstance(value, int | float) or isinstance(value, bool) or value != int(value):
            raise ReplyError(f"it has no whole number for {name!r}", kind="no score")
        if not 0 <= value <= most:
            raise ReplyError(f"{name} is {value}, not 0 to {most}", kind="off the scale")
        marks[name] = int(value)
    return marks


async def mark_answer(
    judge: ChatModel,
    request: str,
    attributes: Mapping[str, str],
    right: str,
    found: str,
    *,
    seed: int,
) -> int:
    """The sum of the marks, 0 to 14.

    Raises:
        ReplyError: If the second reply cannot be used either.
        BackendError: If the judge could not be reached.
    """
    given = MarkInput(request=request, attributes=dict(attributes), right=right, found=found)
    return sum((await ask(judge, personal_answer_marks(), given, seed=seed)).value.values())
