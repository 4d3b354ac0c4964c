"""What is asked of a writer who tells a life, and how the events of a reply are read."""

from __future__ import annotations

import functools
from typing import Any

import msgspec

from dramaturg.errors import RecordError, ReplyError
from dramaturg.models.json_reply import read_json
from dramaturg.profile.timeline import read_date
from dramaturg.prompts import (
    TEXT,
    Sampling,
    Task,
    list_schema,
    load,
    object_schema,
    one_of,
    quote,
    quote_list,
)
from dramaturg.records import Drop, Event, Stance

_STANCES: dict[str, Stance] = {
    **dict.fromkeys(("likes", "like", "liked", "loves", "positive"), "likes"),
    **dict.fromkeys(("dislikes", "dislike", "disliked", "hates", "negative"), "dislikes"),
}


class LifeInput(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a life that is to be filled with events.

    Attributes:
        person: Sentences about the person.
        topic: The part of life.
        known: What holds on the first day, as sentences.
        first, last: The span, ISO 8601, both days included.
        count: Events wanted.
        changes: How many of them must at least change what is known; 0 for the past.
        things: What the events are about ("likes jazz"), one each; empty = the writer's choice.
    """

    person: tuple[str, ...]
    topic: str
    known: tuple[str, ...]
    first: str
    last: str
    count: int
    changes: int = 0
    things: tuple[str, ...] = ()


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply told: the events that could be read, and why the others could not."""

    events: tuple[Event, ...]
    refused: tuple[Drop, ...] = ()


@functools.cache
def past() -> Task[LifeInput, Happened]:
    """ "life.past": events of a span, no two about the same thing."""
    return _task("life.past", "past")


@functools.cache
def evolution() -> Task[LifeInput, Happened]:
    """ "life.evolve": events of a span, many of which change what holds."""
    return _task("life.evolve", "evolve", reason=TEXT)


_FIELDS = {"date": TEXT, "event": TEXT, "about": TEXT, "stance": one_of("likes", "dislikes")}


def _task(name: str, file: str, **more: Any) -> Task[LifeInput, Happened]:
    return Task(
        name=name,
        prompt=load("dramaturg.profile", file),
        fill=_fill_past if name == "life.past" else _fill_evolve,
        parse=_read,
        sampling=Sampling(temperature=0.9, top_k=None, max_tokens=2_500),
        schema=object_schema(events=list_schema(object_schema(**_FIELDS, **more))),
    )


def _fill(given: LifeInput) -> dict[str, str]:
    return {
        "person": quote_list(given.person),
        "topic": quote(given.topic),
        "known": quote_list(given.known) or "- nothing",
        "first": given.first,
        "last": given.last,
        "count": str(given.count),
    }


def _fill_past(given: LifeInput) -> dict[str, str]:
    things = quote_list(given.things)
    return {**_fill(given), "things": f"<things>\n{things}\n</things>\n" if things else ""}


def _fill_evolve(given: LifeInput) -> dict[str, str]:
    return {**_fill(given), "changes": str(given.changes)}


def _read(reply: str, given: LifeInput) -> Happened:
    """Raises ReplyError "no event" if nothing in the reply can be used."""
    found, _ = read_json(reply)
    if isinstance(found, dict):
        found = next((value for value in found.values() if isinstance(value, list)), [found])
    events: list[Event] = []
    refused: list[Drop] = []
    for row in found:
        try:
            events.append(_event(row, given))
        except RecordError as error:
            subject = str(row.get("event", row) if isinstance(row, dict) else row)[:200]
            refused.append(Drop(kind="event", reason=error.what, subject=subject))
    if not events:
        why = refused[0].reason if refused else "the list is empty"
        raise ReplyError(f"it holds no event that can be used: {why}", kind="no event")
    if given.changes and not any(event.reason for event in events):
        raise ReplyError("no event changes what holds, with its reason", kind="no change")
    return Happened(events=tuple(events), refused=tuple(refused))


def _event(row: Any, given: LifeInput) -> Event:
    if not isinstance(row, dict):
        raise RecordError("malformed: an event is no object")
    text, about = (" ".join(str(row.get(name) or "").split()) for name in ("event", "about"))
    if not text or not about:
        raise RecordError("incomplete: it lacks 'event' or 'about'")
    stance = _STANCES.get(str(row.get("stance", "")).strip().lower())
    if stance is None:
        raise RecordError(f"stance: {str(row.get('stance'))[:40]!r} is neither likes nor dislikes")
    try:
        date = read_date(str(row.get("date", "")))
    except RecordError as error:
        raise RecordError(f"date: {error.what}") from None
    if not given.first <= date <= given.last:
        raise RecordError(f"date: {date} is outside {given.first} to {given.last}")
    reason = " ".join(str(row.get("reason") or "").split())
    return Event(date=date, text=text, about=about, stance=stance, reason=reason)
