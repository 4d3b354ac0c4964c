"""Records are told in the order of the items, and one that hangs holds back only so many."""

from __future__ import annotations

import msgspec

from dramaturg.loop.ordered import InOrder
from dramaturg.records import Drop
from dramaturg.store import notes


class Ear:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def note(self, record: msgspec.Struct) -> None:
        assert isinstance(record, Drop)
        self.heard.append(record.subject)

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        return None


def told(order: list[int], most_waiting: int) -> list[str]:
    ear = Ear()
    with notes.listening(ear):
        line = InOrder(most_waiting)
        for index in order:
            line.done(index, [Drop(kind="draft", reason="r", subject=str(index))])
        line.close()
    return ear.heard


def test_an_item_waits_for_those_before_it() -> None:
    assert told([2, 0, 1, 3], 10) == ["0", "1", "2", "3"]


def test_behind_one_that_hangs_only_so_many_wait_and_none_is_lost() -> None:
    assert told([1, 2, 3, 4, 0, 5], 2) == ["1", "2", "3", "4", "0", "5"]


def test_what_waits_behind_items_that_never_come_is_told_at_the_end() -> None:
    assert told([3, 1], 10) == ["1", "3"]
