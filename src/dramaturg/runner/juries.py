"""Several judges of one scorer: what the majority says, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from dramaturg.evaluate import agreement
from dramaturg.records import Verdict
from dramaturg.runner.tally import Tally

KEPT = 10_000  # conversations whose ratings are kept: agreement is counted over the first


class Jury:
    """The judges of one scorer over the conversations of a critique."""

    def __init__(self, seats: Sequence[Tally]) -> None:
        self.seats = list(seats)
        self._values: list[list[float | None]] = []
        self._passed: list[list[bool | None]] = []

    def add(self, verdicts: Sequence[tuple[Tally, Verdict]]) -> None:
        """Keep what each seat said of one conversation."""
        if len(self._values) >= KEPT:
            return
        said = {id(tally): verdict for tally, verdict in verdicts}
        mine = [said.get(id(seat)) for seat in self.seats]
        self._values.append([None if one is None else one.value for one in mine])
        self._passed.append([None if one is None else one.passed for one in mine])

    def row(self, seed: int) -> dict[str, Any]:
        """The jury's row of the report; only seats that count have a voice."""
        heard = [i for i, seat in enumerate(self.seats) if seat.counts]
        values = [[row[i] for i in heard] for row in self._values]
        passed = [[row[i] for i in heard] for row in self._passed]
        decides = any(vote is not None for row in passed for vote in row)
        yes = [(row.count(True), row.count(False)) for row in passed]
        scales = {(seat.scorer.low, seat.scorer.high) for seat in self.seats}
        return {
            "scorer": self.seats[0].scorer.name,
            "judges": [f"{seat.scorer.version} ({seat.model})" for seat in self.seats],
            "counted": [seat.counts for seat in self.seats],
            "n": len(values),
            "failed": sum(no > good for good, no in yes) if decides else None,
            "passed": sum(good > no for good, no in yes) if decides else None,
            "ties": sum(good == no and good > 0 for good, no in yes) if decides else None,
            "on_decisions": _figure(passed, seed) if decides else None,
            "kappa": _figure(passed, seed, measure="kappa") if decides else None,
            "on_values": _figure(values, seed, level="interval") if len(scales) == 1 else None,
        }


def juries(tallies: Sequence[Tally]) -> list[Jury]:
    """A jury for each scorer that several judge."""
    names = dict.fromkeys(tally.scorer.name for tally in tallies)
    seats = [[one for one in tallies if one.scorer.name == name] for name in names]
    return [Jury(some) for some in seats if len(some) > 1]


def _figure(table: Sequence[Sequence[Any]], seed: int, **how: Any) -> dict[str, Any]:
    whole = [row for row in table if how.get("measure") != "kappa" or None not in row]
    found: dict[str, Any] = msgspec.to_builtins(agreement(whole, seed=seed, **how))
    return found
