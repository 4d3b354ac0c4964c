"""Does a question lie outside a profile?"""

from __future__ import annotations

from collections.abc import Sequence

from dramaturg.models import Embedder


async def nearest_fact(
    queries: Sequence[str], held: Sequence[Sequence[str]], embedder: Embedder
) -> list[tuple[int, float]]:
    """For each question the fact of its profile that is nearest to it, and how near, in [0, 1].

    Nearness is the mean of the cosine (at least 0) and the share of the fact's content words that
    the question says. A low value speaks for a question outside the profile, weakly: a question
    ("any pets?") and the fact that answers it ("I have two dogs.") often share no word and little
    direction. docs/recipes/persona-extend.md has its measured AUC; do not decide by it alone.

    Returns:
        (index of the fact, nearness); (-1, 0.0) where a profile is empty.
    """
    from dramaturg.models.experts.words import content

    texts = list(dict.fromkeys([*queries, *(fact for facts in held for fact in facts)]))
    rows = dict(zip(texts, await embedder.embed(texts), strict=True)) if texts else {}
    found = []
    for query, facts in zip(queries, held, strict=True):
        said = set(content(query))
        near = []
        for fact in facts:
            wanted = set(content(fact))
            share = len(wanted & said) / len(wanted) if wanted else 0.0
            near.append((max(0.0, float(rows[query] @ rows[fact])) + share) / 2)
        best = max(range(len(near)), key=near.__getitem__, default=-1)
        found.append((best, near[best] if near else 0.0))
    return found
