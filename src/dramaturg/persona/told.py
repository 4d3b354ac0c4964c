"""The other way round: from what was said to the facts of the one who said it."""

from __future__ import annotations

import functools

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.persona.replies import statements_in
from dramaturg.persona.tasks import clipped
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Conversation


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """What one person said."""

    utterance: str


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as `(speaker, text)`, and whose facts are wanted, 0 or 1."""

    turns: tuple[tuple[int, str], ...]
    speaker: int


async def fact_behind(utterance: str, reader: ChatModel, *, seed: int) -> Answer[str]:
    """The fact about its speaker that an utterance tells, in the first person; "" if none.

    Raises:
        ReplyError: If the second reply cannot be read either.
        BackendError: If the reader could not be reached.
    """
    given = Utterance(utterance=clipped(utterance))
    return await ask(reader, behind(), given, seed=seed)


async def facts_told(
    conversation: Conversation, speaker: int, reader: ChatModel, *, seed: int
) -> Answer[tuple[str, ...]]:
    """What a speaker tells of themselves in a conversation, each a sentence in the first person.

    Args:
        speaker: 0 or 1, as in the turns.

    Raises:
        ValueError: If the speaker says nothing in it.
        ReplyError: If the second reply cannot be read either.
        BackendError: If the reader could not be reached.
    """
    turns = tuple((turn.speaker, turn.text) for turn in conversation.turns)
    if all(who != speaker for who, _ in turns):
        raise ValueError(f"speaker {speaker} says nothing in {conversation.id}")
    given = Spoken(turns=turns, speaker=speaker)
    return await ask(reader, told(), given, seed=seed, about=conversation.id)


@functools.cache
def behind() -> Task[Utterance, str]:
    """ "fact.behind": the fact that an utterance tells about its speaker, or none."""
    return Task(
        name="fact.behind",
        prompt=load("dramaturg.persona", "behind"),
        fill=lambda given: {"utterance": quote(given.utterance)},
        parse=lambda reply, _: _one(statements_in(reply)),
        sampling=Sampling(max_tokens=96),
    )


@functools.cache
def told() -> Task[Spoken, tuple[str, ...]]:
    """ "facts.told": all facts that one speaker of a conversation tells of themselves."""
    return Task(
        name="facts.told",
        prompt=load("dramaturg.persona", "told"),
        fill=lambda given: {
            "turns": "\n".join(f"- {'AB'[who]}: {quote(text)}" for who, text in given.turns),
            "speaker": "AB"[given.speaker],
        },
        parse=lambda reply, _: statements_in(reply),
        cut="last line",
        sampling=Sampling(max_tokens=400),
    )


def _one(found: tuple[str, ...]) -> str:
    if len(found) > 1:
        raise ReplyError(f"there are {len(found)} sentences where one is wanted", kind="too many")
    return found[0] if found else ""
