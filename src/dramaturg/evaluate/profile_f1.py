"""How right a profile is: its pairs of key and value against the true ones, and what drifted.

Source: Prottasha et al. 2025, arXiv:2502.10660: a pair is right when key and value match after
normalisation. The normalisation is not stated there; ours is `records.values`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from dramaturg.records import Profile, key_of, normal_value


class PairScore(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of pairs, and what follows from them.

    Attributes:
        right: Pairs of both sides.
        found: Pairs of the profile that is judged.
        true: Pairs of the true one.
    """

    right: int
    found: int
    true: int

    @property
    def precision(self) -> float | None:
        """Share of the found pairs that are true, in [0, 1]; None where nothing was found."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of the true pairs that were found, in [0, 1]; None where there are none."""
        return self.right / self.true if self.true else None

    @property
    def f1(self) -> float | None:
        """2 * right / (found + true), in [0, 1]; None where both sides are empty."""
        both = self.found + self.true
        return 2 * self.right / both if both else None

    def __add__(self, other: PairScore) -> PairScore:
        return PairScore(
            right=self.right + other.right,
            found=self.found + other.found,
            true=self.true + other.true,
        )


NOTHING = PairScore(right=0, found=0, true=0)


def profile_f1(found: Profile, true: Profile) -> PairScore:
    """The pairs of a profile against the true ones.

    Keys meet under their aliases and values under their spellings; each value of a key that holds
    several is a pair of its own, in any order, and a pair counts once however often it is told.
    The key "name" is left out: it was given.
    """
    ours, theirs = pairs_of(found), pairs_of(true)
    return PairScore(right=len(ours & theirs), found=len(ours), true=len(theirs))


def pairs_of(profile: Profile) -> frozenset[tuple[str, str]]:
    """The different pairs (standard key, normal value) of a profile, without the name."""
    named = ((key_of(a.key).name, normal_value(a.key, a.value)) for a in profile.attributes)
    return frozenset((key, value) for key, value in named if key != "name")


def total(scores: Iterable[PairScore]) -> PairScore:
    """All counts added up: every pair weighs the same (micro average)."""
    return sum(scores, NOTHING)


def drifted(
    before: Profile, after: Profile, touched: Sequence[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """(keys that changed though no text touched them, all keys that no text touched).

    Args:
        touched: Keys that the texts in between were about, under any of their names.
    """
    spoken = {key_of(key).name for key in touched}
    old, new = _by_key(before), _by_key(after)
    quiet = (old.keys() | new.keys()) - spoken
    return frozenset(key for key in quiet if old.get(key) != new.get(key)), frozenset(quiet)


def _by_key(profile: Profile) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for key, value in pairs_of(profile):
        found.setdefault(key, set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}
