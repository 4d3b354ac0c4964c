"""Divide a dataset anew: by persona, by pair, by paraphrase, or as it was published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.origin import Origin
from dramaturg.dataset.produce import Produced, produce
from dramaturg.dataset.published import PUBLISHED, as_published
from dramaturg.dataset.split import (
    SHARES,
    Splits,
    apart_by_pair,
    apart_by_paraphrase,
    apart_by_persona,
)
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Drop

WAYS = ("persona", "pair", "paraphrase", "file")
_BY = {"persona": apart_by_persona, "pair": apart_by_pair}


def resplit(
    source: str | Path,
    out: str | Path,
    by: str = "persona",
    shares: Mapping[str, float] = SHARES,
    seed: int = 13,
    *,
    same: Callable[[Sequence[str]], Iterable[tuple[int, int]]] | None = None,
    near: float | None = None,
    **options: Any,
) -> Produced:
    """The same conversations in new splits, kept apart in the way asked for.

    Memory holds ids and personas, not the turns.

    Args:
        by: "persona": no person, or one much like them, in two splits. "pair": no pair of
            people. "paraphrase": no fact, or one that says the same. "file": as the source's
            name says. Or the name of a published dataset, e.g. "synthetic-persona-chat": the
            splits it was released with; pairs that they do not have go to "unpublished".
        shares: Split -> share of the conversations.
        same: For "paraphrase": which facts say the same, as `apart_by_paraphrase` has it; `near`
            is its threshold, for the lineage.

    Raises:
        UserError: If the way is unknown, the shares are none, or `same` is given for another way.
    """
    if by not in (*WAYS, *PUBLISHED):
        raise UserError(
            f"there is no way to split by {by!r}", fix=f"give {', '.join((*WAYS, *PUBLISHED))}"
        )
    if same is not None and by != "paraphrase":
        raise UserError(
            f"splitting by {by!r} does not ask which facts say the same",
            why="a paraphrase threshold counts only where facts are kept apart",
            fix="give --by paraphrase too, or leave --paraphrase-at out",
        )
    origin = Origin(source)

    def people_only() -> Iterator[Conversation]:
        for made in origin.conversations():
            split = made.split or origin.split
            yield msgspec.structs.replace(made, turns=(), scene={}, scores={}, split=split)

    if by == "file":
        if not origin.split:
            raise UserError(
                f"the name {origin.name} says no split",
                fix="name the file train, validation or test, or split another way",
            )
        splits = Splits({made.id: origin.split for made in origin.conversations()})
    elif by in PUBLISHED:
        splits = as_published(people_only(), by)
    elif by == "paraphrase":
        splits = apart_by_paraphrase(people_only(), shares, seed, same)
    else:
        splits = _BY[by](people_only(), shares, seed)
    told: dict[str, Any] = {"by": by}
    if by in (*_BY, "paraphrase"):
        told.update(shares=dict(shares), seed=seed, **({"near": near} if same else {}))
    seen: set[str] = set()

    def rows() -> Iterator[Conversation | Drop]:
        for made in origin.conversations():
            if made.id in seen:
                yield Drop(kind="conversation", reason="repeat: stands twice", subject=made.id)
                continue
            seen.add(made.id)
            yield msgspec.structs.replace(made, split=splits.by_id[made.id])

    produced = Produced(out=Path(out), step="split", notes=list(splits.notes))
    return produce(out, "split", told, [origin], rows(), made=produced, **options)


def read_shares(text: str) -> dict[str, float]:
    """Shares as they are typed: "0.8,0.1,0.1" or "train=0.9,test=0.1".

    Raises:
        UserError: If it is neither.
    """
    parts = [part.strip() for part in text.split(",")]
    try:
        if "=" in text:
            return {k.strip(): float(v) for k, _, v in (part.partition("=") for part in parts)}
        numbers = [float(part) for part in parts]
    except ValueError as error:
        raise UserError(
            f"{text!r} is not a list of shares", fix="write 0.8,0.1,0.1 or train=0.9,test=0.1"
        ) from error
    if len(numbers) != len(SHARES):
        raise UserError(
            f"{text!r} has {len(numbers)} shares, not 3",
            fix="give train, validation and test, or write train=0.9,test=0.1",
        )
    return dict(zip(SHARES, numbers, strict=True))
