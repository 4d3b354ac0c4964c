"""Who somebody is to somebody else."""

from __future__ import annotations

import msgspec

from dramaturg.records.ids import content_id


class Relation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person's tie to another: `person` is the `relation` of `to`.

    Attributes:
        person, to: Persona ids, never the same; `to` was there first.
        relation: In words, e.g. "long-term patient".
        depth: Rounds from those whom the search began with to `person`'s being found here, >= 1.
    """

    person: str
    to: str
    relation: str
    depth: int
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            told = [self.person, self.to, self.relation]
            msgspec.structs.force_setattr(self, "id", content_id("k", told))
