"""A profile: what is known of a person as keys and values, where it was read, and since when."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from dramaturg.records.ids import content_id

Op: TypeAlias = Literal["add", "replace", "remove", "none"]


class Span(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Words of a document: `text` is the document's characters from `start` to `end`, verbatim."""

    start: int
    end: int
    text: str
    document: str = ""


class Attribute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One value of one key, e.g. ("occupation", "baker").

    Attributes:
        value: As it was read; two spellings of one value are compared by `same_value`.
        evidence: Where it stands, earliest first; empty where somebody gave it.
        valid_from, valid_to: ISO 8601 (a year, a month or a day); None = not known, or open.
        provider: Who said so: "user", or the reference of a model.
    """

    key: str
    value: str
    evidence: tuple[Span, ...] = ()
    valid_from: str | None = None
    valid_to: str | None = None
    provider: str = "user"


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a text did to a profile.

    Attributes:
        op: "add" a value, "replace" one, "remove" one, or "none": it said what was known.
        old, new: The value before and after; None where there is none.
        evidence: Where in the text it stands; None where the change was given.
        when: ISO 8601, the day of the text; None = not known.
    """

    op: Op
    key: str
    old: str | None = None
    new: str | None = None
    evidence: Span | None = None
    when: str | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person as keys and values.

    A key that holds several values (children, awards) has one attribute for each.

    Attributes:
        attributes: What holds now, in the order in which it was learnt.
        past: What held before and does no longer, in the order in which it ended.
        history: Every change, oldest first; a text that said nothing new leaves no trace here.
        aliases: Further names by which texts call the person.
        id: Content hash of name, keys and values; filled when empty.
    """

    name: str
    attributes: tuple[Attribute, ...] = ()
    past: tuple[Attribute, ...] = ()
    history: tuple[Change, ...] = ()
    aliases: tuple[str, ...] = ()
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            held = [[[a.key, a.value] for a in part] for part in (self.attributes, self.past)]
            msgspec.structs.force_setattr(self, "id", content_id("u", [self.name, *held]))

    def values(self, key: str) -> tuple[str, ...]:
        """The values that a key holds now, in order; the key as it is written in the profile."""
        return tuple(a.value for a in self.attributes if a.key == key)


class ProfileText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text about a person, the profile that was read out of it, and the true one.

    Attributes:
        found: As it was read.
        true: As it is; None where nobody knows it.
        source: Where the text comes from: a file and line, or the model that wrote it.
    """

    name: str
    text: str
    found: Profile
    true: Profile | None = None
    source: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.name, self.text, self.found.id]
            msgspec.structs.force_setattr(self, "id", content_id("x", content))


class ProfileUpdate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A profile, a text that came later, and the profile after it: as it is, and as it was read.

    Attributes:
        person: Id of whom it is about: two people may bear one name.
        step: Which text about this person it is, from 0.
        kind: What the text does: "add", "replace", "restate", "other" or "irrelevant".
        op, key, old, new: The one true change; op "none" where there is none.
        before, after: The true profile.
        found: The reader's profile after the text; it goes on from its own state.
        changes: What the reader said of the text.
        unread: Why the reader's reply could not be used, "" where it could.
    """

    name: str
    person: str
    step: int
    kind: str
    text: str
    when: str
    op: Op
    before: Profile
    after: Profile
    found: Profile
    key: str = ""
    old: str = ""
    new: str = ""
    changes: tuple[Change, ...] = ()
    unread: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.person, self.step, self.text, self.before.id, self.found.id]
            msgspec.structs.force_setattr(self, "id", content_id("w", content))
