"""Splits as they were published: which pair of people is in which, by fingerprint.

The table holds a 64-bit hash of each pair of profiles (`split.pair_key`) and nothing of the text.
`benchmarks/published_splits.py` makes it again from the released files.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from importlib import resources

import msgspec

from dramaturg.dataset.split import Splits, pair_key
from dramaturg.errors import UserError
from dramaturg.records import Conversation

# Conversations of each split as published. The test split's pairs are not in the table: its
# conversations were not at hand when it was made.
PUBLISHED = {"synthetic-persona-chat": {"train": 8_938, "validation": 1_000, "test": 968}}
IN_TABLE = {"synthetic-persona-chat": ("train", "validation")}
UNPUBLISHED = "unpublished"  # the split of pairs that no published split is known to hold


class Agreement(msgspec.Struct, kw_only=True):
    """How given splits compare with the published ones.

    Attributes:
        counts: Conversations given, by split; `published` as released.
        own: Conversations of each split whose pair the table has in that split.
        differ: Conversations whose pair the table has in another split.
        unknown: Conversations whose pair is not in the table, by the split given.
        examples: The first ten that differ, in words.
    """

    name: str
    counts: dict[str, int]
    published: dict[str, int]
    own: dict[str, int] = {}
    differ: int = 0
    unknown: dict[str, int] = {}
    examples: list[str] = []

    def verdict(self, split: str) -> str:
        """ "exact", "number only" (a split whose pairs are not in the table), "not exact", or
        "absent".
        """
        if not self.counts.get(split):
            return "absent"
        right = self.counts[split] == self.published[split]
        if split not in IN_TABLE[self.name]:
            return "number only" if right else "not exact"
        return "exact" if right and self.own.get(split) == self.published[split] else "not exact"

    @property
    def exact(self) -> bool:
        """Whether every split that is here is as published, as far as can be told."""
        verdicts = {self.verdict(split) for split in self.published} - {"absent"}
        return bool(verdicts) and "not exact" not in verdicts and not self.differ


def as_published(conversations: Iterable[Conversation], name: str) -> Splits:
    """The published split of each conversation, by who talks.

    One whose pair is not in the table keeps the split it has where that may be true (the
    publication has it, and its pairs are not in the table: "test"); else its split is
    "unpublished". A note says how many.

    Raises:
        UserError: If no such publication is known.
    """
    table = _table(name)
    by_id: dict[str, str] = {}
    may_keep = PUBLISHED[name].keys() - set(IN_TABLE[name])
    unknown: dict[str, str] = {}
    for made in conversations:
        split = table.get(pair_key(made))
        if split is None:
            split = unknown[made.id] = made.split if made.split in may_keep else UNPUBLISHED
        by_id[made.id] = split
    notes = []
    if unknown:
        known = " and ".join(IN_TABLE[name])
        counts = Counter(unknown.values())
        where = [f"{n:,} keep the split {s!r} that they came with" for s, n in counts.items()
                 if s != UNPUBLISHED]  # fmt: skip
        if counts[UNPUBLISHED]:
            where.append(f"{counts[UNPUBLISHED]:,} stand in the split {UNPUBLISHED!r}")
        notes.append(
            f"{len(unknown):,} of {len(by_id):,} conversations are between pairs that the "
            f"published {known} splits do not have: {', '.join(where)}; the published test split "
            "cannot be told by its people here, only by its file or a split that it came with"
        )
    return Splits(by_id=by_id, notes=notes)


def agreement(conversations: Iterable[Conversation], name: str) -> Agreement:
    """Compare the splits that conversations have with the published ones.

    Raises:
        UserError: If no such publication is known.
    """
    table = _table(name)
    counts: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    own: Counter[str] = Counter()
    found = Agreement(name=name, counts={}, published=dict(PUBLISHED[name]))
    for made in conversations:
        counts[made.split] += 1
        split = table.get(pair_key(made))
        if split is None:
            unknown[made.split] += 1
        elif split == made.split:
            own[made.split] += 1
        else:
            found.differ += 1
            if len(found.examples) < 10:
                found.examples.append(f"{made.id} is in {made.split or 'no split'}, not in {split}")
    found.counts, found.unknown, found.own = dict(counts), dict(unknown), dict(own)
    return found


@functools.cache
def _table(name: str) -> dict[str, str]:
    if name not in PUBLISHED:
        raise UserError(
            f"no published splits of {name!r} are known", fix=f"known: {', '.join(PUBLISHED)}"
        )
    import numpy as np

    file = resources.files("dramaturg.dataset").joinpath("splits", f"{name}.npz")
    with file.open("rb") as raw, np.load(raw) as table:
        return {f"{key:016x}": split for split in table for key in table[split].tolist()}
