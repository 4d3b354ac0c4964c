"""A figure: a number that says what it counts, over how many, of which split, by whom, how sure."""

from __future__ import annotations

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured number of a dataset.

    Attributes:
        name: What is measured, e.g. "distinct_2".
        group: Where it belongs: "size", "variety", "persona", "coherence", "copying", "reference".
        value: The number; None where it cannot be had, and then `why` says why.
        unit: "share", "words", "turns", ...
        n: How many of `of` it was counted over.
        of: What n counts, e.g. "utterances".
        conversations: How many conversations those came from.
        split: The split measured, "all" for all of them.
        scorer: Who measured: name and version of the measure or of the model behind it.
        low, high: 95 % interval, None where there is none.
        interval: How the interval was made, "" where there is none.
        sample: "" for all, else how the conversations were chosen.
        why: Why there is no value, or what to bear in mind.
    """

    name: str
    group: str
    value: float | None
    unit: str
    n: int
    of: str
    conversations: int = 0
    split: str = "all"
    scorer: str = ""
    low: float | None = None
    high: float | None = None
    interval: str = ""
    sample: str = ""
    why: str = ""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset's figure less the reference's.

    Attributes:
        value: Theirs subtracted from ours; None where a side has no value.
        ours, theirs: Both sides, as compared: on pairs of the same people where it is paired.
        low, high: 95 % interval of the difference.
        how: "paired" (the same people on both sides, resampled together) or "independent".
        n: Pairs, or conversations of the smaller side.
        clear: Whether the interval leaves out 0.
    """

    name: str
    group: str
    value: float | None
    ours: float | None
    theirs: float | None
    unit: str
    n: int
    how: str
    low: float | None = None
    high: float | None = None
    clear: bool = False
