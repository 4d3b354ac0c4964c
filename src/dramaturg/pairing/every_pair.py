"""Everyone of a group with everyone else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from dramaturg.pairing.people import different
from dramaturg.records import Pair, Persona, Scene


def every_pair(people: Sequence[Persona], *, fields: Mapping[str, Any] | None = None) -> list[Pair]:
    """All n (n - 1) / 2 unordered pairs of a group, in order; nobody meets themselves.

    Args:
        fields: Scene fields, the same for each pair, e.g. {"topic": "pets"}.
    """
    return [
        Pair(
            first=first,
            second=second,
            scene=Scene(cast=(first.id, second.id), fields=dict(fields or {})),
        )
        for first, second in combinations(different(people), 2)
    ]
