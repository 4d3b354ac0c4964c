"""A listener that keeps what is noted."""

from __future__ import annotations

from typing import TypeVar

import msgspec

R = TypeVar("R", bound=msgspec.Struct)


class Heard:
    """Records in the order in which they were noted."""

    def __init__(self) -> None:
        self.records: list[msgspec.Struct] = []

    def note(self, record: msgspec.Struct) -> None:
        self.records.append(record)

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        return None

    def of(self, kind: type[R]) -> list[R]:
        """Those of one type."""
        return [record for record in self.records if isinstance(record, kind)]
