"""Find people through people: who stands close to this one?

Source: Ge et al. 2024, arXiv:2406.20094, "Persona-to-Persona", six rounds.
Differs: the relations are kept as a graph, and a description that is there already becomes a tie
to that person and not a second one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.persona.described import wrong_with
from dramaturg.persona.from_text import described_person
from dramaturg.persona.replies import normalised
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Drop, Persona, Relation, derive_seed
from dramaturg.store import notes


class RelatedTo(msgspec.Struct, frozen=True, kw_only=True):
    """A person of whom `count` people close to them are wanted."""

    person: str
    count: int = 1


Close = tuple[str, str]
"""(relation, description) of somebody close."""


_SCHEMA = {
    "type": "object",
    "properties": {
        "people": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"relation": {"type": "string"}, "person": {"type": "string"}},
                "required": ["relation", "person"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["people"],
    "additionalProperties": False,
}


@functools.cache
def related_task() -> Task[RelatedTo, tuple[Close, ...]]:
    """ "persona.related": people close to a person, each with the relation."""
    return Task(
        name="persona.related",
        prompt=load("dramaturg.persona", "related"),
        fill=lambda given: {"person": quote(given.person), "count": str(given.count)},
        parse=lambda reply, given: read_related(reply, given.count),
        sampling=Sampling(max_tokens=600),
        schema=_SCHEMA,
    )


def read_related(reply: str, count: int) -> tuple[Close, ...]:
    """The first `count` people of a reply, in order; entries that describe nobody are passed over.

    Raises:
        ReplyError: "malformed JSON", or "no person" where no entry describes one.
    """
    value, _ = read_json(reply)
    if isinstance(value, dict):
        value = value.get("people", [value])
    found: list[Close] = []
    for entry in value if isinstance(value, list) else []:
        told = entry if isinstance(entry, dict) else {}
        relation, person = told.get("relation"), told.get("person")
        if isinstance(relation, str) and isinstance(person, str):
            relation, person = quote(relation), " ".join(person.split())
            if relation and not wrong_with(person):
                found.append((relation, person))
    if not found:
        raise ReplyError("the reply describes nobody close to this person", kind="no person")
    return tuple(found[:count])


async def related(
    person: Persona, writer: ChatModel, *, count: int = 1, seed: int
) -> tuple[Close, ...]:
    """People close to a person, at most `count`, each with the relation.

    Raises:
        ReplyError: If no reply names one.
    """
    answer = await ask(
        writer,
        related_task(),
        RelatedTo(person=" ".join(person.sentences), count=count),
        seed=derive_seed(seed, "related", person.id),
        about=person.id,
    )
    return answer.value


class Circle:
    """People and their ties, grown round by round from those it begins with.

    Attributes:
        people: All of them, in the order in which they were found.
        relations: The ties, in the same order; nobody has one to themselves.
        newest: Those of the last round: whom the next one asks for.
        depth: Rounds so far.
        counts: "begun", "round 1", ...: how many people each brought.
        again: How many descriptions were there already, to the word: of those it begins with each
            is a Drop, of those found later a tie to who is there.
    """

    def __init__(self, people: Sequence[Persona]) -> None:
        first: dict[str, Persona] = {}
        for person in people:
            if first.setdefault(person.id, person) is not person:
                told = " ".join(person.sentences)
                reason = f"same words: 1.000 to {told!r}"
                notes.note(Drop(kind="persona", reason=reason, subject=told))
        self.people = list(first.values())
        self.again = len(people) - len(first)
        self.newest = list(self.people)
        self.relations: list[Relation] = []
        self.depth = 0
        self.counts = {"begun": len(self.people)}
        self._known = {_words(person): person for person in self.people}
        self._tied: set[tuple[str, str]] = set()

    def grow(self, found: Iterable[tuple[Persona, Sequence[Close]]], writer: ChatModel) -> None:
        """One round: take in those who stand close to the people of the last one.

        A description of the person themselves is a Drop; one of somebody who is there already
        becomes a tie to them.
        """
        self.depth += 1
        newest: list[Persona] = []
        for parent, close in found:
            for relation, text in close:
                person = described_person(text, writer, parents=_facts(parent))
                known = self._known.setdefault(_words(person), person)
                self.again += known is not person
                if known.id == parent.id:
                    reason = f"self: {relation!r} is the person again"
                    notes.note(Drop(kind="relation", reason=reason, subject=text))
                    continue
                if known is person:
                    newest.append(person)
                self._tie(known, parent, relation)
        self.people += newest
        self.newest = newest
        self.counts[f"round {self.depth}"] = len(newest)

    def without(self, twins: Mapping[str, str]) -> list[Relation]:
        """The ties after some people went, each with another who stands for them."""
        found: dict[tuple[str, str], Relation] = {}
        for tie in self.relations:
            person, to = twins.get(tie.person, tie.person), twins.get(tie.to, tie.to)
            if person != to and (to, person) not in found:
                found.setdefault((person, to), msgspec.structs.replace(
                    tie, person=person, to=to, id=""
                ))  # fmt: skip
        return list(found.values())

    def _tie(self, person: Persona, to: Persona, relation: str) -> None:
        if (person.id, to.id) not in self._tied and (to.id, person.id) not in self._tied:
            self._tied.add((person.id, to.id))
            self.relations.append(
                Relation(person=person.id, to=to.id, relation=relation, depth=self.depth)
            )


def seeds_wanted(people: int, rounds: int, each: int) -> int:
    """How many to begin with so that about `people` are there after so many rounds, >= 1."""
    grown = sum(int(each**depth) for depth in range(rounds + 1))
    return max(1, -(-people // grown))


def _facts(person: Persona) -> tuple[str, ...]:
    return tuple(fact.id for fact in person.facts)


def _words(person: Persona) -> str:
    return normalised(" ".join(person.sentences))
