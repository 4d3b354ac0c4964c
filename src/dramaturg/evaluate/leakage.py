"""Leakage: what the held-out splits share with the training split.

Three looks, from coarse to fine: the same person on both sides (60 % of the shorter profile's
facts, as `dataset.apart_by_persona` keeps them apart), nearly the same conversation, and the same
fact. A held-out figure is worth what its split is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.dataset import SAME_PERSON
from dramaturg.evaluate.collect import People
from dramaturg.evaluate.near_duplicates import SAME, across
from dramaturg.evaluate.resample import Ratio

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints: TypeAlias = npt.NDArray[Any]


def leakage(
    splits: Sequence[str], people: People, signatures: Ints, *, training: str = "train"
) -> dict[str, Ratio]:
    """Shares of what is held out that stands in the training split too.

    Args:
        splits: Split of each conversation.
        people: Their people.
        signatures: Their MinHash signatures, shape `(n, 64)`.

    Returns:
        "leaked_people" (of the people held out), "leaked_conversations", "leaked_facts" (of the
        facts of people held out, which may be shared by design): one row a held-out
        conversation. Empty where nothing is in training, or nothing is held out.
    """
    import numpy as np

    kept = [i for i, split in enumerate(splits) if split == training]
    held = [i for i, split in enumerate(splits) if split and split != training]
    if not kept or not held:
        return {}
    known = _Known(people, kept)
    persons = np.zeros((len(held), 2))
    facts = np.zeros((len(held), 2))
    judged: dict[frozenset[int], tuple[bool, int]] = {}
    for row, i in enumerate(held):
        for person in people.of(i):
            if not person:
                continue
            if person not in judged:
                judged[person] = known.look_up(person)
            again, shared = judged[person]
            persons[row] += (again, 1)
            facts[row] += (shared, len(person))
    twins = across(signatures, held, kept, SAME).astype(np.float64)
    return {
        "leaked_people": Ratio(persons[:, 0], persons[:, 1]),
        "leaked_conversations": Ratio(twins, np.ones(len(held))),
        "leaked_facts": Ratio(facts[:, 0], facts[:, 1]),
    }


class _Known:
    """The people of the training split, found by their facts; 16 bytes a fact."""

    def __init__(self, people: People, kept: Sequence[int]) -> None:
        import numpy as np

        every = list({person for i in kept for person in people.of(i) if person})
        self._sizes = np.array([len(person) for person in every], dtype=np.int64)
        facts = np.array([fact for person in every for fact in person], dtype=np.uint64)
        owners = np.repeat(np.arange(len(every)), self._sizes)
        order = np.argsort(facts, kind="stable")
        self._facts, self._owners = facts[order], owners[order]

    def look_up(self, person: frozenset[int]) -> tuple[bool, int]:
        """Whether somebody counts as the same person, and how many of the facts are known."""
        import numpy as np

        mine = np.array(sorted(person), dtype=np.uint64)
        left = np.searchsorted(self._facts, mine, side="left")
        right = np.searchsorted(self._facts, mine, side="right")
        owners = [self._owners[a:b] for a, b in zip(left, right, strict=True) if b > a]
        if not owners:
            return False, 0
        who, shared = np.unique(np.concatenate(owners), return_counts=True)
        least = np.minimum(self._sizes[who], len(person))
        return bool((shared >= SAME_PERSON * least).any()), len(owners)
