"""A crowd writes personas, few sentences each, in one language after examples in another.

Source: Njifenjou et al. 2025, "Open-Source Large Language Models as Multilingual Crowdworkers",
after the collection of Persona-Chat (Zhang et al. 2018).
Differs: the instruction is in English whatever the source language; only the examples are in it.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Mapping, Sequence

import msgspec

from dramaturg.dataset.near import near_repeats
from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.persona.replies import normalised
from dramaturg.prompts import Sampling, Task, load, quote_list
from dramaturg.records import Conversation, Drop, Fact, Persona, derive_seed
from dramaturg.scorers.in_language import astray
from dramaturg.scorers.languages import Language, spaced
from dramaturg.store import notes

SIZE = 5
_LONGEST = 30  # words of a sentence; 15 were asked for
_MARKS = re.compile(r"^\s*(?:[-*•–—>]+\s*|\(?\d{1,3}[.):、]\s*)+")
_PRIVATE = re.compile(r"\S+@\S+\.\w|https?://|www\.|(?:\d[\s().-]?){7,}")


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """One worker of the crowd: the language to write in, that of the examples, and a number."""

    language: Language
    source: Language
    number: int

    @property
    def id(self) -> str:
        """E.g. "fr 3"."""
        return f"{self.language.tag} {self.number + 1}"


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is asked for.

    Attributes:
        shown: Personas in the source language, as sentences.
    """

    language: Language
    source: Language
    shown: tuple[tuple[str, ...], ...]
    size: int = SIZE


def crowd(languages: Sequence[Language], each: int, *, source: Language) -> list[Worker]:
    """So many workers for each language, language by language within each number."""
    return [Worker(language=one, source=source, number=n) for n in range(each) for one in languages]


async def crowd_persona(
    worker: Worker,
    *,
    writer: ChatModel,
    examples: Sequence[Conversation],
    shown: int = 3,
    size: int = SIZE,
    seed: int,
) -> Persona:
    """The persona that a worker writes.

    Args:
        examples: Conversations in the source language, whose speakers' personas are shown.
        shown: So many of these personas, drawn anew for each worker.

    Raises:
        ReplyError: If the reply has too few sentences, another language, a private datum or a
            sentence of the examples, even when asked twice.
    """
    own = derive_seed(seed, "crowd", worker.id)
    profiles = [speaker.persona for talk in examples for speaker in talk.speakers]
    drawn = random.Random(own).sample(profiles, min(shown, len(profiles)))
    brief = Brief(language=worker.language, source=worker.source, shown=tuple(drawn), size=size)
    answer = await ask(writer, crowd_task(), brief, seed=own, about=worker.id)
    facts = tuple(Fact(text=text, provider=writer.ref, status="new") for text in answer.value)
    return Persona(facts=facts, language=worker.language.tag, source=f"written by {writer.ref}")


@functools.cache
def crowd_task() -> Task[Brief, tuple[str, ...]]:
    """ "persona.crowd": short sentences of a person about themselves, in a given language."""
    return Task(
        name="persona.crowd",
        prompt=load("dramaturg.persona", "crowd"),
        fill=_fill,
        parse=read_sentences,
        sampling=Sampling(temperature=1.0, top_k=None, top_p=0.95, max_tokens=400),
    )


def read_sentences(reply: str, brief: Brief) -> tuple[str, ...]:
    """The sentences of a reply, one a line.

    Raises:
        ReplyError: kind "too few sentences", "too long", "repeat", "private", "copied
            demonstration" or "wrong language".
    """
    lines = [_MARKS.sub("", line).strip(' \t"“”«»*') for line in reply.splitlines()]
    found = [line for line in lines if re.search(r"\w", line) and not line.endswith((":", "："))]
    if len(found) < brief.size:
        raise ReplyError(f"{len(found)} sentences instead of {brief.size}",
                         kind="too few sentences")  # fmt: skip
    found = found[: brief.size]
    known = {normalised(text) for one in brief.shown for text in one}
    for text in found:
        if len(spaced(text).split()) > _LONGEST * (2 if spaced(text) != text else 1):
            raise ReplyError(f"a sentence is longer than {_LONGEST} words", kind="too long")
        if _PRIVATE.search(text):
            raise ReplyError("a sentence holds an address or a number", kind="private")
        if normalised(text) in known:
            raise ReplyError("a sentence is one of the examples", kind="copied demonstration")
        why = astray(text, brief.language, brief.source)
        if why:
            raise ReplyError(f"a sentence {why}", kind="wrong language")
    if len({normalised(text) for text in found}) < len(found):
        raise ReplyError("a sentence stands there twice", kind="repeat")
    return tuple(found)


def without_doubles(people: Sequence[Persona], *, near: float = 0.7) -> list[Persona]:
    """Each person once: who says nearly what another one says is noted and left out.

    Args:
        near: Share of common word triples from which two personas count as one, in [0.5, 1].
    """
    doubles = near_repeats((spaced(" ".join(p.sentences)) for p in people), near)
    for index, (first, share) in doubles.items():
        reason = f"duplicate: {share:.0%} of its word triples are those of {people[first].id}"
        notes.note(Drop(kind="persona", reason=reason, subject=people[index].id))
    return [person for index, person in enumerate(people) if index not in doubles]


def _fill(brief: Brief) -> Mapping[str, str]:
    examples = "\n\n".join(
        f"<example_{n}>\n{quote_list(one, bullet='')}\n</example_{n}>"
        for n, one in enumerate(brief.shown, 1)
    )
    return {"language": brief.language.name, "size": str(brief.size), "examples": examples}
