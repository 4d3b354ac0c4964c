"""Everyone of a source, as pairing needs them: words, vectors, categories, split."""

from __future__ import annotations

import itertools
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dramaturg.crowd.alike import alike, bags_for
from dramaturg.crowd.bags import mixed
from dramaturg.crowd.cluster import default_count, firsts, labels_of, named
from dramaturg.crowd.made import Made, Target
from dramaturg.crowd.rows import Row, categories_of, read
from dramaturg.crowd.texts import Texts
from dramaturg.crowd.vectors import Embed, Vectors, batches, unit
from dramaturg.errors import UserError
from dramaturg.records import derive_seed

MOST_CATEGORIES = 8  # of a person that count, the first ones
SAME = 0.9  # share of words from which two people never stand in different splits


class Everyone:
    """Everyone of a source; texts, words and vectors lie in temporary files.

    Attributes:
        lines: Of each in the source.
        categories: Of each, by number; `names` has them.
        splits: Of each, by number; `split_names` has them.
        group: Equal for two who say nearly the same, directly or over others.
        elsewhere: Those who say what somebody in another split says.
    """

    def __init__(self) -> None:
        self.bags = bags_for(SAME)
        self.texts = Texts()
        self.vectors = Vectors()
        self.lines = array("Q")
        self.categories: list[tuple[int, ...]] = []
        self.names: dict[str, int] = {}
        self.splits: list[int] = []
        self.split_names: dict[str, int] = {}
        self.group: Any = None
        self.elsewhere: set[int] = set()

    def __len__(self) -> int:
        return len(self.texts)

    def common(self, one: int, two: int) -> list[int]:
        """The categories that both have."""
        theirs = set(self.categories[two])
        return [category for category in self.categories[one] if category in theirs]

    def close(self) -> None:
        """Take away the files."""
        for held in (self.bags, self.texts, self.vectors):
            held.close()

    def read(self, source: str | Path, to: Target, embed: Embed) -> None:
        """Take everyone in."""

        def rows() -> Iterator[Row]:
            for row in read(source):
                if isinstance(row, Row):
                    yield row
                else:
                    to.bad(row)

        kept: dict[tuple[int, ...], tuple[int, ...]] = {}
        for batch in batches(rows()):
            texts = [row.text for row in batch]
            self.vectors.add(unit(embed(texts), len(texts)))
            self.bags.extend(texts)
            for row in batch:
                self.lines.append(row.line)
                self.texts.add(row.facts)
                told = categories_of(row)[:MOST_CATEGORIES]
                own = tuple(self.names.setdefault(name, len(self.names)) for name in told)
                self.categories.append(kept.setdefault(own, own))
                split = str(row.fields.get("split") or "")
                self.splits.append(self.split_names.setdefault(split, len(self.split_names)))
        self.vectors.ready()
        self.bags.ready()

    def categorise(self, share: int, seed: int, made: Made) -> None:
        """Find categories where no row has one; one a person then."""
        if self.names or not share or not len(self):
            return
        if share > 1:
            raise UserError(
                f"people cannot share {share} categories that they do not have",
                fix="run `dramaturg personas cluster` first, on people of several facts",
            )
        label = labels_of(self.vectors, default_count(len(self)), seed)
        some = firsts(label)
        texts = ("\n".join(self.texts[n]) for n in some.nonzero()[0].tolist())
        names = named(texts, label[some], int(label.max()) + 1)
        self.names = {name: n for n, name in enumerate(names)}
        single = [(n,) for n in range(len(names))]
        self.categories = [single[n] for n in label.tolist()]
        made.notes.append(f"no row has a category: {len(set(label.tolist())):,} were found")

    def divide(self, splits: Mapping[str, float] | None, seed: int) -> None:
        """Give everyone a split; those alike in words have the same."""
        found = alike(self.bags, SAME)
        group = np.arange(len(self), dtype=np.int64)
        for earlier, later in zip(found.earlier.tolist(), found.later.tolist(), strict=True):
            one, two = _root(group, earlier), _root(group, later)
            group[max(one, two)] = min(one, two)
        for n in range(len(group)):  # parents stand before their children
            group[n] = group[group[n]]
        self.group = group
        if splits is None:
            return
        self.split_names = {name: n for n, name in enumerate(splits)}
        ends = np.cumsum(np.array(list(splits.values()), dtype=np.float64))
        ends /= ends[-1]
        least = np.full(len(self), np.iinfo(np.uint64).max, dtype=np.uint64)
        np.minimum.at(least, group, self.bags.same)
        drawn = mixed(least[group] ^ np.uint64(derive_seed(seed, "split"))) >> np.uint64(11)
        self.splits = np.searchsorted(ends, drawn / 2.0**53, side="right").tolist()

    def meetings(self, share: int) -> Iterator[Sequence[int]]:
        """People who may meet: of one split, and with the same categories; the rarest first."""
        first: dict[int, int] = {}
        meets: dict[tuple[int, ...], array[int]] = defaultdict(lambda: array("L"))
        for n, own in enumerate(self.categories):
            split = self.splits[n]
            if first.setdefault(int(self.group[n]), split) != split:
                self.elsewhere.add(n)
                continue
            for chosen in itertools.combinations(sorted(set(own)), share):
                meets[(split, *chosen)].append(n)
        for key in sorted(meets, key=lambda k: (len(meets[k]), k)):
            if len(meets[key]) > 1:
                yield meets[key]


def _root(group: Any, n: int) -> int:
    while group[n] != n:
        group[n] = group[group[n]]
        n = int(group[n])
    return n
