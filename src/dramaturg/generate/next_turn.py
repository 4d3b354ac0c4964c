"""The task "turn.next": what a person with these facts says next."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote, quote_list

LONGEST = 80  # words of a turn; about four times what people write
_LABEL = re.compile(r"(?i)^\W*(?:you|me|answer|reply|(?:user|person|speaker)\s*\d*)\s*:\s*")
_OTHER = re.compile(r"(?im)^\W*(?:user|person|speaker)\s*\d+\s*:")


class NextTurn(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn is to be written from.

    Attributes:
        facts: What is true of the person who speaks.
        heard: (0 for the person, 1 for the other; text) so far, at least one.
    """

    facts: tuple[str, ...]
    heard: tuple[tuple[int, str], ...]


async def next_turn(
    facts: Sequence[str],
    heard: Sequence[tuple[int, str]],
    writer: ChatModel,
    *,
    seed: int,
    about: str = "",
) -> Answer[str]:
    """The next turn of the person with these facts.

    Args:
        heard: (0 for the person, 1 for the other; text) so far, at least one.

    Raises:
        ReplyError: "empty", "several turns", "too long" or "repeats", if the second reply is no
            better.
        BackendError: If the writer could not be reached.
    """
    given = NextTurn(facts=tuple(facts), heard=tuple(heard))
    return await ask(writer, next_turn_task(), given, seed=seed, about=about)


@functools.cache
def next_turn_task() -> Task[NextTurn, str]:
    """The task, with its prompt file."""
    return Task(
        name="turn.next",
        prompt=load("dramaturg.generate", "next_turn"),
        fill=lambda given: {
            "facts": quote_list(given.facts) or "(nothing)",
            "talk": "\n".join(f"Person {who + 1}: {quote(text)}" for who, text in given.heard),
        },
        parse=read_turn,
        sampling=Sampling(max_tokens=160),
    )


def read_turn(reply: str, given: NextTurn) -> str:
    """The one turn that a reply holds, its label and quotes taken off.

    Raises:
        ReplyError: see `next_turn`.
    """
    lines = [line.strip() for line in reply.splitlines() if line.strip()]
    if len(lines) > 1 and _OTHER.search("\n".join(lines[1:])):
        raise ReplyError("one turn was wanted, and the other person speaks", kind="several turns")
    text = " ".join(" ".join(lines).split())
    text = _LABEL.sub("", text).strip('"“”*` ')
    if not any(c.isalnum() for c in text):
        raise ReplyError("the reply says nothing", kind="empty")
    if len(text.split()) > LONGEST or len(text) > 8 * LONGEST:
        raise ReplyError(f"longer than {LONGEST} words", kind="too long")
    if _plain(text) == _plain(given.heard[-1][1]):
        raise ReplyError("the reply only says again what was heard", kind="repeats")
    return text


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
