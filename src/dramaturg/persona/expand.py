"""Persona expansion, all of it: categories, queries, more queries, new facts, categories again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from dramaturg.errors import UserError
from dramaturg.models import ChatModel, Embedder
from dramaturg.persona.bootstrap import bootstrap_facts
from dramaturg.persona.cluster import Categories, cluster, lsa
from dramaturg.persona.queries import Query, bootstrap_queries, induce_queries
from dramaturg.persona.replies import OPENINGS, normalised
from dramaturg.records import Drop, Fact, derive_seed
from dramaturg.store import notes, parts

Vectors = Literal["lsa", "embedder"]


@dataclass(frozen=True, eq=False)
class Expanded:
    """What expansion made of the seeds.

    Attributes:
        facts: Seeds (without exact repeats), then new facts. A seed without a category has that
            of the query induced for its cluster, if there is one.
        queries: All of them, induced first.
        categories: Clusters over `facts`, in the same order.
        labels: Readable name of its category by fact id, repeats included; what pairing wants.
        counts: "seeds", "duplicate_seeds", "seed_categories", "queries_induced", "queries",
            "queries_merged", "new", "facts", "categories".
    """

    facts: tuple[Fact, ...]
    queries: tuple[Query, ...]
    categories: Categories
    labels: dict[str, str]
    counts: dict[str, int]

    @property
    def new(self) -> tuple[Fact, ...]:
        """The facts that the writer made."""
        return tuple(fact for fact in self.facts if fact.status == "new")


class _Packed(msgspec.Struct, frozen=True):
    """An `Expanded` as plain JSON."""

    facts: tuple[Fact, ...]
    queries: tuple[Query, ...]
    categories: tuple[int, ...]
    means: list[list[float]]
    labels: dict[str, str]
    counts: dict[str, int]


def _pack(made: Expanded) -> _Packed:
    means = made.categories.means.tolist()
    return _Packed(
        made.facts, made.queries, made.categories.labels, means, made.labels, made.counts
    )


def _unpack(packed: _Packed) -> Expanded:
    import numpy as np

    means = np.asarray(packed.means, dtype=np.float32)
    categories = Categories(packed.categories, means)
    return Expanded(packed.facts, packed.queries, categories, packed.labels, packed.counts)


@parts.step(_Packed, _pack, _unpack)
async def expand(
    facts: Sequence[Fact],
    writer: ChatModel,
    embedder: Embedder,
    *,
    target: int = 5_000,
    iterations: int = 100,
    queries: bool = True,
    query_steps: int = 100,
    query_limit: int | None = None,
    vectors: Vectors = "lsa",
    threshold: float = 0.1,
    count: int | None = None,
    smallest: int = 3,
    duplicate: float = 0.9,
    openings: Sequence[str] | None = OPENINGS,
    seed: int,
) -> Expanded:
    """Seeds in; seeds, new facts, queries and categories out.

    Args:
        target: New facts wanted; 0 only finds the categories.
        queries: False is the ablation: new facts without any question.
        vectors: What categories are made of: "lsa" (topics of these very sentences) or the
            embedder's own vectors. The threshold belongs to the choice.

    Raises:
        UserError: If there is no fact, or no category is large enough for a query.
        BackendError: If a model could not be reached.

    Source: Jandaghi et al. 2023, section on user generation.
    """
    seeds = _without_repeats(facts)
    if not seeds:
        raise UserError("there is no fact to begin with", fix="give at least one persona sentence")
    first = await categories_of(seeds, embedder, vectors=vectors, threshold=threshold, count=count)
    found: list[Query] = []
    induced = 0
    if queries and target:
        found = await induce_queries(
            seeds,
            first,
            writer,
            smallest=_smallest(first, smallest),
            seed=derive_seed(seed, "induce"),
            embedder=embedder,
            duplicate=duplicate,
        )
        induced = len(found)
        if not found:
            raise UserError(
                "no query could be induced from these facts",
                why="the writer gave no question for any category",
                fix="use another writer, or make no new facts (target=0; --new-facts 0)",
            )
        found = await bootstrap_queries(
            found,
            writer,
            steps=query_steps,
            seed=derive_seed(seed, "more"),
            limit=query_limit,
            embedder=embedder,
            duplicate=duplicate,
        )
    seeds = _with_categories(seeds, first, found)
    new: list[Fact] = []
    if target:
        new = await bootstrap_facts(
            seeds,
            found,
            writer,
            embedder,
            target=target,
            iterations=iterations,
            duplicate=duplicate,
            openings=openings,
            seed=derive_seed(seed, "facts"),
        )
    everything = (*seeds, *new)
    categories = first
    if new:
        categories = await categories_of(
            everything, embedder, vectors=vectors, threshold=threshold, count=count
        )
    counts = {
        "seeds": len(seeds),
        "duplicate_seeds": len(facts) - len(seeds),
        "seed_categories": len(first),
        "queries_induced": induced,
        "queries": len(found),
        "queries_merged": sum(query.merged for query in found),
        "new": len(new),
        "facts": len(everything),
        "categories": len(categories),
    }
    labels = name_categories(everything, categories)
    kept = {normalised(fact.text): labels[fact.id] for fact in everything}
    labels.update({f.id: kept[words] for f in facts if (words := normalised(f.text)) in kept})
    return Expanded(everything, tuple(found), categories, labels, counts)


async def categories_of(
    facts: Sequence[Fact],
    embedder: Embedder | None = None,
    *,
    vectors: Vectors = "lsa",
    threshold: float = 0.1,
    count: int | None = None,
) -> Categories:
    """Clusters of facts; see `cluster`. "lsa" needs no embedder.

    Raises:
        UserError: If there is no fact, or "embedder" is asked for without one.
    """
    texts = [fact.text for fact in facts]
    if not texts:
        raise UserError("there is nothing to cluster", fix="give at least one persona sentence")
    if vectors == "lsa":
        rows = lsa(texts)
    elif embedder is None:
        raise UserError("vectors='embedder' needs an embedder")
    else:
        rows = await embedder.embed(texts)
    return cluster(rows, threshold=threshold, count=count)


def name_categories(facts: Sequence[Fact], categories: Categories) -> dict[str, str]:
    """A readable name for each fact's category, by fact id.

    The name is the query that most facts of the cluster answer, else its first sentence; two
    clusters never share a name (the second gets " (2)").
    """
    labels: dict[str, str] = {}
    used: Counter[str] = Counter()
    for members in categories.members():
        asked = Counter(query for i in members if (query := facts[i].category))
        name = asked.most_common(1)[0][0] if asked else facts[members[0]].text[:80]
        used[name] += 1
        if used[name] > 1:
            name = f"{name} ({used[name]})"
        labels.update({facts[i].id: name for i in members})
    return labels


def _without_repeats(facts: Sequence[Fact]) -> list[Fact]:
    first: dict[str, Fact] = {}
    for fact in facts:
        words = normalised(fact.text)
        if not words:
            notes.note(Drop(kind="fact", reason="empty: no word in it", subject=fact.text))
        elif words in first:
            reason = f"duplicate: the same words as {first[words].text!r}"
            notes.note(Drop(kind="fact", reason=reason, subject=fact.text))
        else:
            first[words] = fact
    return list(first.values())


def _smallest(categories: Categories, wanted: int) -> int:
    """The least size that leaves some category to ask for: few seeds have small clusters."""
    return min(wanted, max(len(members) for members in categories.members()))


def _with_categories(
    seeds: Sequence[Fact], categories: Categories, queries: Sequence[Query]
) -> list[Fact]:
    query_of = {number: query.text for query in queries for number in query.categories}
    return [
        fact if fact.category else msgspec.structs.replace(fact, category=query_of.get(label))
        for fact, label in zip(seeds, categories.labels, strict=True)
    ]
