"""The sessions of a life, one for each part of it and period, each after the one before it."""

from __future__ import annotations

from collections.abc import Sequence

from dramaturg.errors import ReplyError
from dramaturg.generate.sessions import write_session
from dramaturg.models import ChatModel
from dramaturg.records import Conversation, Drop, Event, Persona
from dramaturg.store import notes


async def write_sessions(
    writer: ChatModel,
    person: Persona,
    events: Sequence[Event],
    *,
    recipe: str = "",
    seed: int,
) -> list[Conversation]:
    """One session for each topic and period that has an event, in order of their last events.

    A session that cannot be had is noted as dropped; what it would have told stays untold.

    Args:
        person: With the facts of the timeline, each with its span; a session's speaker has those
            that hold on its day.
        events: The whole timeline.

    Raises:
        BackendError: If the writer could not be reached.
    """
    by_id = {event.id: event for event in events}
    blocks: dict[tuple[str, str], list[Event]] = {}
    for event in sorted(events, key=lambda one: one.date):
        blocks.setdefault((event.topic, event.period), []).append(event)
    sessions: list[Conversation] = []
    for (topic, period), block in sorted(blocks.items(), key=lambda item: item[1][-1].date):
        before = next((s.id for s in reversed(sessions) if s.scene["topic"] == topic), None)
        try:
            session = await write_session(
                writer,
                person.on(block[-1].date),
                block,
                topic=topic,
                replaced=[by_id[e.replaces] for e in block if e.replaces in by_id],
                previous=before,
                recipe=recipe,
                seed=seed,
            )
        except ReplyError as error:
            reason = f"{error.kind}: {error.what}"
            notes.note(Drop(kind="session", reason=reason, subject=f"{topic}, {period}"))
            continue
        sessions.append(session)
    return sessions
