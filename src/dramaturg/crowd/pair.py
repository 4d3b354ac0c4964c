"""Who is to talk with whom, among very many: common ground, not the same, nobody too often."""

from __future__ import annotations

import itertools
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from dramaturg.crowd.made import Made, Target, target
from dramaturg.crowd.rows import Row, categories_of, read
from dramaturg.errors import UserError
from dramaturg.records import derive_seed

if TYPE_CHECKING:
    import numpy.typing as npt

    from dramaturg.crowd.bags import Bags
    from dramaturg.crowd.texts import Texts
    from dramaturg.crowd.vectors import Embed, Vectors

    Ints: TypeAlias = npt.NDArray[Any]

Prefer: TypeAlias = Literal["alike", "any", "different"]

_TABLE = 1_024  # people who are compared with one another at a time
_SPARE = 6  # candidates of each beyond the partners that are wanted
_TRIES = 4  # times that those without a partner look again, among others
_MOST_CATEGORIES = 8  # of a person that count, the first ones
_SAME = 0.9  # share of words from which two people never stand in different splits


def pair(
    source: str | Path,
    out: str | Path,
    n: int | None = None,
    *,
    share: int = 1,
    at_most: int = 1,
    prefer: Prefer = "alike",
    likeness: tuple[float, float] = (-1.0, 0.9),
    even: bool = False,
    splits: Mapping[str, float] | None = None,
    embed: str | Embed = "embedded",
    seed: int = 13,
    force: bool = False,
) -> Made:
    """Write pairs of people, `{"user_1": [...], "user_2": [...]}`, which `run --personas` reads.

    The categories are those of the rows (`category`, `categories`, or of each fact), or, if no row
    has any, found as `cluster` does. Texts and vectors lie in temporary files.

    Args:
        n: How many pairs; None = as many as can be made. Everyone meets somebody before anyone
            meets two.
        share: Categories that the two must have in common; 0 = none.
        at_most: Partners of one person. No two meet twice.
        prefer: Of those who may be taken the nearest in meaning, any, or the farthest.
        likeness: Lowest and highest cosine of the two; people who say the same in nearly the same
            words are no pair at all.
        even: Take as many pairs of each category as of the others, where there are enough.
        splits: Shares by name: pairs stay within a split, and people who share nine words of ten,
            directly or over others, are in the same. None = the rows' own `split`, where they have
            one; those who say what somebody in another split says are then left out.
        embed: Who turns texts into unit vectors: a reference, or a function.

    Returns:
        Its figures say what was checked of the pairs written: the most partners of one person,
        the fewest categories shared, near-duplicates over splits.

    Raises:
        UserError: If a setting is out of range, no pair can be made, or fewer than n.
    """
    from dramaturg.crowd.embedder import embedding

    _check(n, share, at_most, likeness, splits)
    with target(source, out, "pair", force, adds="a pair") as to, closing(_Crowd()) as crowd:
        with embedding(embed) as made_of:
            crowd.read(source, to, made_of)
        bad = to.made.dropped.total()
        crowd.categorise(share, seed, to.made)
        crowd.divide(splits, seed)
        pairs = _Pairs(crowd, prefer, likeness, seed)
        meetings = list(crowd.meetings(share))
        for most in range(1, at_most + 1):
            for members in meetings:
                pairs.meet(members, most)
        if not pairs.found or (n is not None and len(pairs.found) < n):
            raise UserError(
                f"{len(pairs.found):,} pairs can be made of {len(crowd):,} people"
                + (f", not {n:,}" if n is not None else ""),
                why=f"at most {at_most} a person, {share} categories shared, cosine "
                f"{likeness[0]:g} to {likeness[1]:g}, none who say nearly the same",
                fix="ask for fewer, allow more partners, or share fewer categories",
            )
        chosen = _chosen(pairs, crowd, n, even, seed)
        _write(to, crowd, chosen)
        to.made.figures = _checked(crowd, chosen)
        to.made.read = len(crowd) + bad
    return to.made


def _check(
    n: int | None, share: int, at_most: int, likeness: tuple[float, float],
    splits: Mapping[str, float] | None,
) -> None:  # fmt: skip
    if (n is not None and n < 1) or at_most < 1 or share < 0:
        raise UserError(
            f"n={n}, at_most={at_most}, share={share}: pairs and partners are 1 or more, "
            "shared categories 0 or more"
        )
    if not -1 <= likeness[0] < likeness[1] <= 1:
        raise UserError(
            f"no cosine lies between {likeness[0]:g} and {likeness[1]:g}",
            fix="give the lower one first, both between -1 and 1",
        )
    if splits is not None and (not splits or min(splits.values()) <= 0):
        raise UserError("each split has a share above 0", fix="e.g. train=0.8,test=0.2")


@dataclass
class _Pair:
    first: int
    second: int
    cosine: float
    round: int


class _Crowd:
    """Everyone of a source: words, vectors, categories, split."""

    def __init__(self) -> None:
        from dramaturg.crowd.alike import bags_for
        from dramaturg.crowd.texts import Texts
        from dramaturg.crowd.vectors import Vectors

        self.bags: Bags = bags_for(_SAME)
        self.texts: Texts = Texts()
        self.vectors: Vectors = Vectors()
        self.lines = array("Q")
        self.categories: list[tuple[int, ...]] = []
        self.names: dict[str, int] = {}
        self.splits: list[int] = []
        self.split_names: dict[str, int] = {}
        self.group: Any = None
        self.elsewhere: set[int] = set()  # those who say what somebody in another split says

    def __len__(self) -> int:
        return len(self.texts)

    def close(self) -> None:
        for held in (self.bags, self.texts, self.vectors):
            held.close()

    def read(self, source: str | Path, to: Target, embed: Embed) -> None:
        """Take everyone in."""
        from dramaturg.crowd.vectors import batches, unit

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
                told = categories_of(row)[:_MOST_CATEGORIES]
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
        from dramaturg.crowd.cluster import default_count, firsts, labels_of, named

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
        import numpy as np

        from dramaturg.crowd.alike import alike

        found = alike(self.bags, _SAME)
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
        from dramaturg.crowd.bags import mixed

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


class _Pairs:
    """The pairs found so far, and who is still free."""

    def __init__(
        self, crowd: _Crowd, prefer: Prefer, likeness: tuple[float, float], seed: int
    ) -> None:
        self.found: list[_Pair] = []
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
        import numpy as np

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
        import numpy as np

        from dramaturg.crowd.vectors import centres, nearest

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
        import numpy as np

        places = np.array(table, dtype=np.int64)
        rows = self._crowd.vectors.take(places)
        likeness = rows @ rows.T
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
        self.found.append(_Pair(first, second, cosine, self._most))


def _common(crowd: _Crowd, pair: _Pair) -> list[int]:
    theirs = set(crowd.categories[pair.second])
    return [c for c in dict.fromkeys(crowd.categories[pair.first]) if c in theirs]


def _chosen(pairs: _Pairs, crowd: _Crowd, n: int | None, even: bool, seed: int) -> list[_Pair]:
    """n of the pairs: first partners before second ones; evenly, the nth of each category."""
    found = pairs.found
    if n is not None and (n < len(found) or even):
        rank = [derive_seed(seed, "pair", p.first, p.second) for p in found]
        order = sorted(range(len(found)), key=lambda i: (found[i].round, rank[i]))
        if even:
            count: Counter[int] = Counter()
            nth = {}
            for i in order:
                common = _common(crowd, found[i])
                category = common[0] if common else -1
                nth[i] = count[category]
                count[category] += 1
            order.sort(key=lambda i: nth[i])  # stable: within one turn as before
        found = [found[i] for i in order[:n]]
    return sorted(found, key=lambda p: (p.first, p.second))


def _write(to: Target, crowd: _Crowd, chosen: Sequence[_Pair]) -> None:
    names = list(crowd.names)
    splits = list(crowd.split_names)
    paired = bytearray(len(crowd))
    for made in chosen:
        paired[made.first] = paired[made.second] = 1
        one, two = crowd.texts[made.first], crowd.texts[made.second]
        value: dict[str, Any] = {"user_1": one, "user_2": two}
        if crowd.names:
            value["shared_categories"] = [names[c] for c in _common(crowd, made)]
        value["cosine"] = round(made.cosine, 4)
        if split := splits[crowd.splits[made.first]]:
            value["split"] = split
        value["lines"] = [crowd.lines[made.first], crowd.lines[made.second]]
        to.keep(Row(0, (*one, *two), value))
    for n, has in enumerate(paired):
        if not has:
            why = "nobody is left who may meet them"
            if n in crowd.elsewhere:
                why = "somebody in another split says the same"
            elif crowd.names and not crowd.categories[n]:
                why = "they have no category"
            to.drop(crowd.lines[n], f"no partner: {why}", "\n".join(crowd.texts[n]))
    to.made.kept = len(chosen)


def _checked(crowd: _Crowd, chosen: Sequence[_Pair]) -> dict[str, Any]:
    """What holds of the pairs, counted on them and not on how they were made."""
    import numpy as np

    partners: Counter[int] = Counter()
    by_split: Counter[str] = Counter()
    where: dict[int, set[int]] = defaultdict(set)
    names = list(crowd.split_names)
    for made in chosen:
        partners.update((made.first, made.second))
        by_split[names[crowd.splits[made.first]]] += 1
        for n in (made.first, made.second):
            where[int(crowd.group[n])].add(crowd.splits[n])
    shared = [len(_common(crowd, made)) for made in chosen]
    draw = np.random.default_rng(0)
    one, two = draw.integers(len(crowd), size=(2, min(10_000, len(chosen) * 4)))
    random = (crowd.vectors.take(one) * crowd.vectors.take(two)).sum(axis=1)
    figures: dict[str, Any] = {
        "pairs": len(chosen),
        "people": len(crowd),
        "paired": len(partners),
        "most_partners": max(partners.values()),
        "fewest_shared_categories": min(shared),
        "mean_cosine": round(sum(made.cosine for made in chosen) / len(chosen), 4),
        "mean_cosine_of_random_pairs": round(float(random.mean()), 4),
        "pairs_over_splits": sum(crowd.splits[p.first] != crowd.splits[p.second] for p in chosen),
        "near_duplicates_over_splits": sum(len(splits) > 1 for splits in where.values()),
    }
    if set(by_split) != {""}:
        figures["splits"] = dict(by_split)
    return figures
