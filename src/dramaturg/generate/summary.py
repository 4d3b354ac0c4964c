"""Say in a few sentences what a conversation is about: one summary a conversation."""

from __future__ import annotations

import functools
import re

import msgspec

from dramaturg.dataset.terms import terms
from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Conversation, content_id, derive_seed

_LABEL = re.compile(r"(?i)^\W*(?:here is (?:a|the) )?(?:short )?summary\W*:[*_\s]*")
_TURN = re.compile(r"(?im)^\W*(?:user|person|speaker) ?\d\W*:")


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a conversation says, in short.

    Attributes:
        conversation: Id of the conversation.
        split: That of the conversation, so that nothing crosses.
    """

    conversation: str
    text: str
    split: str = ""
    model: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            made = content_id("u", [self.conversation, self.text, self.model])
            msgspec.structs.force_setattr(self, "id", made)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The turns of a conversation, (speaker, text)."""

    turns: tuple[tuple[int, str], ...]


@functools.cache
def summary_task() -> Task[Told, str]:
    """ "conversation.summarise": a summary shorter than the conversation."""
    return Task(
        name="conversation.summarise",
        prompt=load("dramaturg.generate", "summary"),
        fill=lambda told: {
            "conversation": "\n".join(f"User {who + 1}: {quote(text)}" for who, text in told.turns)
        },
        parse=read_summary,
        sampling=Sampling(temperature=0.3, max_tokens=256),
    )


async def summarise(conversation: Conversation, writer: ChatModel, *, seed: int) -> Summary:
    """A conversation's summary.

    Raises:
        ReplyError: If no reply is one.
    """
    answer = await ask(
        writer,
        summary_task(),
        Told(turns=tuple((turn.speaker, turn.text) for turn in conversation.turns)),
        seed=derive_seed(seed, "summary", conversation.id),
        about=conversation.id,
    )
    return Summary(
        conversation=conversation.id,
        text=answer.value,
        split=conversation.split,
        model=writer.ref,
    )


def read_summary(reply: str, told: Told) -> str:
    """The summary on one line.

    Raises:
        ReplyError: "no words", "a talk" (it goes on with the conversation) or "no shorter".
    """
    text = " ".join(_LABEL.sub("", reply).split())
    if not terms(text):
        raise ReplyError("there is no word in it", kind="no words")
    if len(_TURN.findall(reply)) >= 2:
        raise ReplyError("it is a talk and no summary", kind="a talk")
    if len(terms(text)) >= sum(len(terms(said)) for _, said in told.turns):
        raise ReplyError("it is no shorter than the conversation", kind="no shorter")
    return text
