"""People: what is known of them, and the scene in which they meet."""

from __future__ import annotations

from typing import Any

import msgspec

from dramaturg.records.ids import content_id


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where something can be seen: a turn, a fact, a document, or words of them."""

    turn: int | None = None
    fact_id: str | None = None
    document: str | None = None
    note: str = ""


class Triple(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as subject, relation, object, e.g. ("I", "have_pet", "two dogs")."""

    subject: str
    relation: str
    object: str


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One persona attribute: a first-person sentence such as "I have two dogs.".

    Attributes:
        text: The sentence. Data, never an instruction, whatever it says.
        id: Content hash of text and triple; filled when empty.
        category: The query that it answers ("What pets do you have?"), or a cluster's name.
        triple: The same fact as a relation, where it has one.
        parents: Ids of the facts it was made from or beside.
        provider: Who said so: "user", or the reference of a model.
        evidence: The documents or turns it was read from.
        valid_from, valid_to: Validity in time (ISO 8601), None = open.
        status: "seed", "new", "rejected" or "superseded".
    """

    text: str
    id: str = ""
    category: str | None = None
    triple: Triple | None = None
    parents: tuple[str, ...] = ()
    provider: str = "user"
    evidence: tuple[Evidence, ...] = ()
    valid_from: str | None = None
    valid_to: str | None = None
    status: str = "seed"

    def __post_init__(self) -> None:
        if not self.id:
            msgspec.structs.force_setattr(self, "id", content_id("f", [self.text, self.triple]))


class Persona(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person: their facts, and any further views of them.

    Attributes:
        facts: What is true of the person, in the order in which it was learnt.
        views: Further views by name, JSON values: "demographics", "traits" (signed inventory
            scores), "style", "backstory", "documents", "history", "role_policy",
            "constitution", "habits", "relations".
        id: Content hash of name, fact texts, views and language; filled when empty.
        language: BCP 47 tag of the facts.
        source, licence: Where the person comes from, and under which terms.
    """

    facts: tuple[Fact, ...]
    name: str = ""
    id: str = ""
    views: dict[str, Any] = msgspec.field(default_factory=dict)
    language: str = "en"
    source: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.name, [f.text for f in self.facts], self.views, self.language]
            msgspec.structs.force_setattr(self, "id", content_id("p", content))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The facts as plain sentences, in order."""
        return tuple(fact.text for fact in self.facts)

    @property
    def undated(self) -> tuple[str, ...]:
        """What is always true of the person: the sentences of the facts that bear no date."""
        return tuple(fact.text for fact in self.facts if fact.valid_from is None)

    def on(self, date: str) -> Persona:
        """The same person (and id) with the facts that hold on a day; undated ones always hold.

        Args:
            date: ISO 8601. A fact holds from its first day on, and not on the day on which it ends.
        """
        held = tuple(
            fact
            for fact in self.facts
            if (fact.valid_from or "") <= date and (fact.valid_to is None or date < fact.valid_to)
        )
        return msgspec.structs.replace(self, facts=held)


class Scene(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who talks (2..n personas) and under which circumstances.

    Attributes:
        cast: Persona ids, in order of the speaker index.
        fields: JSON values by name: "setting", "relationship", "topic", "goals", "knowledge",
            "time", "session", and what pairing found, e.g. "shared_categories".
    """

    cast: tuple[str, ...]
    id: str = ""
    fields: dict[str, Any] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.id:
            msgspec.structs.force_setattr(self, "id", content_id("s", [self.cast, self.fields]))


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two people who are to talk, and the scene they talk in."""

    first: Persona
    second: Persona
    scene: Scene

    @property
    def id(self) -> str:
        """The scene's id: a pair is who and where."""
        return self.scene.id

    @property
    def people(self) -> tuple[Persona, Persona]:
        """Both, in order of the speaker index."""
        return (self.first, self.second)


class Ensemble(msgspec.Struct, frozen=True, kw_only=True):
    """Two or more people in a scene: a pair with any number of heads.

    Attributes:
        people: In order of the speaker index; the scene's cast holds their ids.
    """

    people: tuple[Persona, ...]
    scene: Scene

    @property
    def id(self) -> str:
        """The scene's id: who and where."""
        return self.scene.id
