"""Pairs that the user names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dramaturg.errors import UserError
from dramaturg.pairing.similarity import shared
from dramaturg.records import Drop, Pair, Persona, Scene
from dramaturg.store import notes


def given(
    pairs: Sequence[tuple[Persona, Persona]],
    labels: Mapping[str, str] | None = None,
    *,
    fields: Mapping[str, Any] | None = None,
) -> list[Pair]:
    """The named pairs, in order, each once; nothing is judged.

    Args:
        labels: Category by fact id; with them the scene shows what the two have in common, as
            `by_categories` does.
        fields: Further scene fields, the same for each pair, e.g. {"setting": "on a train"}.

    Raises:
        UserError: If no pair is left. A person paired with themselves, and a pair named twice,
            are noted as drops.
    """
    made: dict[str, Pair] = {}
    for first, second in pairs:
        names = f"{first.id} and {second.id}"
        if first.id == second.id:
            notes.note(
                Drop(kind="pair", reason="same person: nobody meets themselves", subject=names)
            )
            continue
        own: dict[str, Any] = dict(fields or {})
        if labels is not None:
            common = shared(first, second, labels)
            own["similarity"] = len(common)
            own["shared_categories"] = list(dict.fromkeys(c["category"] for c in common))
            own["shared"] = common
        scene = Scene(cast=(first.id, second.id), fields=own)
        if scene.id in made:
            notes.note(
                Drop(kind="pair", reason="duplicate: this pair was named twice", subject=names)
            )
            continue
        made[scene.id] = Pair(first=first, second=second, scene=scene)
    if not made:
        raise UserError("no pair of two different people was given")
    return list(made.values())
