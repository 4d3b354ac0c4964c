"""Chat sessions in which the events of a life come up, each at a turn that is known."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import msgspec

from dramaturg.errors import RecordError, ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import (
    Conversation,
    Event,
    Grounding,
    Persona,
    Provenance,
    Speaker,
    Turn,
    derive_seed,
)
from dramaturg.scorers import tokens

_LABEL = re.compile(r"(?i)^[\s*_>#-]*[\[(]\s*(?:side note|event|note)\s*#?\s*(\d{1,3})\s*[\])]\W*")
_TAG = re.compile(r"(?i)^[\s*_#>-]*(user|human|assistant|ai)\s*[*_]*\s*:\s*[*_]*\s*(.*)$")
_COPIED = 8  # words in a row of an old event that a session must not say


class SessionInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is written from.

    Attributes:
        person: Sentences about the user.
        events: In the order in which they are to come up.
        before: For each event the text of the one whose state it ends, or "".
    """

    person: tuple[str, ...]
    topic: str
    events: tuple[Event, ...]
    before: tuple[str, ...]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """The messages of a session: who speaks (0 the user, 1 the assistant), what, and the index of
    each event that comes up in it."""

    turns: tuple[tuple[int, str, tuple[int, ...]], ...]


@functools.cache
def session_task() -> Task[SessionInput, Session]:
    """ "session.write": a session with a label before each turn in which an event comes up."""
    return Task(
        name="session.write",
        prompt=load("dramaturg.generate", "session"),
        fill=_fill,
        parse=_read,
        sampling=Sampling(temperature=0.8, top_k=None, max_tokens=3_500),
    )


async def write_session(
    writer: ChatModel,
    person: Persona,
    events: Sequence[Event],
    *,
    topic: str,
    replaced: Sequence[Event] = (),
    previous: str | None = None,
    recipe: str = "",
    seed: int,
) -> Conversation:
    """A session of the person with an assistant in which each event comes up once, in order.

    Turns carry the events as grounding (fact id = event id); the labels are gone. The scene says
    the topic and the session's date, which is that of its last event.

    Args:
        person: With the facts that hold on that day; the writer is shown those without a date.
        events: At least one, in order of time.
        replaced: The events whose state these end, where they do.
        previous: Id of the session before this one.

    Raises:
        ReplyError: If the second reply cannot be used either: an event is missing, comes up too
            early, or an old event is told again word for word.
        RecordError: If there is no event.
        BackendError: If the writer could not be reached.

    Source: the side notes of PersonaMem, Jiang et al. 2025, arXiv:2504.14225.
    """
    if not events:
        raise RecordError("a session needs an event", why=f"topic {topic!r} has none")
    old = {event.id: event.text for event in replaced}
    inputs = SessionInput(
        person=person.undated,
        topic=topic,
        events=tuple(events),
        before=tuple(old.get(event.replaces or "", "") for event in events),
    )
    own_seed = derive_seed(seed, "session", person.id, [event.id for event in events])
    answer = await ask(writer, session_task(), inputs, seed=own_seed, about=person.id)
    turns = tuple(
        Turn(
            speaker=who,
            text=text,
            grounding=tuple(Grounding(fact_id=events[i].id) for i in about),
        )
        for who, text, about in answer.value.turns
    )
    return Conversation(
        scene_id=f"{person.id}/{topic}/{events[0].period}",
        scene={"topic": topic, "date": events[-1].date, "period": events[0].period},
        speakers=(
            Speaker(
                name="User",
                persona_id=person.id,
                persona=person.sentences,
                fact_ids=tuple(fact.id for fact in person.facts),
            ),
            Speaker(name="Assistant"),
        ),
        turns=turns,
        previous=previous,
        provenance=Provenance(
            recipe=recipe,
            models={"writer": writer.ref},
            prompts={"session.write": answer.prompt_hash},
            seed=own_seed,
            calls=tuple(key for key in answer.keys if key),
        ),
    )


def _fill(given: SessionInput) -> dict[str, str]:
    rows = []
    for number, (event, before) in enumerate(zip(given.events, given.before, strict=True), 1):
        row = f"{number}. {event.date}: {quote(event.text)} The user now {event.stance} "
        row += f"{quote(event.about)}."
        if before:
            row += f" This is a change, because: {quote(event.reason)} Before: {quote(before)}"
        rows.append(row)
    return {
        "person": quote_list(given.person),
        "topic": quote(given.topic),
        "events": "\n".join(rows),
    }


def _read(reply: str, given: SessionInput) -> Session:
    turns: list[tuple[int, str, tuple[int, ...]]] = []
    waiting: list[int] = []
    for raw in reply.splitlines():
        line = raw.strip()
        while hit := _LABEL.match(line):
            waiting.append(int(hit[1]) - 1)
            line = line[hit.end() :]
        tag = _TAG.match(line)
        if tag:
            who = 0 if tag[1].lower() in ("user", "human") else 1
            turns.append((who, tag[2].strip(), tuple(waiting) if who == 0 else ()))
            waiting = waiting if who else []
        elif turns and line and not line.startswith("```"):
            who, text, about = turns[-1]
            turns[-1] = (who, f"{text} {line}".strip(), about)
    _check(turns, given)
    return Session(turns=tuple(turns))


def _check(turns: Sequence[tuple[int, str, tuple[int, ...]]], given: SessionInput) -> None:
    """Raises ReplyError where the session does not do what was asked."""
    if {who for who, text, _ in turns if text} != {0, 1}:
        raise ReplyError("lines of 'User:' and of 'Assistant:' were wanted", kind="no turns")
    if not all(text for _, text, _ in turns):
        raise ReplyError("a message is empty", kind="empty turn")
    came_up = [number for _, _, about in turns for number in about]
    wanted = list(range(len(given.events)))
    if came_up != wanted:
        missing = [str(n + 1) for n in wanted if n not in came_up]
        why = f"missing: {', '.join(missing)}" if missing else "they are out of order or repeated"
        raise ReplyError(
            f"every event must come up once and in order, with its label; {why}", kind="events"
        )
    said = " " + " | ".join(" ".join(tokens(text)) for _, text, _ in turns) + " "
    for before in filter(None, given.before):
        words = tokens(before)
        runs = (words[i : i + _COPIED] for i in range(len(words) - _COPIED + 1))
        if any(f" {' '.join(run)} " in said for run in runs):
            raise ReplyError("an old event is told again word for word", kind="old event")
