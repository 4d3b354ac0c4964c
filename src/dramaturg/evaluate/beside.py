"""A dataset beside a reference: what of it stands there already, and how far apart they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.evaluate.detector import Told, auc, tell_apart
from dramaturg.evaluate.measure import Measure
from dramaturg.evaluate.measures import Equal, Side
from dramaturg.evaluate.resample import OfSet, Ratio, Statistic
from dramaturg.evaluate.spread import frechet, frechet_of, moments
from dramaturg.evaluate.talk import Coder, ngram_codes
from dramaturg.evaluate.variety import prefix
from dramaturg.evaluate.vectors import Rows

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

GRAM, MOST_TOLD = 4, 1_000


def beside(ours: Side, theirs: Side, equal: Equal, seed: int) -> tuple[list[Measure], Told | None]:
    """All measures that need both; and what the classifier said of each conversation."""
    found = [_utterances_there(ours, theirs), _grams_there(ours, theirs, equal)]
    found += _frechet(ours, theirs)
    told = None
    if len(ours.talks) >= 20 and len(theirs.talks) >= 20:
        told = tell_apart(ours.talks[:MOST_TOLD], theirs.talks[:MOST_TOLD], seed=seed)
        found += _told(ours, told)
    else:
        why = "a classifier needs 20 conversations on each side"
        found.append(_of(ours, "told_apart", "share", "conversations", None, 0, why=why))
    return found, told


def _utterances_there(ours: Side, theirs: Side) -> Measure:
    """Utterances of ours that stand in the reference as they are, over everything."""
    import numpy as np

    said = np.frombuffer(ours.own.said, dtype=np.uint64)
    ends = np.frombuffer(ours.own.said_ends, dtype=np.uint64).astype(np.int64)
    there = np.isin(said, np.frombuffer(theirs.own.said, dtype=np.uint64))
    total = np.concatenate([[0], np.cumsum(there)])
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    over = (total[ends] - total[starts]).astype(np.float64)
    stat = Ratio(over, (ends - starts).astype(np.float64))
    return _of(ours, "utterances_in_reference", "share", "utterances", stat, len(said))


def _grams_there(ours: Side, theirs: Side, equal: Equal) -> Measure:
    """Runs of four words of ours that stand somewhere in as many tokens of the reference."""
    import numpy as np

    coder = Coder()

    def grams(side: Side, place: int) -> Floats:
        parts = [ngram_codes(coder(words), GRAM) for words in side.talks[place].words]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)

    def read(side: Side) -> list[int]:
        return prefix([len(talk.flat) for talk in side.talks], equal.tokens)

    known = np.unique(np.concatenate([grams(theirs, i) for i in read(theirs)] or [np.zeros(0)]))
    rows = [grams(ours, i) for i in read(ours)]
    over = np.array([float(np.isin(row, known).sum()) for row in rows])
    under = np.array([float(len(row)) for row in rows])
    return replace(
        _of(ours, "four_words_in_reference", "share", "runs of 4 words", Ratio(over, under),
            int(under.sum())),
        sample=f"{equal.tokens:,} tokens a side",
    )  # fmt: skip


def _frechet(ours: Side, theirs: Side) -> list[Measure]:
    """The distance of the utterances' vectors, and that of two halves of the reference.

    The distance falls with the number of rows, so both figures are of halves of a side (every
    second conversation), cut to equally many utterances: half against half, the mean of two.
    """
    if ours.vectors is None or theirs.vectors is None:
        return []
    mine, other = Rows(ours.vectors.turns), Rows(theirs.vectors.turns)
    n, m = len(mine.sizes), len(other.sizes)
    if min(n, m) < 4:
        return []

    def halves(places: Sequence[int]) -> list[Floats]:
        """Two halves of ours and two of the reference, equally many rows each; [] if too few."""
        a, b = [i for i in places if i < n], [i - n for i in places if i >= n]
        parts = [mine(a[::2]), mine(a[1::2]), other(b[::2]), other(b[1::2])]
        least = min(map(len, parts))
        return [part[:least] for part in parts] if least > 1 else []

    def apart(places: Sequence[int]) -> float | None:
        parts = [moments(part) for part in halves(places)]
        if not parts:
            return None
        return (frechet_of(parts[0], parts[2]) + frechet_of(parts[1], parts[3])) / 2

    def floor(places: Sequence[int]) -> float | None:
        parts = halves(places)
        return frechet(parts[2], parts[3]) if parts else None

    every = range(n + m)
    read = 2 * min(map(len, halves(every)), default=0)
    found = [
        _of(ours, "frechet", "distance", "utterances", OfSet(apart, every, most=60), read),
        _of(ours, "frechet_of_reference_halves", "distance", "utterances",
            OfSet(floor, every, most=60), read,
            why="what two halves of the reference differ by: 0 is out of reach"),
    ]  # fmt: skip
    how = f"{read // 2:,} utterances against {read // 2:,}"
    return [replace(one, scorer=f"frechet 2 on {ours.vectors.ref}", sample=how) for one in found]


def _told(ours: Side, told: Told) -> list[Measure]:
    """How well a classifier tells the two apart; both sides weigh alike."""
    import numpy as np

    n, m = len(told.ours), len(told.theirs)
    weights = np.concatenate([np.full(n, 0.5 / n), np.full(m, 0.5 / m)])
    right = Ratio(told.right * weights, weights)
    length = Ratio(told.told_by_length * weights, weights)
    split = n

    def ranked(places: Sequence[int]) -> float | None:
        a = [i for i in places if i < split]
        b = [i - split for i in places if i >= split]
        return auc(told.ours[a], told.theirs[b]) if a and b else None

    found = [
        _of(ours, "told_apart", "share", "conversations", right, n + m),
        _of(ours, "told_apart_auc", "AUC", "conversations",
            OfSet(ranked, range(n + m), most=200), n + m),
        _of(ours, "told_apart_by_length", "share", "conversations", length, n + m,
            why="a baseline: turns and words alone"),
    ]  # fmt: skip
    how = f"{n:,} and {m:,} conversations, five folds, the same people in one fold"
    return [replace(one, scorer="detector 1", sample=how) for one in found]


def _of(
    side: Side,
    name: str,
    unit: str,
    of: str,
    stat: Statistic | None,
    count: int,
    why: str = "",
) -> Measure:
    return Measure(
        name=name,
        group="reference",
        unit=unit,
        of=of,
        count=count,
        scorer=f"{name} 1",
        statistic=stat,
        split=side.split,
        why=why,
    )
