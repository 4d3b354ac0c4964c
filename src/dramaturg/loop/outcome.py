"""What one pair came to in one round, as a value that can be written down and read back."""

from __future__ import annotations

import msgspec

from dramaturg import records
from dramaturg.records import Conversation, Drop, from_json, to_json
from dramaturg.scorers import FAILED_CALL
from dramaturg.store.parts import Kept


class Outcome(msgspec.Struct):
    """One pair in one round.

    Attributes:
        records: All that was noted for it, in order.
        asked, saved, unwritten: Verdicts, and drafts that were not needed; see `Chosen`.
    """

    kept: Conversation | None
    drafts: list[Conversation] = []
    records: list[msgspec.Struct] = []
    asked: int = 0
    saved: int = 0
    unwritten: int = 0

    @property
    def unanswered(self) -> bool:
        """Whether a call got no reply: the next session asks for it, so this is not the end."""
        return any(isinstance(r, Drop) and r.reason.startswith(FAILED_CALL) for r in self.records)

    def told(self, index: int) -> Kept:
        """What other parts of the run must know of it."""
        return Kept(index, None if self.kept is None else msgspec.Raw(to_json(self.kept).encode()))


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    kept: Conversation | None
    drafts: list[Conversation]
    records: list[tuple[str, msgspec.Raw]]
    asked: int
    saved: int
    unwritten: int


def pack(outcome: Outcome) -> bytes:
    """One line of JSON."""
    return msgspec.json.encode(
        _Packed(
            outcome.kept,
            outcome.drafts,
            [(type(r).__name__, msgspec.Raw(msgspec.json.encode(r))) for r in outcome.records],
            outcome.asked,
            outcome.saved,
            outcome.unwritten,
        )
    )


def unpack(packed: bytes) -> Outcome:
    """What `pack` wrote. Raises RecordError if it is not that."""
    found = from_json(packed, _Packed)
    noted = [from_json(bytes(body), getattr(records, name)) for name, body in found.records]
    return Outcome(found.kept, found.drafts, noted, found.asked, found.saved, found.unwritten)
