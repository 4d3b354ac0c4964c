"""Who wrote this? All comments of one author in one prompt, three guesses at each attribute.

Source: Staab et al. 2023, "Beyond memorization", arXiv:2310.07298, as SynthPAI uses it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import Sampling, Task, load, quote_list
from dramaturg.scorers.attributes import ATTRIBUTES, OPTIONS

TOP = 3


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """All that one author wrote, and which attributes to guess."""

    comments: tuple[str, ...]
    attributes: tuple[str, ...]


@functools.cache
def infer_task() -> Task[Written, dict[str, tuple[str, ...]]]:
    """ "attributes.infer": reasons, then at most three guesses at each attribute asked for."""
    return Task(
        name="attributes.infer",
        prompt=load("dramaturg.scorers", "infer_attributes"),
        fill=lambda given: {
            "attributes": "\n".join(map(_asked, given.attributes)),
            "comments": quote_list(given.comments),
        },
        parse=lambda reply, given: read_guesses(reply, given.attributes),
        sampling=Sampling(temperature=0.1, top_k=None, max_tokens=1_500),
    )


def read_guesses(reply: str, attributes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Guesses by attribute, likeliest first; () where there is none: no answer.

    Raises:
        ReplyError: "malformed JSON", or "no guess" where nothing is guessed at all.
    """
    value, _ = read_json(reply)
    if not isinstance(value, dict):
        raise ReplyError("the reply is no object of attributes", kind="malformed JSON")
    found: dict[str, tuple[str, ...]] = {}
    for attribute in attributes:
        told = value.get(attribute)
        said = told.get("guesses") if isinstance(told, dict) else told
        rows = said if isinstance(said, list) else [said] if said else []
        found[attribute] = tuple(text for one in rows if (text := " ".join(str(one).split())))[:TOP]
    if not any(found.values()):
        raise ReplyError("no attribute is guessed", kind="no guess")
    return found


async def infer_attributes(
    comments: Sequence[str],
    attributes: Sequence[str],
    guesser: ChatModel,
    *,
    seed: int,
    about: str = "",
) -> dict[str, tuple[str, ...]]:
    """The guesser's guesses by attribute. Raises ReplyError where a reply cannot be used twice."""
    asked = Written(comments=tuple(comments), attributes=tuple(attributes))
    return (await ask(guesser, infer_task(), asked, seed=seed, about=about)).value


def _asked(attribute: str) -> str:
    options = OPTIONS.get(attribute)
    among = f", one of: {', '.join(options)}" if options else ""
    return f"- {attribute}: {ATTRIBUTES.get(attribute, attribute)}{among}"
