"""What a conversation can carry beside its words: what a format holds, and what it loses."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from dramaturg.records import Conversation, Fact, Persona, Provenance

OUR_ID = re.compile(r"c-[0-9a-f]{16}")
_PLAIN_NAMES = {  # names that say only which side speaks, by speaker index
    0: {"", "User 1", "user", "User", "human", "Speaker 1", "usr"},
    1: {"", "User 2", "assistant", "System", "gpt", "Speaker 2", "bot"},
}


@dataclass(frozen=True)
class Aspect:
    """One thing that a format may have no place for.

    Attributes:
        words: How a line to the user names it.
        of: Its value in a conversation, in a form that two conversations can be compared by;
            falsy where the conversation has nothing of the kind.
    """

    words: str
    of: Callable[[Conversation], Any]


def plain_name(name: str, index: int) -> bool:
    """Whether a speaker's name says nothing but the place in the conversation."""
    return name in _PLAIN_NAMES.get(index, {"", f"User {index + 1}"})


@functools.lru_cache(maxsize=1 << 14)
def derived_ids(persona: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """The person's id and the facts' ids that follow from the sentences alone."""
    facts = tuple(Fact(text=text) for text in persona)
    return (Persona(facts=facts).id if facts else None), tuple(fact.id for fact in facts)


def outer_id(conversation: Conversation) -> str:
    """The id that files carry: the one it came with, else its own."""
    given = conversation.provenance.extra.get("id")
    return given if isinstance(given, str) else conversation.id


def _names(c: Conversation) -> Any:
    names = tuple("" if plain_name(s.name, i) else s.name for i, s in enumerate(c.speakers))
    return names if any(names) else ()


def _personas(c: Conversation) -> Any:
    personas = tuple(s.persona for s in c.speakers)
    return personas if any(personas) else ()


def _person_ids(c: Conversation) -> Any:
    ids = tuple((s.persona_id, s.fact_ids) for s in c.speakers)
    told = tuple(i for i, s in zip(ids, c.speakers, strict=True) if i != derived_ids(s.persona))
    bare = all(id is None and not facts for id, facts in ids)
    return () if bare else told and ids


def _id(c: Conversation) -> str:
    if isinstance(c.provenance.extra.get("id"), str):
        return outer_id(c)
    made = c.provenance.recipe != "import"
    return c.id if made or c.id != msgspec.structs.replace(c, id="").id else ""


def _marks(c: Conversation) -> Any:
    marks = tuple((t.time or "", t.act or "", t.emotion or "") for t in c.turns)
    return marks if any(any(m) for m in marks) else ()


def _channels(c: Conversation) -> Any:
    return tuple(t.channels for t in c.turns) if any(t.channels for t in c.turns) else ()


def _grounding(c: Conversation) -> Any:
    return tuple(t.grounding for t in c.turns) if any(t.grounding for t in c.turns) else ()


def _provenance(c: Conversation) -> Any:
    extra = {k: v for k, v in c.provenance.extra.items() if k not in _OF_THEIR_OWN}
    rest = msgspec.structs.replace(c.provenance, extra=extra)
    return () if rest == _NO_PROVENANCE else rest


_OF_THEIR_OWN = {"id", "candidates", "layout", "ratings", "model", "knowledge", "preference"}
_NO_PROVENANCE = Provenance()

ASPECTS = {
    "names": Aspect("speakers' names", _names),
    "personas": Aspect("personas", _personas),
    "person ids": Aspect("ids of persons and facts", _person_ids),
    "id": Aspect("conversation ids", _id),
    "split": Aspect("splits", lambda c: c.split),
    "system": Aspect("system prompts", lambda c: c.scene.get("system") or ""),
    "scene": Aspect("scenes", lambda c: {k: v for k, v in c.scene.items() if k != "system"}),
    "scores": Aspect("scores", lambda c: c.scores),
    "sessions": Aspect("which session follows which", lambda c: c.previous or ""),
    "channels": Aspect("channels beside speech", _channels),
    "marks": Aspect("time, act and emotion of turns", _marks),
    "grounding": Aspect("grounding of turns", _grounding),
    "candidates": Aspect("candidate replies", lambda c: c.provenance.extra.get("candidates") or ()),
    "layout": Aspect("the layout of the text", lambda c: c.provenance.extra.get("layout") or ""),
    "ratings": Aspect("ratings by person", lambda c: c.provenance.extra.get("ratings") or ()),
    "model": Aspect("the model that was rated", lambda c: c.provenance.extra.get("model") or ""),
    "knowledge": Aspect("the knowledge given", lambda c: c.provenance.extra.get("knowledge") or ""),
    "preference": Aspect("preferences", lambda c: c.provenance.extra.get("preference") or ()),
    "provenance": Aspect("provenance", _provenance),
}
EVERYTHING = frozenset(ASPECTS)
