"""Which questions can be asked of a history, of what, and when: before any word is written."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec

from dramaturg.evaluate.histories import History
from dramaturg.records import Event

KINDS = (
    "recall_fact",
    "latest_preference",
    "reason_for_change",
    "full_evolution",
    "aligned_recommendation",
    "new_idea",
    "new_scenario",
)
_OF_A_CHANGE = ("reason_for_change", "full_evolution")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question to be written.

    Attributes:
        kind: One of `KINDS`.
        path: All that was told of the thing before the question, oldest first; the last event
            holds when it is asked.
        session: The question stands right after this session of the history.
        date: The date of that session.
        sessions_ago, tokens_ago: How far back the last event of the path was told.
    """

    kind: str
    path: tuple[Event, ...]
    session: int
    date: str
    sessions_ago: int
    tokens_ago: int

    @property
    def event(self) -> Event:
        """The event that holds when the question is asked."""
        return self.path[-1]


def told(events: Sequence[Event], history: History, session: int) -> list[Event]:
    """The events that come up in the history up to the end of a session, in order of time.

    What was not told is not known, even where it has happened: the session of another topic may
    tell later of an earlier day.
    """
    heard = {fact for turn in history.until(session) for fact in turn.facts}
    return sorted((e for e in events if e.id in heard), key=lambda event: event.date)


def plan_questions(
    history: History,
    events: Sequence[Event],
    *,
    count: int,
    kinds: Sequence[str] = KINDS,
    seed: int,
) -> list[Asked]:
    """Up to `count` questions, kinds in turn, each asked while its answer holds.

    A question about an event is asked after a session between the one that tells it and the last
    before the thing changes again, drawn at random, so that distances vary. "reason_for_change"
    and "full_evolution" need a thing that has changed; a kind without a case left is passed over.
    """
    draw = random.Random(seed)
    windows = _windows(history, events)
    cases = {kind: [w for w in windows if _fits(kind, w)] for kind in dict.fromkeys(kinds)}
    for some in cases.values():
        draw.shuffle(some)
    planned: list[Asked] = []
    while len(planned) < count and any(cases.values()):
        for kind, some in cases.items():
            if some and len(planned) < count:
                path, first, last = some.pop()
                planned.append(_asked(history, kind, path, draw.randint(first, last)))
    return planned


_Window = tuple[tuple[Event, ...], int, int]


def _windows(history: History, events: Sequence[Event]) -> list[_Window]:
    """For each told event what was told of its thing until then, and the first and the last
    session after which it is the latest that was told."""
    found: list[_Window] = []
    latest: dict[str, tuple[Event, ...]] = {}
    since: dict[str, int] = {}
    for session in range(len(history.ends)):
        now: dict[str, tuple[Event, ...]] = {}
        for event in told(events, history, session):
            now[event.thing] = (*now.get(event.thing, ()), event)
        for thing, path in now.items():
            if path != latest.get(thing):
                if thing in latest:
                    found.append((latest[thing], since[thing], session - 1))
                since[thing] = session
        latest.update(now)
    last = len(history.ends) - 1
    return found + [(path, since[thing], last) for thing, path in latest.items()]


def _fits(kind: str, window: _Window) -> bool:
    path, first, last = window
    return first <= last and (kind not in _OF_A_CHANGE or len(path) > 1)


def _asked(history: History, kind: str, path: tuple[Event, ...], session: int) -> Asked:
    ago = history.distance(path[-1].id, session)
    assert ago is not None, "a planned event was told"
    return Asked(
        kind=kind,
        path=path,
        session=session,
        date=history.dates[session],
        sessions_ago=ago[0],
        tokens_ago=ago[1],
    )
