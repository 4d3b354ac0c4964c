"""Write a text that tells a profile: so that the truth of the text is known."""

from __future__ import annotations

import functools

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import Profile, stands_in


class TellInput(msgspec.Struct, frozen=True, kw_only=True):
    """A person and what a text is to tell: "key: value" lines, and the values alone."""

    name: str
    lines: tuple[str, ...]
    values: tuple[str, ...]


async def tell(profile: Profile, writer: ChatModel, *, seed: int) -> Answer[str]:
    """A short biography in which every value of the profile stands in its own words.

    Raises:
        ReplyError: "not said" if the second reply lacks a value too.
        BackendError: If the writer could not be reached.
    """
    given = TellInput(
        name=profile.name,
        lines=tuple(f"{a.key}: {a.value}" for a in profile.attributes),
        values=tuple(a.value for a in profile.attributes),
    )
    return await ask(writer, tell_task(), given, seed=seed, about=profile.id)


@functools.cache
def tell_task() -> Task[TellInput, str]:
    """ "profile.tell": a biography that states every value of a profile."""
    return Task(
        name="profile.tell",
        prompt=load("dramaturg.profile", "tell"),
        fill=lambda given: {"name": quote(given.name), "profile": quote_list(given.lines)},
        parse=_told,
        sampling=Sampling(max_tokens=600),
    )


def _told(reply: str, given: TellInput) -> str:
    text = "\n".join(line.strip() for line in reply.strip().splitlines() if line.strip())
    missing = [value for value in (given.name, *given.values) if not stands_in(value, text)]
    if not text:
        raise ReplyError("the reply holds no text", kind="empty")
    if missing:
        listed = ", ".join(repr(value) for value in missing[:5])
        raise ReplyError(f"these words do not stand in it: {listed}", kind="not said")
    return text
