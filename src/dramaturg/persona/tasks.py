"""What persona expansion asks of a writer."""

from __future__ import annotations

import functools

import msgspec

from dramaturg.persona.replies import OPENINGS, questions, sentence
from dramaturg.prompts import Sampling, Task, load, quote, quote_list

_CLIP = 400  # characters of one fact that a prompt shows


class Induce(msgspec.Struct, frozen=True, kw_only=True):
    """Sentences of one cluster, whose common question is wanted."""

    answers: tuple[str, ...]


class More(msgspec.Struct, frozen=True, kw_only=True):
    """Questions of which more are wanted."""

    queries: tuple[str, ...]


class AnswerAs(msgspec.Struct, frozen=True, kw_only=True):
    """A person, and the question that this person is to answer."""

    facts: tuple[str, ...]
    query: str


class Further(msgspec.Struct, frozen=True, kw_only=True):
    """A person of whom one more thing is wanted."""

    facts: tuple[str, ...]


def clipped(text: str) -> str:
    """A fact as it is shown to a writer: its first 400 characters."""
    return text if len(text) <= _CLIP else text[: _CLIP - 1].rstrip() + "…"


@functools.cache
def induce() -> Task[Induce, str]:
    """ "query.induce": the most specific question that the answers have in common."""
    return Task(
        name="query.induce",
        prompt=load("dramaturg.persona", "induce"),
        fill=lambda given: {"answers": quote_list(given.answers)},
        parse=lambda reply, _: questions(reply)[0],
        sampling=Sampling(max_tokens=64),
    )


@functools.cache
def more() -> Task[More, tuple[str, ...]]:
    """ "query.more": questions of the same kind about other sides of a person."""
    return Task(
        name="query.more",
        prompt=load("dramaturg.persona", "more"),
        fill=lambda given: {"queries": quote_list(given.queries)},
        parse=lambda reply, _: questions(reply),
        cut="last line",
        sampling=Sampling(max_tokens=128),
    )


@functools.cache
def answer(openings: tuple[str, ...] | None = OPENINGS, longest: int = 40) -> Task[AnswerAs, str]:
    """ "persona.answer": one new sentence of the person, in answer to the query."""
    return Task(
        name="persona.answer",
        prompt=load("dramaturg.persona", "answer"),
        fill=lambda given: {"facts": quote_list(given.facts), "query": quote(given.query)},
        parse=lambda reply, given: sentence(reply, given.facts, openings=openings, longest=longest),
        sampling=Sampling(max_tokens=96),
    )


@functools.cache
def further(openings: tuple[str, ...] | None = OPENINGS, longest: int = 40) -> Task[Further, str]:
    """ "fact.further": one new sentence of the person, without a query."""
    return Task(
        name="fact.further",
        prompt=load("dramaturg.persona", "further"),
        fill=lambda given: {"facts": quote_list(given.facts)},
        parse=lambda reply, given: sentence(reply, given.facts, openings=openings, longest=longest),
        sampling=Sampling(max_tokens=96),
    )
