"""Which of many texts share nearly all their words: every such pair, none guessed.

Two texts are as alike as the share of words that need not be changed: one of thirteen words
replaced is 0.923, whatever their order. Counted so, there is no document-size trap: the share of
common words over all words (Jaccard) is 0.857 there, and a bar of 0.9 on it lets the copy through
below 20 words.

Texts of ordinary length are found exactly. If at most k words of each have no match in the other,
then the m rarest words that they share are among the k + m rarest words of both. So each text is
filed under every choice of m of its k + m rarest words, and only texts in a common file are
compared, word by word. Long texts, where the choices become many, are filed by MinHash of their
runs of words instead, the longer the texts the longer the runs, and compared in the same way.

Source: prefix filtering after Bayardo, Ma & Srikant 2007, "Scaling up all pairs similarity search",
with prefixes of m words more after Wang, Li & Feng 2012, "Can we beat the prefix filtering?".
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from dramaturg.crowd.bags import BANDS, CHUNK, Bags, mixed
from dramaturg.crowd.files import ENTRY, FILED, Files
from dramaturg.dataset.minhash import plan
from dramaturg.errors import UserError

Ints: TypeAlias = npt.NDArray[Any]

NEAR = 0.9  # share of words in common from which two texts say the same
LEAST = 0.8  # the lowest that can be asked for
_EDITS = 4  # words of a text that may differ in the exact search
_SHARED = (4, 7, 12)  # words that make a file; the next where a file is too large
_MOST = 64  # texts of one file that are all compared with one another
_LEADERS = 32  # of a larger one each text is compared with up to so many of the first
_CELLS = 1 << 22  # numbers compared at a time
_HELD = 1 << 22  # pairs held before those that came twice are joined
_MISS = 0.01  # share of pairs of long texts, just as alike as asked for, that may be missed
_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class Alike:
    """Pairs of texts that are as alike as was asked for.

    Attributes:
        earlier, later: Places of the two, `earlier < later`; shape `(n,)`, ordered by `later`.
        share: Of their words that need not be changed, in [near, 1].
        notes: What a user should know.
    """

    earlier: Ints
    later: Ints
    share: Ints
    notes: list[str] = field(default_factory=list)


def bags_for(near: float) -> Bags:
    """An empty list of texts for `alike` at that share.

    Raises:
        UserError: If the share is out of range.
    """
    if not LEAST <= near <= 1:
        raise UserError(f"{near:g} is out of range", fix=f"give --near between {LEAST:g} and 1")
    return Bags(near, _long_from(near), _rows(near))


def alike(bags: Bags, near: float = NEAR) -> Alike:
    """Every pair of texts that are as alike as `near`.

    Of texts with the same words each is paired with the first only, and so is nothing else with
    the others. Texts that differ by a negation or a word with a digit are no pair.

    Args:
        bags: All texts, `ready()`; made by `bags_for` with the same share.
        near: Share of words that need not be changed, in [0.8, 1].
    """
    first, again = _same(bags)
    parts = [(first[again], np.flatnonzero(again), np.ones(int(again.sum())))]
    notes: list[str] = []
    if near < 1:
        with TemporaryDirectory(prefix="dramaturg-") as place:
            parts += _short(bags, ~again, near, Path(place), notes)
        parts += _signed(bags, ~again, near)
    return Alike(*_once(parts), notes)


def repeats(pairs: Alike) -> dict[int, tuple[int, float]]:
    """Which texts repeat one that is kept, where the first of those alike is kept.

    Of a chain (B is near A, C is near B and not near A) only B repeats.

    Returns:
        Place of the repetition -> (place of the kept text that it is most like, their share).
    """
    found: dict[int, tuple[int, float]] = {}
    for earlier, later, share in zip(
        pairs.earlier.tolist(), pairs.later.tolist(), pairs.share.tolist(), strict=True
    ):
        kept = (earlier, share)
        if earlier in found:
            if share < 1:
                continue
            kept = found[earlier]  # the same words as one that repeats another
        if later not in found or kept[1] > found[later][1]:
            found[later] = kept
    return found


def edits(size: Any, near: float) -> Any:
    """Words that may differ between two texts, the longer of which has `size` words."""
    return np.floor((1 - near) * np.asarray(size, dtype=np.float64) + _SLACK).astype(np.int64)


def _long_from(near: float) -> float:
    return math.inf if near == 1 else (_EDITS + 1) / (1 - near) - _SLACK


def _rows(near: float) -> int:
    """Of a band, as many as 64 bands allow for runs of two words."""
    share = (1 - 2 * (1 - near)) / (1 + 2 * (1 - near))
    return max(rows for rows in range(1, 9) if rows == 1 or plan(share, rows, _MISS) <= BANDS)


def _same(bags: Bags) -> tuple[Ints, Ints]:
    """For each text the first with the same words, and whether that is another one."""
    order = np.argsort(bags.same, kind="stable")
    keys = bags.same[order]
    new = np.ones(len(keys), dtype=bool)
    new[1:] = keys[1:] != keys[:-1]
    first = np.empty(len(keys), dtype=np.int64)
    first[order] = order[np.maximum.accumulate(np.where(new, np.arange(len(keys)), 0))]
    return first, first != np.arange(len(keys))


def _once(parts: list[tuple[Ints, Ints, Ints]]) -> tuple[Ints, Ints, Ints]:
    """Each pair once, ordered by the later one."""
    earlier, later, share = (np.concatenate(part) for part in zip(*parts, strict=True))
    _, unique = np.unique(later.astype(np.uint64) << 32 | earlier.astype(np.uint64),
                          return_index=True)  # fmt: skip
    return earlier[unique], later[unique], share[unique]


def _distinct(parts: list[Ints]) -> Ints:
    """Each number once, ascending; of many repeats quicker than `np.unique`, which hashes."""
    every = np.sort(np.concatenate(parts))
    new = np.ones(len(every), dtype=bool)
    new[1:] = every[1:] != every[:-1]
    return np.asarray(every[new])


def _short(
    bags: Bags, wanted: Ints, near: float, place: Path, notes: list[str]
) -> list[tuple[Ints, Ints, Ints]]:
    """Pairs among texts of ordinary length, exactly."""
    sizes = bags.sizes.astype(np.int64)
    longest = np.floor(sizes / near + _SLACK).astype(np.int64)  # of a text that may be near
    wanted = wanted & (edits(longest, near) > 0) & (sizes * near < _long_from(near))
    found = []
    for level, shared in enumerate(_SHARED):
        crowded: list[Ints] = []
        last = level == len(_SHARED) - 1
        with Files(place / str(level), int(_entries(sizes[wanted], near, shared).sum())) as files:
            for start in range(0, len(bags), CHUNK):
                rows = np.flatnonzero(wanted[start : start + CHUNK]) + start
                _file(bags, rows, start, near, shared, files)
            for entries in files.sorted():
                first, second = _together(entries, crowded, last)
                found.append(_near(bags, first, second, near))
                if sum(len(part[0]) for part in found[1:]) > _HELD:
                    found = [_once(found)]
        if not crowded:
            break
        every = np.unique(np.concatenate(crowded))
        if last:
            notes.append(
                f"{len(every):,} rows lie in crowds of more than {_MOST} with {shared} words in "
                f"common; there each was compared with up to {_LEADERS} of the first only"
            )
        wanted = np.zeros(len(bags), dtype=bool)
        wanted[every] = True
    return found


def _entries(sizes: Ints, near: float, shared: int) -> Ints:
    """Entries of each text: its choices of `shared` among as many and those that may differ."""
    differ = edits(sizes, near)
    table = np.array([math.comb(k + shared, shared) for k in range(int(differ.max(initial=0)) + 1)])
    return np.asarray(table[differ])


def _file(bags: Bags, rows: Ints, start: int, near: float, shared: int, files: Files) -> None:
    """File these texts, all within one stretch, under their choices of rare words.

    A text that has too few is filled up with words that are the same for all such: the one that
    it lacks last first. A longer text that is near it lacks fewer of them by as many words as it
    has more, so that there are still enough in common.
    """
    if not len(rows):
        return
    end = int(rows[-1]) + 1
    codes = bags.stretch(start, end)
    sizes = bags.sizes[start:end].astype(np.int64)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    codes = codes[np.lexsort((codes, bags.rarity(codes), owner))]
    begin = np.concatenate([[0], np.cumsum(sizes)])
    mine = sizes[rows - start]
    differ = edits(mine, near)
    for k in np.unique(differ).tolist():
        these = rows[differ == k]
        width = k + shared
        own = mine[differ == k]
        column = np.arange(width)
        at = begin[these - start][:, None] + np.minimum(column, own[:, None] - 1)
        table = codes[at]
        lacks = column - own[:, None]
        table = mixed(np.where(lacks >= 0, (width - 1 - column).astype(np.uint64), table))
        for chosen in itertools.combinations(range(width), shared):
            files.add(mixed(table[:, chosen].sum(axis=1)), these)


def _together(entries: Ints, crowded: list[Ints], last: bool) -> tuple[Ints, Ints]:
    """Pairs of rows with a common key; rows of large groups go to `crowded`."""
    keys, rows = entries["key"], entries["row"].astype(np.int64)
    if not len(keys):
        return rows, rows
    begin = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    count = np.diff(np.concatenate([begin, [len(keys)]]))
    many = np.repeat(count > _MOST, count)
    pairs: list[Ints] = []
    held, most = 0, _HELD

    def add(first: Ints, second: Ints) -> None:
        nonlocal held, most
        pairs.append(second.astype(np.uint64) << 32 | first.astype(np.uint64))
        held += len(first)
        if held > most:
            pairs[:] = [_distinct(pairs)]
            held = len(pairs[0])
            most = max(_HELD, 2 * held)

    if many.any():
        crowded.append(np.unique(rows[many]))
        if last:
            for start, size in zip(begin[count > _MOST], count[count > _MOST], strict=True):
                group = rows[start : start + size]
                for n in range(min(_LEADERS, max(4, FILED // size), size)):
                    add(np.full(size - n - 1, group[n]), group[n + 1 :])
    keys, rows = keys[~many], rows[~many]
    for step in range(1, _MOST):
        equal = keys[step:] == keys[:-step] if step < len(keys) else np.zeros(0, dtype=bool)
        if not equal.any():
            break
        add(rows[:-step][equal], rows[step:][equal])
    if not pairs:
        return rows[:0], rows[:0]
    pair = _distinct(pairs)
    one, two = (pair & np.uint64(0xFFFFFFFF)).astype(np.int64), (pair >> 32).astype(np.int64)
    return one[one != two], two[one != two]


def _signed(bags: Bags, wanted: Ints, near: float) -> list[tuple[Ints, Ints, Ints]]:
    """Pairs of which one is a long text, by the bands of their signatures."""
    places, keys = bags.signed()
    places, keys = places[wanted[places]], keys[wanted[places]]
    found = []
    tried = np.zeros(0, dtype=np.uint64)  # two long texts that are alike meet in many bands
    for band in range(keys.shape[1] if len(places) else 0):
        entries = np.empty(len(places), dtype=ENTRY)
        entries["key"], entries["row"] = keys[:, band], places
        entries = entries[np.lexsort((entries["row"], entries["key"]))]
        first, second = _together(entries, [], True)
        met = second.astype(np.uint64) << 32 | first.astype(np.uint64)
        new = ~np.isin(met, tried, assume_unique=True)
        tried = np.sort(np.concatenate([tried, met[new]]))
        found.append(_near(bags, first[new], second[new], near))
    return found


def _near(bags: Bags, first: Ints, second: Ints, near: float) -> tuple[Ints, Ints, Ints]:
    """Those pairs that are as alike as `near`, and how much they are."""
    ones, twos = bags.sizes[first].astype(np.int64), bags.sizes[second].astype(np.int64)
    wide = np.maximum(ones, twos)
    possible = np.minimum(ones, twos) >= near * wide - _SLACK
    possible &= bags.flagged[first] == bags.flagged[second]
    first, second, wide = first[possible], second[possible], wide[possible]
    order = np.argsort(wide, kind="stable")
    first, second, wide = first[order], second[order], wide[order]
    share = np.zeros(len(first))
    start = 0
    while start < len(first):
        end = min(len(first), start + max(1, _CELLS // (2 * int(wide[start]))))
        end = max(start + 1, min(end, start + max(1, _CELLS // (2 * int(wide[end - 1])))))
        part = slice(start, end)
        share[part] = _shares(bags, first[part], second[part], int(wide[end - 1]))
        start = end
    good = share >= near - _SLACK
    return first[good], second[good], share[good]


def _shares(bags: Bags, first: Ints, second: Ints, width: int) -> Ints:
    """Of each pair the share of words that need not be changed."""
    both = np.concatenate([bags.table(first, width), bags.table(second, width)], axis=1)
    both.sort(axis=1)
    common = ((both[:, 1:] == both[:, :-1]) & (both[:, 1:] != 0)).sum(axis=1)
    return np.asarray(common / np.maximum(bags.sizes[first], bags.sizes[second]))
