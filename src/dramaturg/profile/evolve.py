"""Let a life go on: dated events of a period, many of which turn round what was so before."""

from __future__ import annotations

import datetime
import functools
import math
from collections.abc import Sequence
from typing import Any

import msgspec

from dramaturg.errors import RecordError, ReplyError, UserError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.profile.timeline import as_of, in_order, linked, read_date
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
from dramaturg.records import Drop, Event, Persona, Stance, derive_seed
from dramaturg.store import notes

PERIODS = {"week": 7, "month": 30, "year": 365}  # days
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


async def begin_life(
    person: Persona,
    writer: ChatModel,
    *,
    topic: str,
    first: str,
    last: str,
    count: int = 10,
    known: Sequence[Event] = (),
    things: Sequence[str] = (),
    seed: int,
) -> list[Event]:
    """The past of a person in one part of life, in order; what cannot be used is noted as dropped.

    Args:
        first, last: The span, ISO 8601.
        known: Events of other parts of life, which are not to be told again.
        things: Likes and dislikes that the events are to be about; empty = the writer's choice.

    Raises:
        ReplyError: If the second reply holds no event either.
        BackendError: If the writer could not be reached.
    """
    inputs = LifeInput(
        person=person.undated,
        topic=topic,
        known=tuple(event.about for event in known),
        first=first,
        last=last,
        count=count,
        things=tuple(things),
    )
    answer = await ask(
        writer, past(), inputs, seed=derive_seed(seed, "past", topic), about=person.id
    )
    fresh = _not_known(answer.value.events, known)
    return _accepted(known, fresh, answer.value.refused, topic, "past")


async def evolve(
    person: Persona,
    events: Sequence[Event],
    writer: ChatModel,
    *,
    topic: str,
    period: str,
    first: str,
    count: int = 10,
    changing: float = 0.5,
    seed: int,
) -> list[Event]:
    """The events of the next period in one part of life, in order.

    Only events that can be true beside the timeline are kept (see `timeline.linked`); the others
    are noted as dropped with their reason. A state may turn round and back again.

    Args:
        events: The timeline so far; only those of `topic` are shown and changed, and what came up
            in another topic does not come up again.
        period: "week", "month" or "year".
        first: The day after which it begins, ISO 8601.
        changing: Share of the events, in [0, 1], that must at least change what holds: more than
            it is asked for, rounded up.

    Raises:
        UserError: If the period is unknown.
        ReplyError: If the second reply holds no event either.
        BackendError: If the writer could not be reached.

    Source: Jiang et al. 2025, PersonaMem, arXiv:2504.14225.
    """
    own = [event for event in events if event.topic == topic]
    begins, last = span(period, first)
    holds = as_of(own, first)
    inputs = LifeInput(
        person=person.undated,
        topic=topic,
        known=tuple(f"{event.stance} {event.about}" for event in holds.values()),
        first=begins,
        last=last,
        count=count,
        changes=min(len(holds), math.floor(changing * count) + 1 if changing else 0),
    )
    answer = await ask(
        writer,
        evolution(),
        inputs,
        seed=derive_seed(seed, "evolve", topic, period),
        about=person.id,
    )
    elsewhere = [event for event in events if event.topic != topic]
    fresh = _not_known(answer.value.events, elsewhere, once=False)
    return _accepted(own, fresh, answer.value.refused, topic, period)


async def live(
    person: Persona,
    writer: ChatModel,
    *,
    topic: str,
    begin: str,
    periods: Sequence[str],
    known: Sequence[Event] = (),
    count: int = 10,
    changing: float = 0.5,
    things: Sequence[str] = (),
    seed: int,
) -> list[Event]:
    """One part of a life: its past until `begin`, then period after period, in order.

    A period that no usable event came back for is noted as dropped, and the next one is told.

    Args:
        begin: The last day of the past, ISO 8601; the past is that of an adult, from the 18th
            birthday where `views["born"]` says the year of birth, else ten years.
        known: The events of the parts of life told before; nothing of them comes up again.

    Raises:
        UserError: If a period is unknown.
        BackendError: If the writer could not be reached.
    """
    day = datetime.date.fromisoformat(begin)
    born = int(person.views.get("born") or day.year - 28)
    first = day.replace(year=min(born + 18, day.year - 1), day=1).isoformat()
    common: dict[str, Any] = {"topic": topic, "count": count, "seed": seed}
    events = list(known)
    after = begin
    for period in ("past", *periods):
        try:
            if period == "past":
                events += await begin_life(
                    person, writer, first=first, last=begin, known=known, things=things, **common
                )
            else:
                events += await evolve(
                    person, events, writer,
                    period=period, first=after, changing=changing, **common,
                )  # fmt: skip
        except ReplyError as error:
            reason = f"{error.kind}: {error.what}"
            notes.note(Drop(kind="period", reason=reason, subject=f"{topic}, {period}"))
        if period != "past":
            after = span(period, after)[1]
    return events[len(known) :]


async def whole_life(
    person: Persona,
    writer: ChatModel,
    *,
    topics: Sequence[str],
    begin: str,
    periods: Sequence[str],
    count: int = 10,
    changing: float = 0.5,
    seed: int,
) -> list[Event]:
    """All parts of a life, one after the other, each knowing what the ones before have told.

    The first topic is life in general: its past is about the likes and dislikes of the view
    "tastes", where there is one.

    Returns:
        The events in the order in which they were told: topic by topic, period by period.
    """
    tastes = person.views.get("tastes") or {}
    things = [f"{stance} {thing}" for stance, some in tastes.items() for thing in some]
    events: list[Event] = []
    for number, topic in enumerate(topics):
        events += await live(
            person, writer, topic=topic, begin=begin, periods=periods, known=events, count=count,
            changing=changing, things=() if number else things, seed=seed,
        )  # fmt: skip
    return events


def span(period: str, after: str) -> tuple[str, str]:
    """First and last day of the period that begins the day after `after`.

    Raises:
        UserError: If the period is unknown.

    >>> span("week", "2024-02-28")
    ('2024-02-29', '2024-03-06')
    """
    if period not in PERIODS:
        raise UserError(f"there is no period {period!r}", fix=f"known: {', '.join(PERIODS)}")
    day = datetime.date.fromisoformat(after)
    first, last = day + datetime.timedelta(days=1), day + datetime.timedelta(days=PERIODS[period])
    return first.isoformat(), last.isoformat()


def changed(events: Sequence[Event]) -> int:
    """How many events end a state that held."""
    return sum(event.replaces is not None for event in events)


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


def _not_known(
    events: Sequence[Event], known: Sequence[Event], *, once: bool = True
) -> list[Event]:
    """Without events about things that are known; `once`: each new thing comes up only once."""
    seen = {event.thing for event in known}
    kept: list[Event] = []
    for event in in_order(events):
        if event.thing in seen:
            reason = f"known: {event.about!r} has come up already"
            notes.note(Drop(kind="event", reason=reason, subject=event.text))
            continue
        kept.append(event)
        if once:
            seen.add(event.thing)
    return kept


def _accepted(
    known: Sequence[Event],
    new: Sequence[Event],
    refused: Sequence[Drop],
    topic: str,
    period: str,
) -> list[Event]:
    placed = [
        Event(
            date=e.date,
            text=e.text,
            about=e.about,
            stance=e.stance,
            reason=e.reason,
            topic=topic,
            period=period,
        )
        for e in new
    ]
    kept, drops = linked(known, placed)
    for drop in (*refused, *drops):
        notes.note(drop)
    return kept
