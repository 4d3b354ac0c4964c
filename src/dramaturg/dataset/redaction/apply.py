"""`redact`: a dataset without personal data, with the same ids for the same people throughout."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.origin import Origin
from dramaturg.dataset.produce import Produced, produce
from dramaturg.dataset.redaction.redactor import KINDS, Finder, Redactor, all_text, moved
from dramaturg.records import (
    Conversation,
    Drop,
    Fact,
    Grounding,
    Persona,
    Preference,
    Speaker,
    Triple,
    Turn,
)


def redact(
    source: str | Path,
    out: str | Path,
    kinds: Sequence[str] = KINDS,
    *,
    surrogates: bool = False,
    more: Finder | None = None,
    **options: Any,
) -> Produced:
    """Replace names, addresses and numbers of people in turns, personas, scenes and preferences.

    What is replaced is counted, and written nowhere. Ids are hashes of content, and so those of
    changed conversations, people and facts are made anew, also where a session names the one
    before it. Ids of calls are left out: they lead to the text as it was. Of rows that cannot be
    read only the place and the kind of fault are told.

    Args:
        kinds: Which kinds to replace.
        surrogates: Invented values in place of "[NAME_1]".
        more: A further finder, e.g. `presidio_finder()`.

    Raises:
        UserError: If the source cannot be read, or a kind is unknown.
    """
    origin, work = Origin(source), Redacted(Redactor(kinds, surrogates, more))
    made = Produced(out=Path(out), step="redact")
    people = list(map(work.person, origin.people()))
    touched = 0
    new_ids: dict[str, str] = {}

    def rows() -> Iterator[Conversation | Drop]:
        nonlocal touched
        chained = any(row.previous for row in origin.conversations())
        if chained:  # a session may stand before the one that it follows
            counts, examples = work.redactor.counts.copy(), [*work.redactor.examples]
            new_ids.update((row.id, work.conversation(row).id) for row in origin.conversations())
            work.redactor.counts, work.redactor.examples = counts, examples
        for row in origin.conversations():
            before = work.redactor.counts.total()
            changed = work.conversation(row)
            touched += work.redactor.counts.total() > before
            new_ids[row.id] = changed.id
            if changed.previous:
                previous = new_ids.get(changed.previous, changed.previous)
                changed = msgspec.structs.replace(changed, previous=previous)
            yield changed
        made.figures.update(figures(work.redactor, touched))

    def preferences() -> Iterator[tuple[Preference, dict[str, Conversation]]]:
        for liked, named in origin.preferences():
            known = {old: work.conversation(talk) for old, talk in named.items()}
            ids = {side: _new_id(getattr(liked, side), known, new_ids) for side in _SIDES}
            changed = msgspec.structs.replace(liked, **ids, reason=work.text(liked.reason), id="")
            yield changed, {talk.id: talk for talk in known.values()}

    told: dict[str, Any] = {"kinds": list(kinds), "surrogates": surrogates}
    if more is not None:
        told["more"] = getattr(more, "name", "a further finder")
    return produce(
        out, "redact", told, [origin], rows(),
        people=people or None, preferences=preferences(), made=made, unread=work.drop, **options,
    )  # fmt: skip


def preview(
    source: str | Path, kinds: Sequence[str] = KINDS, *, more: Finder | None = None
) -> list[str]:
    """The first 50 pieces that would be replaced, with the words around, and how many in all."""
    work = Redacted(Redactor(kinds, more=more))
    for row in Origin(source).conversations():
        work.conversation(row)
    counts = ", ".join(f"{kind} {n:,}" for kind, n in work.redactor.counts.most_common())
    return [*work.redactor.examples, f"in all: {counts or 'nothing'}"]


def figures(redactor: Redactor, touched: int) -> dict[str, Any]:
    """What was replaced, in numbers."""
    return {
        "replaced": dict(sorted(redactor.counts.items())),
        "different_values": dict(sorted(redactor.different.items())),
        "conversations_changed": touched,
    }


class Redacted:
    """Records without personal data; the same record gives the same record."""

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor
        self._people: dict[str, Persona] = {}
        self._facts: dict[str, Fact] = {}

    def text(self, text: str) -> str:
        """One text on its own."""
        return self.redactor.together([text])[0][0]

    def person(self, person: Persona) -> Persona:
        """A person, with a new id if anything of them changed."""
        known = self._people.get(person.id)
        if known is not None:
            return known
        told = [person.name, *(fact.text for fact in person.facts)]
        told += all_text([fact.triple.object for fact in person.facts if fact.triple])
        told += all_text(person.views)
        new = {old: text for old, (text, _) in zip(told, self.redactor.together(told), strict=True)}
        facts = tuple(self._fact(fact, new) for fact in person.facts)
        changed = msgspec.structs.replace(
            person, name=new[person.name], facts=facts, views=_with(person.views, new),
        )  # fmt: skip
        if changed != person:
            changed = msgspec.structs.replace(changed, id="")
        self._people[person.id] = changed
        return changed

    def conversation(self, made: Conversation) -> Conversation:
        """A conversation; turns, facts, scene and notes of its making are searched as one text."""
        said = [turn.text for turn in made.turns]
        rest = [speaker.name for speaker in made.speakers]
        rest += [fact for speaker in made.speakers for fact in speaker.persona]
        rest += all_text([turn.channels for turn in made.turns])
        rest += all_text([made.scene, made.provenance.extra])
        done = self.redactor.together([*said, *rest])
        new = {old: text for old, (text, _) in zip(rest, done[len(said) :], strict=True)}
        turns = tuple(
            self._turn(turn, text, replaced, new)
            for turn, (text, replaced) in zip(made.turns, done, strict=False)
        )
        speakers = tuple(self._speaker(speaker, new) for speaker in made.speakers)
        extra = _with(made.provenance.extra, new)
        scene = _with(made.scene, new)
        if (turns, speakers, extra, scene) == (
            made.turns, made.speakers, made.provenance.extra, made.scene,
        ):  # fmt: skip
            return made
        provenance = msgspec.structs.replace(made.provenance, extra=extra, calls=())
        return msgspec.structs.replace(
            made, turns=turns, speakers=speakers, scene=scene, provenance=provenance, id=""
        )

    def drop(self, drop: Drop) -> Drop:
        """Why a row could not be read, up to what is quoted of it: half a name is not found."""
        reason = self.text(_QUOTED.split(drop.reason, maxsplit=1)[0].rstrip())
        return Drop(kind=drop.kind, reason=reason, round=drop.round)

    def _fact(self, fact: Fact, new: dict[str, str]) -> Fact:
        triple = fact.triple
        if triple is not None:
            triple = Triple(subject=triple.subject, relation=triple.relation,
                            object=new[triple.object])  # fmt: skip
        changed = msgspec.structs.replace(fact, text=new[fact.text], triple=triple)
        if changed != fact:
            changed = msgspec.structs.replace(changed, id="", evidence=())
        self._facts[fact.id] = changed
        return changed

    def _speaker(self, speaker: Speaker, new: dict[str, str]) -> Speaker:
        persona = tuple(new[fact] for fact in speaker.persona)
        known = self._people.get(speaker.persona_id or "")
        if known is not None:
            facts = tuple(self._facts[id].id if id in self._facts else id
                          for id in speaker.fact_ids)  # fmt: skip
            return msgspec.structs.replace(
                speaker, name=new[speaker.name], persona=known.sentences
                if len(known.facts) == len(persona) else persona,
                persona_id=known.id, fact_ids=facts,
            )  # fmt: skip
        if persona == speaker.persona:
            return msgspec.structs.replace(speaker, name=new[speaker.name])
        facts_now = tuple(Fact(text=text) for text in persona)
        for old, fact in zip(speaker.fact_ids, facts_now, strict=False):
            self._facts.setdefault(old, fact)
        id = Persona(facts=facts_now).id if speaker.persona_id is not None else None
        return msgspec.structs.replace(
            speaker, name=new[speaker.name], persona=persona, persona_id=id,
            fact_ids=tuple(f.id for f in facts_now) if speaker.fact_ids else (),
        )  # fmt: skip

    def _turn(self, turn: Turn, text: str, replaced: Sequence[Any], new: dict[str, str]) -> Turn:
        grounding = tuple(
            Grounding(
                fact_id=self._facts[g.fact_id].id if g.fact_id in self._facts else g.fact_id,
                relation=g.relation,
                start=None if g.start is None else moved(g.start, replaced),
                end=None if g.end is None else moved(g.end, replaced, end=True),
            )
            for g in turn.grounding
        )
        channels = {name: new[said] for name, said in turn.channels.items()}
        return msgspec.structs.replace(turn, text=text, grounding=grounding, channels=channels)


_SIDES = ("chosen", "rejected")
_QUOTED = re.compile(r"['\"`\[{(]")


def _new_id(old: str, known: dict[str, Conversation], ids: dict[str, str]) -> str:
    return known[old].id if old in known else ids.get(old, old)


def _with(value: Any, new: dict[str, str]) -> Any:
    """JSON values with every text replaced by its new one."""
    if isinstance(value, str):
        return new.get(value, value)
    if isinstance(value, dict):
        return {key: _with(item, new) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with(item, new) for item in value]
    return value
