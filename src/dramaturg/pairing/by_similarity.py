"""Partners by the meaning of all that is known of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dramaturg.errors import UserError
from dramaturg.models import Embedder
from dramaturg.pairing.people import at_least_two, different
from dramaturg.pairing.rounds import Matches
from dramaturg.records import Drop, Pair, Persona, Scene, derive_seed
from dramaturg.store import notes

if TYPE_CHECKING:
    import numpy.typing as npt

_SHOWN = 3  # nearest pairs of facts that a scene lists


async def by_similarity(
    people: Sequence[Persona],
    embedder: Embedder,
    *,
    count: int,
    partners: int | None = None,
    seed: int,
) -> list[Pair]:
    """Each person in turn meets the most similar person whom they have not met.

    Two people are compared by the mean of their facts' vectors. The turns are in random order;
    no two people meet twice.

    Args:
        partners: Most partners of one person; None = any number.

    Returns:
        Each scene's fields hold "similarity" (cosine, -1..1), and "shared": the 3 nearest pairs
        of facts with their own cosine. Fewer than `count` pairs, with a note, where the people
        allow no more.

    Raises:
        UserError: If there are not two different people with at least one fact.
        BackendError: If the embedder could not be reached.
    """
    import numpy as np

    chosen = [person for person in different(people) if person.facts]
    at_least_two(chosen, count, partners)
    texts = list(dict.fromkeys(text for person in chosen for text in person.sentences))
    at = {text: i for i, text in enumerate(texts)}
    vectors = await embedder.embed(texts)
    means = np.stack([vectors[[at[t] for t in p.sentences]].mean(axis=0) for p in chosen])
    means /= np.maximum(np.sqrt((means * means).sum(axis=1, keepdims=True)), 1e-9)

    def candidates(person: int) -> list[int]:
        order: list[int] = np.argsort(-(means @ means[person]), kind="stable").tolist()
        return order

    matches = Matches(len(chosen), count, partners)
    draw = random.Random(derive_seed(seed, "pairing"))
    matches.fill(candidates, draw, in_order=True)
    if not matches.pairs:
        raise UserError("no pair could be made")
    if not matches.complete:
        reason = f"too few people: {len(matches.pairs)} of {count} pairs can be made of them"
        notes.note(Drop(kind="pair", reason=reason))
    notes.progress("pair people", len(matches.pairs), count)
    pairs = []
    for i, j in matches.pairs:
        first, second = chosen[i], chosen[j]
        fields = {
            "similarity": round(float(means[i] @ means[j]), 4),
            "shared": _nearest(first, second, vectors, at),
        }
        scene = Scene(cast=(first.id, second.id), fields=fields)
        pairs.append(Pair(first=first, second=second, scene=scene))
    return pairs


def _nearest(
    first: Persona, second: Persona, vectors: npt.NDArray[Any], at: dict[str, int]
) -> list[dict[str, Any]]:
    rows = [
        {"first": a, "second": b, "cosine": round(float(vectors[at[a]] @ vectors[at[b]]), 4)}
        for a in first.sentences
        for b in second.sentences
    ]
    return sorted(rows, key=lambda row: -float(str(row["cosine"])))[:_SHOWN]
