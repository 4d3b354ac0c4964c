"""What is true of a person on a given day: likes and dislikes change, and change back."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

import msgspec

from dramaturg.errors import RecordError
from dramaturg.records import Drop, Event, Evidence, Fact, Persona, plain_thing

_AMERICAN = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})$")
_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})")


def read_date(text: str) -> str:
    """A day as ISO 8601, from that or from month/day/year.

    Raises:
        RecordError: If it is none of both, or no day of the calendar.

    >>> read_date("03/05/2024")
    '2024-03-05'
    """
    text = text.strip()
    american, iso = _AMERICAN.match(text), _ISO.match(text)
    try:
        if american:
            month, day, year = map(int, american.groups())
        elif iso:
            year, month, day = map(int, iso.groups())
        else:
            raise ValueError("it is neither YYYY-MM-DD nor MM/DD/YYYY")
        return datetime.date(year, month, day).isoformat()
    except ValueError as error:
        raise RecordError(f"{text[:40]!r} is no date", why=str(error)) from None


def in_order(events: Sequence[Event]) -> list[Event]:
    """By day; events of the same day stay in the order in which they came."""
    return sorted(events, key=lambda event: event.date)


def state_on(events: Sequence[Event], date: str) -> dict[str, Event]:
    """The last event about each thing on or before a day: what holds then, and nothing later.

    Args:
        date: ISO 8601. What happens on this very day has happened.

    Returns:
        By the thing's name in plain words (lower case), in the order in which things came up.
    """
    state: dict[str, Event] = {}
    for event in in_order(events):
        if event.date <= date:
            state[event.thing] = event
    return state


def path(events: Sequence[Event], about: str, date: str) -> list[Event]:
    """How a person came to think of a thing as they do on a day: its events in order."""
    thing = plain_thing(about)
    return [e for e in in_order(events) if e.date <= date and e.thing == thing]


def linked(events: Sequence[Event], new: Sequence[Event]) -> tuple[list[Event], list[Drop]]:
    """New events joined to what they change; those that cannot be true are refused.

    An event about a known thing must change its state and give a reason; an event about a new
    thing has nothing to replace. `replaces` is set from the timeline, never taken on trust.

    Args:
        events: The timeline so far.
        new: In any order; may change each other.

    Returns:
        The new events in order, with `replaces` and `reason` as they must be, and a Drop for each
        that was refused: "no change" (the state was so already), "no reason", or "same day" (two
        states of one thing on one day).
    """
    known = in_order(events)
    kept: list[Event] = []
    drops: list[Drop] = []
    for event in in_order(new):
        before = path([*known, *kept], event.about, event.date)
        last = before[-1] if before else None
        problem = _problem(event, last)
        if problem:
            drops.append(Drop(kind="event", reason=problem, subject=event.text))
            continue
        change = {"replaces": last.id if last else None, "reason": event.reason if last else ""}
        kept.append(msgspec.structs.replace(event, **change))
    return kept, drops


def facts_of(events: Sequence[Event], provider: str = "user") -> tuple[Fact, ...]:
    """The timeline as facts with their validity: each holds until the next about the same thing.

    A fact's text is the state ("I like board games."), its evidence the event, its parent the
    fact that it ends; `valid_to` is the day of the next event about the thing, on which the fact
    is no longer true. A state that returns is a fact of its own, with another span.

    Args:
        provider: Who told the events: "user", or the reference of a model.
    """
    ordered = in_order(events)
    facts: dict[str, Fact] = {}
    for i, event in enumerate(ordered):
        later = next((e for e in ordered[i + 1 :] if e.thing == event.thing), None)
        fact = Fact(
            text=f"I {'like' if event.stance == 'likes' else 'dislike'} {event.about}.",
            id=event.id,
            category=event.topic or None,
            parents=(event.replaces,) if event.replaces else (),
            provider=provider,
            evidence=tuple(
                Evidence(document=event.id, note=note)
                for note in (event.text, event.reason and f"changed because: {event.reason}")
                if note
            ),
            valid_from=event.date,
            valid_to=later.date if later else None,
            status="superseded" if later else "new",
        )
        facts[event.id] = fact
    return tuple(facts.values())


def with_timeline(person: Persona, events: Sequence[Event], provider: str = "user") -> Persona:
    """The person with the facts of a timeline added: another person, with an id of its own."""
    return Persona(
        name=person.name,
        facts=(*person.facts, *facts_of(events, provider)),
        views=person.views,
        language=person.language,
        source=person.source,
        licence=person.licence,
    )


def person_as_of(person: Persona, date: str) -> Persona:
    """The person with the facts that hold on a day; see `Persona.on`."""
    return person.on(date)


def _problem(event: Event, last: Event | None) -> str:
    if last is None:
        return ""
    if last.stance == event.stance:
        return f"no change: {event.about!r} was {_stance(last)} already"
    if last.date == event.date:
        return f"same day: {event.about!r} changes twice on {event.date}"
    if not event.reason.strip():
        return f"no reason: why {event.about!r} is {_stance(event)} now is not said"
    return ""


def _stance(event: Event) -> str:
    return "liked" if event.stance == "likes" else "disliked"
