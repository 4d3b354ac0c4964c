"""Who can be paired at all."""

from __future__ import annotations

from collections.abc import Sequence

from dramaturg.errors import UserError
from dramaturg.records import Drop, Persona
from dramaturg.store import notes


def different(people: Sequence[Persona]) -> list[Persona]:
    """Each person once, in order of first appearance; a repeat is noted."""
    first: dict[str, Persona] = {}
    for person in people:
        if person.id in first:
            reason = "duplicate: this person is there already"
            notes.note(Drop(kind="persona", reason=reason, subject=person.id))
        first.setdefault(person.id, person)
    return list(first.values())


def at_least_two(people: Sequence[Persona], count: int, partners: int | None) -> None:
    """Raises UserError if no pair can be made, or a number is out of range."""
    if count < 1 or (partners is not None and partners < 1):
        raise UserError(f"count={count} and partners={partners} must each be 1 or more")
    if len(people) < 2:
        noun = "person" if len(people) == 1 else "people"
        raise UserError(f"{len(people)} {noun} cannot be paired", fix="give at least two people")
