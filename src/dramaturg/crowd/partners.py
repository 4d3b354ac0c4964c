"""Who takes whom: tables of people near one another, the best pairs first."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from dramaturg.crowd.everyone import Everyone
from dramaturg.crowd.vectors import centres, nearest
from dramaturg.records import derive_seed

Ints: TypeAlias = npt.NDArray[Any]
Prefer: TypeAlias = Literal["alike", "any", "different"]

_TABLE = 1_024  # people who are compared with one another at a time
_SPARE = 6  # candidates of each beyond the partners that are wanted
_TRIES = 4  # times that those without a partner look again, among others


@dataclass
class Partners:
    """Two who are to meet, by their places, and how many partners each may have had by then."""

    first: int
    second: int
    cosine: float
    round: int


class Pairs:
    """The pairs found so far, and who is still free."""

    def __init__(
        self, crowd: Everyone, prefer: Prefer, likeness: tuple[float, float], seed: int
    ) -> None:
        self.found: list[Partners] = []
        self._crowd, self._prefer = crowd, prefer
        self._low, self._high = likeness
        self._seed = seed
        self._partners = array("I", [0]) * len(crowd)
        self._met: set[int] = set()
        self._most = 1  # partners of one person, at this time

    def meet(self, members: Sequence[int], most: int) -> None:
        """Pair these people with one another, as far as they go, up to so many partners each."""
        self._most = most
        for attempt in range(_TRIES):
            left = [n for n in members if self._partners[n] < self._most]
            before = len(self.found)
            if len(left) < 2:
                return
            for table in self._tables(left, attempt):
                self._sit(table)
            if len(self.found) == before and attempt:
                return

    def _tables(self, people: list[int], attempt: int) -> Iterator[list[int]]:
        """People at tables of about a thousand: at first with those near them, then with any."""
        if len(people) <= _TABLE * 3 // 2:
            yield people
            return
        places = np.array(people)
        draw = np.random.default_rng(derive_seed(self._seed, attempt, len(people), people[0]))
        if attempt == 0 and self._prefer == "alike":
            places = places[self._in_order(places, draw)]
        else:
            draw.shuffle(places)
        count = -(-len(places) // _TABLE)
        for part in np.array_split(places, count):
            yield part.tolist()

    def _in_order(self, places: Ints, draw: Any) -> Ints:
        """An order in which near ones stand near one another."""
        vectors = self._crowd.vectors
        count = -(-len(places) // _TABLE)
        some = np.sort(draw.choice(len(places), size=min(len(places), 32 * count), replace=False))
        middle = centres(vectors.take(places[some]), count, int(draw.integers(1 << 31)))
        step = 1 << 16
        label = np.concatenate(
            [nearest(vectors.take(places[at : at + step]), middle)[0]
             for at in range(0, len(places), step)]
        )  # fmt: skip
        return np.argsort(label, kind="stable")

    def _sit(self, table: list[int]) -> None:
        """The best pairs of one table: of all that are possible the best first, and so on."""
        places = np.array(table, dtype=np.int64)
        rows = self._crowd.vectors.take(places)
        likeness = np.minimum(rows @ rows.T, 1.0)  # stored in 16 bits, a cosine may exceed 1
        group = self._crowd.group[places]
        bad = (likeness < self._low) | (likeness > self._high) | (group[:, None] == group)
        if self._prefer == "alike":
            wish = likeness.copy()
        elif self._prefer == "different":
            wish = -likeness
        else:
            draw = np.random.default_rng(derive_seed(self._seed, "any", len(table), table[0]))
            wish = draw.random(likeness.shape, dtype=np.float32)
            wish = np.maximum(wish, wish.T)
        wish[bad] = -np.inf
        most = min(len(table) - 1, self._most + _SPARE)
        best = np.argpartition(-wish, most - 1, axis=1)[:, :most] if most < len(table) - 1 \
            else np.argsort(-wish, axis=1)[:, :most]  # fmt: skip
        one = np.repeat(np.arange(len(table)), most)
        two = best.ravel()
        value = wish[one, two]
        good = np.isfinite(value)
        low, high = np.minimum(one, two)[good], np.maximum(one, two)[good]
        _, unique = np.unique(low * len(table) + high, return_index=True)
        low, high = low[unique], high[unique]
        order = np.lexsort((high, low, -wish[low, high]))
        low, high = low[order], high[order]
        cosine = likeness[low, high]
        for a, b, c in zip(
            places[low].tolist(), places[high].tolist(), cosine.tolist(), strict=True
        ):
            self._add(a, b, c)

    def _add(self, a: int, b: int, cosine: float) -> None:
        partners = self._partners
        if partners[a] >= self._most or partners[b] >= self._most:
            return
        key = min(a, b) * len(self._crowd) + max(a, b)
        if key in self._met:
            return
        self._met.add(key)
        partners[a] += 1
        partners[b] += 1
        first, second = (a, b) if a < b else (b, a)
        self.found.append(Partners(first, second, cosine, self._most))
