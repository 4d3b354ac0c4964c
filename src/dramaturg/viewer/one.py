"""One conversation with its evidence: who used which fact where, who judged what, what lost."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dramaturg.errors import UserError
from dramaturg.records import (
    Comparison,
    Conversation,
    Drop,
    Fact,
    Persona,
    Preference,
    Verdict,
    from_json,
)
from dramaturg.viewer import schema
from dramaturg.viewer.fill import person_of
from dramaturg.viewer.schema import KEPT, key_of
from dramaturg.viewer.source import Source

RELATIONS = {
    "uses": "uses",
    "denies": "denies",
    "claims": "claims the other’s",
    "words": "shares words with",
}
OF_FACT = {
    "uses": "used",
    "denies": "denied",
    "claims": "claimed by the other",
    "words": "shares words",
}
_OF_GROUNDING = {"entail": "uses", "contradict": "denies", "partner": "claims"}
CALLS_SHOWN = 200  # of one conversation; a judge of sentence pairs is asked often
T = TypeVar("T")


@dataclass
class FactView:
    """A fact beside the conversation.

    Attributes:
        mark: Its name on the page, "f0-2": speaker 0, third fact.
        counts: How many turns use, deny, claim it, or share its words.
        fact: What the run knows of it (category, parents, provider), or None.
    """

    mark: str
    text: str
    counts: dict[str, int] = field(default_factory=dict)
    fact: Fact | None = None


@dataclass
class Side:
    """One speaker with the facts."""

    name: str
    person: str | None
    facts: list[FactView]


@dataclass
class Remark:
    """What a critic said of one turn."""

    scorer: str
    text: str
    note: str
    bad: bool


@dataclass
class TurnView:
    """One turn.

    Attributes:
        marks: (mark of the fact, relation, text of the fact), each fact and relation once.
        pieces: The text cut where a mark says which words show a fact: (text, relation or "").
    """

    index: int
    speaker: int
    text: str
    channels: dict[str, str]
    labels: list[str]
    pieces: list[tuple[str, str]]
    marks: list[tuple[str, str, str]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


@dataclass
class Rival:
    """Another conversation of the same pair."""

    id: str
    status: str
    round: int
    why: str
    line: str
    won: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    tied: list[str] = field(default_factory=list)


@dataclass
class Detail:
    """Everything that a page about one conversation shows.

    Attributes:
        marked_by: Where the marks come from: "run", "critics", "words" or "" (there are none).
        winner: Id of the keeper that a draft lost to, or None.
    """

    talk: Conversation
    status: str
    why: str
    sides: list[Side]
    turns: list[TurnView]
    verdicts: list[Verdict]
    comparisons: list[Comparison]
    preferences: list[Preference]
    drops: list[Drop]
    rivals: list[Rival]
    people: list[Persona]
    marked_by: str
    winner: str | None


def detail(source: Source, db: sqlite3.Connection, identity: str) -> Detail:
    """Gather it.

    Raises:
        UserError: If there is no such conversation.
    """
    talk = source.talk(db, identity)
    linked = _linked(source, db, talk.id)
    verdicts = _records(linked, "verdict", Verdict)
    verdicts += [v for v in _spare(db, talk.id) if v.id not in {known.id for known in verdicts}]
    people = _people(source, talk)
    known = {fact.id: fact for person in people for fact in person.facts}
    sides = [
        Side(
            name=speaker.name or f"User {who + 1}",
            person=person_of(speaker),
            facts=[
                FactView(f"f{who}-{place}", text, fact=known.get(_at(speaker.fact_ids, place)))
                for place, text in enumerate(speaker.persona)
            ],
        )
        for who, speaker in enumerate(talk.speakers)
    ]
    turns, marked_by = _turns(talk, verdicts, sides)
    status, why = _status(db, talk.id)
    rivals = _rivals(db, talk, _records(linked, "comparison", Comparison))
    winner = next((r.id for r in rivals if r.status == KEPT), None) if status != KEPT else None
    return Detail(
        talk=talk,
        status=status,
        why=why,
        sides=sides,
        turns=turns,
        verdicts=verdicts,
        comparisons=_records(linked, "comparison", Comparison),
        preferences=_records(linked, "preference", Preference),
        drops=_records(linked, "drop", Drop),
        rivals=rivals,
        people=people,
        marked_by=marked_by,
        winner=winner,
    )


def critics_calls(d: Detail) -> list[str]:
    """Keys of the calls that the verdicts and comparisons rest on, each once."""
    said = [one.calls for one in d.verdicts] + [one.calls for one in d.comparisons]
    return list(dict.fromkeys(key for keys in said for key in keys))


def calls(source: Source, keys: Iterable[str]) -> list[dict[str, Any]]:
    """The exact prompts and replies: each call with its messages, input and reply as texts."""
    found = []
    for call in source.journal.calls_for(itertools.islice(keys, CALLS_SHOWN)):
        request, reply = _json(call["request"]), _json(call["reply"])
        text = reply.get("text") if isinstance(reply, dict) else None
        found.append(
            {
                **call,
                "messages": request.get("messages", []) if isinstance(request, dict) else [],
                "inputs": _pretty(request.get("inputs")) if isinstance(request, dict) else "",
                "sampling": _pretty(request.get("sampling")) if isinstance(request, dict) else "",
                "seed": request.get("seed") if isinstance(request, dict) else None,
                "said": text if isinstance(text, str) else (call["reply"] or ""),
            }
        )
    return found


def _turns(
    talk: Conversation, verdicts: list[Verdict], sides: list[Side]
) -> tuple[list[TurnView], str]:
    place: dict[str, list[FactView]] = {}
    for speaker, side in zip(talk.speakers, sides, strict=True):
        for fact_id, fact in zip(speaker.fact_ids, side.facts, strict=False):
            place.setdefault(fact_id, []).append(fact)
    turns = [
        TurnView(
            index=i,
            speaker=turn.speaker,
            text=turn.text,
            channels=turn.channels,
            labels=[label for label in (turn.act, turn.emotion, turn.time) if label],
            pieces=_pieces(turn.text, turn.grounding),
        )
        for i, turn in enumerate(talk.turns)
    ]
    marked_by = ""
    for view, turn in zip(turns, talk.turns, strict=True):
        for ground in turn.grounding:
            marked_by = "run"
            relation = _OF_GROUNDING.get(ground.relation, "uses")
            for fact in place.get(ground.fact_id, ()):
                own = fact.mark.startswith(f"f{turn.speaker}-")
                if own != (relation == "claims") or len(place[ground.fact_id]) == 1:
                    _mark(view, fact, relation)
    for verdict in verdicts:
        for i, seen in enumerate(verdict.evidence):
            if seen.turn is None or not 0 <= seen.turn < len(turns):
                continue
            reason = _reason(verdict.reasons, i, seen.turn)
            bad = verdict.passed is False
            turns[seen.turn].remarks.append(Remark(verdict.scorer, reason, seen.note, bad))
            if not bad:
                continue
            touched = place.get(seen.fact_id or "", [])
            mine = [f for f in touched if f.mark.startswith(f"f{turns[seen.turn].speaker}-")]
            for fact in mine or touched:  # who is faulted for another's fact has claimed it
                marked_by = marked_by or "critics"
                _mark(turns[seen.turn], fact, "denies" if mine else "claims")
    if not marked_by and any(side.facts for side in sides):
        marked_by = "words"
        _by_words(turns, sides)
    return turns, marked_by


def _reason(reasons: tuple[str, ...], place: int, turn: int) -> str:
    """The reason that names the turn, "" where none does: a summary may stand before reasons, and
    reasons may speak of something else than the evidence.

    >>> _reason(("2 of 5 show", "turn 1 denies it", "turn 12 does"), 0, 12)
    'turn 12 does'
    """
    names = re.compile(rf"\bturn {turn}\b")
    beside = reasons[place] if place < len(reasons) else ""
    return next((one for one in (beside, *reasons) if names.search(one)), "")


def _mark(turn: TurnView, fact: FactView, relation: str) -> None:
    new = (fact.mark, relation, fact.text)
    if new not in turn.marks:
        turn.marks.append(new)
        fact.counts[relation] = fact.counts.get(relation, 0) + 1


def _by_words(turns: list[TurnView], sides: list[Side]) -> None:
    """Nobody judged these turns: show at least which facts share most of their words."""
    from dramaturg.scorers.shown import SHOWN, share_said  # lazily: it brings numpy along
    from dramaturg.scorers.words import shown_words

    for turn in turns:
        said = shown_words(turn.text[:20_000])
        for fact in sides[turn.speaker].facts:
            if (share_said(fact.text[:2_000], said) or 0.0) >= SHOWN:
                _mark(turn, fact, "words")


def _pieces(text: str, grounding: Iterable[Any]) -> list[tuple[str, str]]:
    spans = sorted(
        (g.start, g.end, _OF_GROUNDING.get(g.relation, "uses"))
        for g in grounding
        if g.start is not None and g.end is not None and 0 <= g.start < g.end <= len(text)
    )
    pieces, at = [], 0
    for start, end, relation in spans:
        if start < at:
            continue
        pieces += [(text[at:start], ""), (text[start:end], relation)]
        at = end
    return [piece for piece in [*pieces, (text[at:], "")] if piece[0]]


def _status(db: sqlite3.Connection, identity: str) -> tuple[str, str]:
    row = db.execute(
        "SELECT status, why FROM conv JOIN face USING (n) WHERE key = ?", (key_of(identity),)
    ).fetchone()
    return (str(row[0]), str(row[1])) if row else ("", "")


def _rivals(
    db: sqlite3.Connection, talk: Conversation, comparisons: list[Comparison]
) -> list[Rival]:
    found = {
        row["id"]: Rival(row["id"], row["status"], row["round"], row["why"], row["line"])
        for row in schema.rows(
            db,
            "SELECT id, status, round, why, line FROM conv JOIN face USING (n) "
            "WHERE scene = ? AND id <> ? ORDER BY round DESC, n LIMIT 60",
            (key_of(talk.scene_id or talk.id), talk.id),
        )
    }
    for one in comparisons:
        rival = found.get(one.second if one.first == talk.id else one.first)
        if rival is None:
            continue
        if one.winner == talk.id:
            rival.won.append(one.scorer)
        elif one.winner is None:
            rival.tied.append(one.scorer)
        else:
            rival.lost.append(one.scorer)
    return list(found.values())


def _people(source: Source, talk: Conversation) -> list[Persona]:
    if not source.is_run:
        return []
    ids = [s.persona_id for s in talk.speakers if s.persona_id]
    bodies = (source.journal.record("persona", one) for one in ids)
    return [from_json(body, Persona) for body in bodies if body]


def _linked(source: Source, db: sqlite3.Connection, identity: str) -> dict[str, list[str]]:
    if not source.is_run:
        return {}
    sql = "SELECT kind, id FROM link WHERE key = ? LIMIT 2000"
    found: dict[str, list[str]] = {}
    for kind, one in db.execute(sql, (key_of(identity),)):
        body = source.journal.record(kind, one)
        if body is not None:
            found.setdefault(kind, []).append(body)
    return found


def _spare(db: sqlite3.Connection, identity: str) -> list[Verdict]:
    """Verdicts of a file that was given beside the source."""
    rows = db.execute("SELECT body FROM spare WHERE key = ? LIMIT 200", (key_of(identity),))
    return [from_json(row[0], Verdict) for row in rows]


def _records(linked: dict[str, list[str]], kind: str, shape: type[T]) -> list[T]:
    return [from_json(body, shape) for body in linked.get(kind, ())]


def rival_pair(source: Source, db: sqlite3.Connection, one: str, other: str) -> list[Conversation]:
    """Two drafts of one pair.

    Raises:
        UserError: If one is missing, or they are of different pairs.
    """
    talks = [source.talk(db, one), source.talk(db, other)]
    if talks[0].scene_id != talks[1].scene_id:
        raise UserError("these two conversations are not of the same pair")
    return talks


def _at(values: tuple[str, ...], place: int) -> str:
    return values[place] if place < len(values) else ""


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) if value else ""
