"""Let a life go on: dated events of a period, many of which turn round what was so before."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from typing import Any

from dramaturg.errors import ReplyError, UserError
from dramaturg.models import ChatModel, ask
from dramaturg.profile.events import LifeInput, evolution, past
from dramaturg.profile.timeline import in_order, linked, state_on
from dramaturg.records import Drop, Event, Persona, derive_seed
from dramaturg.store import notes

PERIODS = {"week": 7, "month": 30, "year": 365}  # days


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
    holds = state_on(own, first)
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


def count_changes(events: Sequence[Event]) -> int:
    """How many events end a state that held."""
    return sum(event.replaces is not None for event in events)


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
