"""A tree of topics: subtopics of a topic, and people who are likely to talk about each.

Source: Suresh et al. 2024, "DiaSynth", arXiv:2409.19020 (lists filtered by ROUGE-L 0.5).
Differs: a list is filtered before it is cut to the number wanted, so that what is too alike costs
no place; a list that cannot be read costs its own branch, not the topic.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.persona.described import lines_of, wrong_with
from dramaturg.persona.from_text import described_person
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Drop, Persona, derive_seed
from dramaturg.scorers.rouge import too_alike
from dramaturg.store import notes

T = TypeVar("T")

ALIKE = 0.5  # ROUGE-L from which an entry says what an earlier one says
_TOPIC_WORDS = 20


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """A subtopic under its topic."""

    topic: str
    subtopic: str

    @property
    def id(self) -> str:
        """Both, for a report."""
        return f"{self.topic} / {self.subtopic}"


class Branches(msgspec.Struct, frozen=True, kw_only=True):
    """A topic of which `count` entries are wanted."""

    topic: str
    count: int


@functools.cache
def subtopics_task() -> Task[Branches, tuple[str, ...]]:
    """ "topic.split": narrower topics, one a line."""
    return Task(
        name="topic.split",
        prompt=load("dramaturg.persona", "subtopics"),
        fill=lambda given: {"topic": quote(given.topic), "count": str(given.count)},
        parse=lambda reply, _: _topics(reply),
        cut="last line",
        sampling=Sampling(temperature=0.1, max_tokens=400),
    )


@functools.cache
def topic_people_task() -> Task[Branches, tuple[str, ...]]:
    """ "topic.people": descriptions of people who talk about it, one a line."""
    return Task(
        name="topic.people",
        prompt=load("dramaturg.persona", "topic_people"),
        fill=lambda given: {"topic": quote(given.topic), "count": str(given.count)},
        parse=lambda reply, _: _people(reply),
        cut="last line",
        sampling=Sampling(temperature=0.1, max_tokens=800),
    )


async def subtopics(
    topic: str, writer: ChatModel, *, count: int = 6, alike: float = ALIKE, seed: int
) -> list[Branch]:
    """At most `count` subtopics, none too like an earlier one; what is becomes a Drop.

    Args:
        count: 0 asks for none: the topic itself is all there is.

    Raises:
        ReplyError: If no reply holds a list.
    """
    if not count:
        return [Branch(topic=topic, subtopic=topic)]
    own = derive_seed(seed, "subtopics", topic)
    answer = await ask(
        writer, subtopics_task(), Branches(topic=topic, count=count), seed=own, about=topic
    )
    kept = distinct_entries(answer.value, "subtopic", topic, count, alike)
    return [Branch(topic=topic, subtopic=one) for one in kept]


async def topic_people(
    branch: Branch, writer: ChatModel, *, count: int = 6, alike: float = ALIKE, seed: int
) -> list[Persona]:
    """At most `count` people likely to talk about a subtopic, likewise filtered.

    Raises:
        ReplyError: If no reply describes two people: one alone talks with nobody.
    """
    topic = branch.subtopic
    own = derive_seed(seed, "people", branch.topic, topic)
    answer = await ask(
        writer, topic_people_task(), Branches(topic=topic, count=count), seed=own, about=topic
    )
    kept = distinct_entries(answer.value, "persona", topic, count, alike)
    if len(kept) < 2:
        raise ReplyError(f"only {len(kept)} different people for {topic!r}", kind="too alike")
    return [described_person(text, writer) for text in kept]


def distinct_entries(
    entries: Sequence[str], kind: str, topic: str, count: int, alike: float = ALIKE
) -> list[str]:
    """The first `count` entries; none has a ROUGE-L of `alike` or more to an earlier one."""
    gone = too_alike(entries, alike)
    for index, (old, share) in gone.items():
        reason = f"too alike: ROUGE-L {share:.2f} to {entries[old]!r}, of {topic!r}"
        notes.note(Drop(kind=kind, reason=reason, subject=entries[index]))
    return [entry for index, entry in enumerate(entries) if index not in gone][:count]


def evenly(groups: Sequence[Sequence[T]], count: int) -> list[T]:
    """The first of each group, then the second of each, ..., until there are `count`.

    >>> evenly([["a", "b", "c"], ["d"]], 3)
    ['a', 'd', 'b']
    """
    rows = itertools.zip_longest(*([(one,) for one in group] for group in groups))
    every = (cell[0] for row in rows for cell in row if cell is not None)
    return list(itertools.islice(every, count))


def _topics(reply: str) -> tuple[str, ...]:
    found = [line.rstrip(".") for line in lines_of(reply) if not wrong_topic(line)]
    if not found:
        raise ReplyError("the reply names no topic", kind="no list")
    return tuple(found)


def wrong_topic(text: str) -> str:
    """What makes a line no topic: "no words", "refusal", "too long", or "" if nothing does."""
    wrong = wrong_with(text, _TOPIC_WORDS)
    return wrong if wrong in ("no words", "refusal", "too long") else ""


def _people(reply: str) -> tuple[str, ...]:
    found = [line for line in lines_of(reply) if not wrong_with(line)]
    if not found:
        raise ReplyError("the reply describes nobody", kind="no list")
    return tuple(found)
