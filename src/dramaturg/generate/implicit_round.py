"""One round of user and assistant from which an attribute can be told that nobody states."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.scorers import rounds_text

Round = tuple[str, str]
_TAG = re.compile(
    r"(?i)^[\s*_#>\-]*(user|human|assistant|ai|bot)(?:\s*\d+)?\s*[*_]*\s*:\s*[*_]*\s*(.*)$"
)


class RoundInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a round is written from.

    Attributes:
        earlier: Rounds of (user, assistant) before it, oldest first.
        attributes: All that is true of the user.
        attribute: The one that is to be told from it, a key of `attributes`.
        previous: A try that did not do, or None to begin anew.
        complaints: What was wrong with the try before.
    """

    earlier: tuple[Round, ...]
    attributes: dict[str, str]
    attribute: str
    previous: Round | None = None
    complaints: tuple[str, ...] = ()


@functools.cache
def implicit_round_task() -> Task[RoundInput, Round]:
    """ "round.implicit": the messages of the user and of the assistant."""
    return Task(
        name="round.implicit",
        prompt=load("dramaturg.generate", "implicit_round"),
        fill=_fill,
        parse=lambda reply, _: read_round(reply),
        sampling=Sampling(temperature=0.9, top_k=None, max_tokens=400),
    )


async def implicit_round(
    writer: ChatModel,
    attributes: Mapping[str, str],
    attribute: str,
    *,
    earlier: Sequence[Round] = (),
    previous: Round | None = None,
    complaints: Sequence[str] = (),
    seed: int,
    about: str = "",
) -> Answer[Round]:
    """A round that gives one attribute away.

    Args:
        attributes: All attributes of the user; none of them may be gone against.
        previous: A try to improve, with what was wrong with it in `complaints`; without one the
            round is written anew, and complaints only say what to avoid.

    Raises:
        ReplyError: If the second reply holds no round either.
        BackendError: If the writer could not be reached.

    Source: IP-Dialog (2025), arXiv:2506.02449, on history generation.
    """
    inputs = RoundInput(
        earlier=tuple(earlier),
        attributes=dict(attributes),
        attribute=attribute,
        previous=previous,
        complaints=tuple(complaints),
    )
    return await ask(writer, implicit_round_task(), inputs, seed=seed, about=about)


def read_round(reply: str) -> Round:
    """The messages of user and assistant.

    Raises:
        ReplyError: kind "no turns" where one of them is missing, "several rounds" where the user
            speaks twice.

    >>> read_round("User: Is it far?\\nAI: Two stops by bus.")
    ('Is it far?', 'Two stops by bus.')
    """
    said: list[tuple[bool, str]] = []
    for line in reply.splitlines():
        hit = _TAG.match(line)
        if hit:
            said.append((hit[1].lower() in ("user", "human"), hit[2].strip()))
        elif said and line.strip() and not line.strip().startswith("```"):
            said[-1] = (said[-1][0], f"{said[-1][1]} {line.strip()}".strip())
    if [who for who, _ in said].count(True) > 1:
        raise ReplyError("one round was wanted: the user speaks twice", kind="several rounds")
    user = next((text for who, text in said if who), "")
    assistant = next((text for who, text in said if not who), "")
    if not user or not assistant or not said[0][0]:
        raise ReplyError("two lines were wanted, 'User:' and 'Assistant:'", kind="no turns")
    return user, assistant


def _fill(given: RoundInput) -> dict[str, str]:
    earlier = f"<earlier>\n{rounds_text(given.earlier)}\n</earlier>\n" if given.earlier else ""
    faults = quote_list(given.complaints)
    previous = ""
    if given.previous is not None:
        tried = rounds_text([given.previous])
        previous = f"<try>\n{tried}\n</try>\n<faults>\n{faults}\n</faults>\n"
    elif faults:
        previous = f"<faults_of_earlier_tries>\n{faults}\n</faults_of_earlier_tries>\n"
    return {
        "earlier": earlier,
        "attributes": quote_list([f"{k}: {v}" for k, v in given.attributes.items()]),
        "attribute": quote(given.attribute),
        "value": quote(given.attributes[given.attribute]),
        "previous": previous,
    }
