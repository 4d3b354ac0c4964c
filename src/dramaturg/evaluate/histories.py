"""A history: sessions in order with unrelated talk between, cut where a question stands."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec

from dramaturg.errors import RecordError
from dramaturg.records import Conversation, content_id

CHARACTERS_A_TOKEN = 4  # of English text, about; counted so that no tokenizer is needed


class HistoryTurn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message: its role ("user" or "assistant"), its text, and the facts that come up in it."""

    role: str
    text: str
    facts: tuple[str, ...] = ()


class History(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The sessions of one person in order of their dates, and what stands between them.

    Attributes:
        person: Id of the persona.
        turns: All messages in order; nothing marks where a session begins.
        ends: For each session, in order, how many turns are over when it ends.
        dates: For each session its date, ISO 8601, never falling.
        sessions: Ids of the sessions.
        tokens: Length, 4 characters a token.
        filler: Of these, tokens of unrelated talk.
        split: "train", "validation", "test", or "" while undecided.
    """

    person: str
    turns: tuple[HistoryTurn, ...]
    ends: tuple[int, ...]
    dates: tuple[str, ...]
    sessions: tuple[str, ...]
    tokens: int
    filler: int = 0
    split: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.person, self.sessions, [[t.role, t.text] for t in self.turns]]
            msgspec.structs.force_setattr(self, "id", content_id("h", content))

    def until(self, session: int) -> tuple[HistoryTurn, ...]:
        """What a reader sees who is asked right after a session: nothing of a later one.

        Args:
            session: Its index, from 0; -1 = before the first.
        """
        return self.turns[: self.ends[session]] if session >= 0 else ()

    def first_told(self, fact: str, ends: int) -> int | None:
        """The index of the first turn before `ends` in which a fact comes up, None if none."""
        found = (i for i, turn in enumerate(self.turns[:ends]) if fact in turn.facts)
        return next(found, None)

    def distance(self, fact: str, session: int) -> tuple[int, int] | None:
        """How far back a fact lies for a reader who is asked after a session.

        Returns:
            Sessions between (0 = told in this very session) and tokens after the turn that told
            it; None where the reader has not been told.
        """
        at = self.first_told(fact, self.ends[session])
        if at is None:
            return None
        told = next(i for i, end in enumerate(self.ends) if at < end)
        after = self.turns[at + 1 : self.ends[session]]
        return session - told, sum(map(_tokens, after))


def join_sessions(
    sessions: Sequence[Conversation],
    *,
    filler: Sequence[Conversation] = (),
    tokens: int = 0,
    seed: int,
) -> History:
    """Sessions of one person in order of their dates, filled up with unrelated talk.

    Sessions of the same date stay in the order given, so that a topic's own order is kept.
    Fillers go before, between and after the sessions at random, each at most once, until the
    history is `tokens` long; sessions are never left out, so a long life may be longer than that.

    Args:
        sessions: Each with `scene["date"]`, ISO 8601; speaker 0 is the user.
        filler: Conversations that have nothing to do with the person.
        tokens: Wanted length, 4 characters a token; 0 = no filler.

    Raises:
        RecordError: If there is no session, a session lacks its date, or two persons are mixed.

    Source: Jiang et al. 2025, PersonaMem, arXiv:2504.14225, who keep the order within each topic
    only; here no turn tells of anything later than the session that it is in.
    """
    if not sessions:
        raise RecordError("there is no session to join")
    people = {session.speakers[0].persona_id for session in sessions}
    if len(people) > 1 or not all(session.scene.get("date") for session in sessions):
        raise RecordError("the sessions are of several people, or one of them has no date")
    ordered = sorted(sessions, key=lambda session: str(session.scene["date"]))
    length = sum(map(_tokens, (turn for one in ordered for turn in _turns(one))))
    draw = random.Random(seed)
    between: list[list[HistoryTurn]] = [[] for _ in range(len(ordered) + 1)]
    added = 0
    for talk in draw.sample(list(filler), len(filler)):
        size = sum(map(_tokens, _turns(talk)))
        if length + added + size <= tokens:
            between[draw.randrange(len(between))] += _turns(talk, facts=False)
            added += size
    turns = list(between[0])
    ends: list[int] = []
    for session, rest in zip(ordered, between[1:], strict=True):
        turns += _turns(session)
        ends.append(len(turns))
        turns += rest
    return History(
        person=str(next(iter(people))),
        turns=tuple(turns),
        ends=tuple(ends),
        dates=tuple(str(session.scene["date"]) for session in ordered),
        sessions=tuple(session.id for session in ordered),
        tokens=length + added,
        filler=added,
    )


def _turns(talk: Conversation, *, facts: bool = True) -> list[HistoryTurn]:
    return [
        HistoryTurn(
            role="user" if turn.speaker == 0 else "assistant",
            text=turn.text,
            facts=tuple(mark.fact_id for mark in turn.grounding if facts),
        )
        for turn in talk.turns
    ]


def _tokens(turn: HistoryTurn) -> int:
    return -(-len(turn.text) // CHARACTERS_A_TOKEN)
