"""Merge, filter, sample, deduplicate, shard: one dataset out of others, lineage kept.

Each reads its sources as a stream and writes a folder (or one file) by `produce`. Memory holds
ids and shingles, never the conversations.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.condition import condition
from dramaturg.dataset.origin import Origin
from dramaturg.dataset.produce import Produced, produce
from dramaturg.errors import RecordError, UserError
from dramaturg.records import Conversation, Drop, derive_seed

Source = str | Path


def merge(sources: Sequence[Source], out: Source, **options: Any) -> Produced:
    """All conversations of several sources; one that stands in two is kept once.

    A conversation without a split takes the one that its file's name speaks of
    ("chats_valid.csv"), else it goes to train.

    Args:
        options: `force`, `to_format`, as `convert` has them; so below too.

    Raises:
        UserError: If a source cannot be read, or the target exists.
    """
    if len(sources) < 2:
        raise UserError("merging takes two sources or more", fix="name them, and OUT last")
    origins = [Origin(source) for source in sources]
    seen: dict[str, int] = {}

    def rows() -> Iterator[Conversation | Drop]:
        for n, origin in enumerate(origins):
            for made in origin.conversations():
                if made.id in seen:
                    where = origins[seen[made.id]].name
                    yield Drop(
                        kind="conversation", reason=f"repeat: stands in {where} too",
                        subject=made.id,
                    )  # fmt: skip
                    continue
                seen[made.id] = n
                yield _from(made, origin)

    names = [origin.name for origin in origins]
    return produce(out, "merge", {"sources": names}, origins, rows(), **options)


def keep_where(source: Source, out: Source, where: str, **options: Any) -> Produced:
    """The conversations that meet a condition; see `condition` for what it may say.

    One that lacks what is asked for, e.g. a score, is dropped with that reason.

    Raises:
        UserError: If the condition cannot be read.
    """
    holds, origin = condition(where), Origin(source)

    def rows() -> Iterator[Conversation | Drop]:
        for made in origin.conversations():
            try:
                reason = "" if holds(made) else f"filter: not {where}"
            except RecordError as error:
                reason = f"cannot be asked: {error.what}"
            yield (
                Drop(kind="conversation", reason=reason, subject=made.id)
                if reason
                else _from(made, origin)
            )

    return produce(out, "filter", {"where": where}, [origin], rows(), **options)


def sample(
    source: Source,
    out: Source,
    n: int | None = None,
    share: float | None = None,
    *,
    each_split: bool = False,
    seed: int = 13,
    **options: Any,
) -> Produced:
    """Some conversations, drawn at random; the same ones for the same seed in any order.

    Args:
        n: How many; `each_split`: of every split.
        share: Instead of n: which share, in (0, 1].

    Raises:
        UserError: If neither or both of n and share are given.
    """
    if (n is None) == (share is None) or (n is not None and n < 1):
        raise UserError("a sample has a size or a share", fix="give -n N or --share S, not both")
    if share is not None and not 0 < share <= 1:
        raise UserError(f"{share} is not a share", fix="give one above 0 and at most 1")
    origin = Origin(source)
    counts: Counter[str] = Counter()
    drawn: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for talk in origin.conversations():
        group = _from(talk, origin).split if each_split or share is not None else ""
        counts[group] += 1
        key = (-derive_seed(seed, "sample", talk.id), talk.id)
        if n is None:
            drawn[group].append(key)
        elif len(drawn[group]) < n:
            heapq.heappush(drawn[group], key)
        else:
            heapq.heappushpop(drawn[group], key)
    chosen: set[str] = set()
    for group, keys in drawn.items():
        size = n if n is not None else max(1, round(share * counts[group])) if share else 0
        chosen.update(id for _, id in heapq.nlargest(size, keys))
    made = Produced(out=Path(out), step="sample")
    if n is not None and len(chosen) < n:
        made.notes.append(f"there are only {len(chosen):,} conversations, not {n:,}")
    if n is not None and each_split:
        made.notes += [f"{group or 'no split'} has only {k:,}" for group, k in counts.items()
                       if k < n]  # fmt: skip

    def rows() -> Iterator[Conversation | Drop]:
        for row in origin.conversations():
            if row.id in chosen:
                yield _from(row, origin)
            else:
                made.dropped["not drawn"] += 1

    told = {"n": n, "share": share, "each_split": each_split, "seed": seed}
    told = {name: value for name, value in told.items() if value not in (None, False)}
    return produce(out, "sample", told, [origin], rows(), made=made, **options)


def dedupe(source: Source, out: Source, near: float = 0.8, **options: Any) -> Produced:
    """Without near-duplicates: one that says nearly what an earlier kept one says is left out.

    Args:
        near: Share of common shingles (three words in a row) from which two conversations count
            as one, in [0.5, 1]; 1 = equal words.

    Raises:
        UserError: If `near` is out of range.
    """
    from dramaturg.dataset.near import Overlaps, repeats_of_kept

    origin, overlaps, ids = Origin(source), Overlaps(near), []
    for made in origin.conversations():
        overlaps.add("\n".join(turn.text for turn in made.turns))
        ids.append(made.id)
    again = repeats_of_kept(overlaps)

    def rows() -> Iterator[Conversation | Drop]:
        for n, row in enumerate(origin.conversations()):
            if n in again:
                like, similarity = again[n]
                yield Drop(
                    kind="conversation",
                    reason=f"near-duplicate: of {ids[like]}, {similarity:.2f}",
                    subject=row.id,
                )
            else:
                yield _from(row, origin)

    return produce(out, "dedupe", {"near": near}, [origin], rows(), **options)


def shard(
    source: Source,
    out: Source,
    *,
    rows_per_shard: int | None = None,
    shards: int | None = None,
    **options: Any,
) -> Produced:
    """The same conversations in files of a given size, or in a given number of files.

    Args:
        shards: Files of the largest split; the others have files of the same size, and so fewer.

    Raises:
        UserError: If neither or both are given, or `out` is a file.
    """
    if (rows_per_shard is None) == (shards is None) or (rows_per_shard or shards or 0) < 1:
        raise UserError("shards have a number or a size", fix="give --shards K or --rows N")
    origin = Origin(source)
    if shards is not None:
        counts: Counter[str] = Counter()
        for made in origin.conversations():
            counts[_from(made, origin).split or "train"] += 1
        rows_per_shard = max(1, -(-max(counts.values(), default=1) // shards))

    def rows() -> Iterator[Conversation]:
        for row in origin.conversations():
            yield _from(row, origin)

    told = {"shards": shards} if shards is not None else {"rows": rows_per_shard}
    return produce(
        out, "shard", told, [origin], rows(), rows_per_file=rows_per_shard or 1, **options
    )


def _from(made: Conversation, origin: Origin) -> Conversation:
    """With the split that its file's name speaks of, where it has none of its own."""
    return (
        made
        if made.split or not origin.split
        else msgspec.structs.replace(made, split=origin.split)
    )
