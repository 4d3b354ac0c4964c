"""Queries: the question behind each category, and questions that no category asked yet."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec

from dramaturg.errors import UserError
from dramaturg.models import ChatModel, Embedder
from dramaturg.persona.ask_or_drop import ask_or_drop
from dramaturg.persona.cluster import Categories
from dramaturg.persona.replies import normalised
from dramaturg.persona.seen import Seen
from dramaturg.persona.tasks import Induce, More, clipped, induce, more
from dramaturg.records import Drop, Fact, derive_seed
from dramaturg.scorers import together
from dramaturg.store import notes


class Query(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question that stands for a category.

    Attributes:
        origin: "induced" (from sentences of a cluster) or "more" (from other queries).
        shown: What the writer saw: ids of facts, or texts of queries.
        categories: Numbers of the clusters that it was induced for.
        merged: How many equal or near-equal questions were merged into this one.
    """

    text: str
    origin: str = "induced"
    shown: tuple[str, ...] = ()
    categories: tuple[int, ...] = ()
    merged: int = 0


async def induce_queries(
    facts: Sequence[Fact],
    categories: Categories,
    writer: ChatModel,
    *,
    shown: int = 3,
    smallest: int = 3,
    seed: int,
    embedder: Embedder | None = None,
    duplicate: float = 0.9,
    at_once: int = 64,
) -> list[Query]:
    """One question for each category that has at least `smallest` facts.

    Questions that are equal in words, or nearer than `duplicate` (cosine, if there is an
    embedder), are merged into the first of them: each is noted as a Drop of kind "query", and the
    survivor counts it in `merged`.

    Args:
        facts: The sentences that were clustered, in the same order.
        shown: How many facts of a category the writer sees, drawn at random.
        smallest: Categories with fewer facts get no question of their own.
        at_once: Calls that may wait at the same time; the result does not depend on it.

    Raises:
        UserError: If `categories` was made of another number of sentences.
        BackendError: If the writer could not be reached.

    Source: Jandaghi et al. 2023. How 188 questions came of 323 clusters is not stated there:
        `smallest` and the merging are ours.
    """
    if len(categories.labels) != len(facts):
        raise UserError(f"{len(facts)} facts were given with {len(categories.labels)} labels")
    drawn: list[tuple[int, list[Fact]]] = []
    for number, members in enumerate(categories.members()):
        if len(members) >= smallest:
            draw = random.Random(derive_seed(seed, "query.induce", number))
            chosen = draw.sample(members, min(shown, len(members)))
            drawn.append((number, [facts[i] for i in chosen]))
    pool = _Pool(embedder, duplicate)
    for start in range(0, len(drawn), at_once):
        batch = drawn[start : start + at_once]
        answers = await together(
            ask_or_drop(
                writer,
                induce(),
                Induce(answers=tuple(clipped(fact.text) for fact in some)),
                seed=derive_seed(seed, "query.induce", number),
                kind="query",
            )
            for number, some in batch
        )
        made = []
        for (number, asked), answer in zip(batch, answers, strict=True):
            if isinstance(answer, Drop):
                notes.note(answer)
                continue
            ids = tuple(fact.id for fact in asked)
            made.append(Query(text=answer.value, shown=ids, categories=(number,)))
        await pool.add(made)
        done = min(start + at_once, len(drawn))
        notes.progress("induce queries", done, len(drawn), **pool.figures())
    return pool.queries


async def bootstrap_queries(
    queries: Sequence[Query],
    writer: ChatModel,
    *,
    shown: int = 5,
    steps: int = 100,
    seed: int,
    limit: int | None = None,
    per_step: int = 1,
    embedder: Embedder | None = None,
    duplicate: float = 0.9,
    at_once: int = 10,
) -> list[Query]:
    """The given queries and what the writer adds to them in `steps` steps.

    Each step draws `shown` queries at random and asks for more of the same kind; repeats are
    merged as in `induce_queries`.

    Args:
        limit: Stop at this many queries in all; None = never. Given ones are all kept.
        per_step: Most questions taken from one reply.
        at_once: Steps that draw from the same state of the list and are asked together. Unlike
            elsewhere this can change the result; 1 is strictly one after the other.

    Raises:
        UserError: If there is no query to begin with.
        BackendError: If the writer could not be reached.

    Source: Jandaghi et al. 2023: 100 steps, 188 queries in the end.
    """
    if not queries and steps:
        raise UserError("there is no query to begin with", fix="induce some, or write some")
    pool = _Pool(embedder, duplicate)
    await pool.add(queries)
    step = 0
    while step < steps and (limit is None or len(pool.queries) < limit):
        batch = range(step, min(step + at_once, steps))
        known = [query.text for query in pool.queries]
        seeds = [derive_seed(seed, "query.more", number) for number in batch]
        drawn = [tuple(random.Random(s).sample(known, min(shown, len(known)))) for s in seeds]
        answers = await together(
            ask_or_drop(writer, more(), More(queries=some), seed=s, kind="query")
            for some, s in zip(drawn, seeds, strict=True)
        )
        for some, answer in zip(drawn, answers, strict=True):
            if isinstance(answer, Drop):
                notes.note(answer)
                continue
            room = per_step if limit is None else min(per_step, limit - len(pool.queries))
            new = [text for text in answer.value if normalised(text) not in _words(some)]
            await pool.add([Query(text=t, origin="more", shown=some) for t in new], most=room)
        step = batch.stop
        notes.progress("find more queries", step, steps, **pool.figures())
    return pool.queries


def _words(texts: Sequence[str]) -> set[str]:
    return {normalised(text) for text in texts}


class _Pool:
    """Queries without repeats."""

    def __init__(self, embedder: Embedder | None, duplicate: float) -> None:
        self.queries: list[Query] = []
        self.merged = 0
        self._embedder = embedder
        self._seen = Seen(duplicate)
        self._at: dict[str, int] = {}

    def figures(self) -> dict[str, float]:
        return {"queries": len(self.queries), "merged": self.merged}

    async def add(self, made: Sequence[Query], most: int | None = None) -> None:
        """Keep those that are new, at most `most`; merge the others into what they repeat."""
        import numpy as np

        if not made:
            return
        texts = [query.text for query in made]
        if self._embedder is None:  # equal words only
            vectors = np.zeros((len(texts), 1), dtype=np.float32)
        else:
            vectors = await self._embedder.embed(texts)
        kept = 0
        for query, vector in zip(made, vectors, strict=True):
            if most is not None and kept >= most:
                return
            ((same, cosine),) = self._seen.take([query.text], vector[None])
            if same:
                self._merge(query, same, cosine)
            else:
                self._at[query.text] = len(self.queries)
                self.queries.append(query)
                kept += 1

    def _merge(self, query: Query, same: str, cosine: float) -> None:
        self.merged += 1
        at = self._at[same]
        old = self.queries[at]
        self.queries[at] = msgspec.structs.replace(
            old, categories=old.categories + query.categories, merged=old.merged + query.merged + 1
        )
        notes.note(
            Drop(
                kind="query",
                reason=f"duplicate: merged into {same!r} (cosine {cosine:.2f})",
                subject=query.text,
            )
        )
