"""Rows made from scenes, each in the split of the conversation that was played from its scene."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dramaturg import dataset
from dramaturg.generate import RoleSample
from dramaturg.records import Conversation


def in_scene_splits(
    samples: Sequence[RoleSample], talks: Sequence[Conversation], *, seed: int
) -> list[RoleSample]:
    """The samples with their split; "" where a sample's scene was not played."""
    by_id = dataset.apart_by_persona(talks, seed=seed).by_id if talks else {}
    split = {talk.scene_id: by_id[talk.id] for talk in talks}
    return [msgspec.structs.replace(row, split=split.get(row.scene, "")) for row in samples]
