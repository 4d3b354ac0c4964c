"""Near-duplicates among short descriptions of people: by their words, then by their meaning.

Source: Ge et al. 2024, arXiv:2406.20094 (Jaccard 0.9 on single words, then cosine 0.9).
Differs: pairs are found exactly, by the rarest words that two similar sets must share (Bayardo, Ma
& Srikant 2007, "Scaling up all pairs similarity search"), and not guessed from signatures; scripts
without spaces count by the character.

The blind spot of words: one of n different words replaced leaves a share of (n - 1) / (n + 1), so
below 19 words a bar of 0.9 lets the copy through. That is what the second pass is for.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dramaturg.dataset.terms import terms
from dramaturg.errors import UserError
from dramaturg.models import Embedder
from dramaturg.persona.seen import Seen
from dramaturg.records import Drop, Persona
from dramaturg.store import notes

JACCARD, COSINE = 0.9, 0.9
_SLACK = 1e-9


def near_duplicates(texts: Sequence[str], at: float = JACCARD) -> dict[int, tuple[int, float]]:
    """Which texts have nearly the same words as an earlier one that stays.

    Case, punctuation and order do not count, nor how often a word comes. Texts without any word
    are alike only if they are the same to the letter.

    Args:
        at: Share of the words of both that are common to both (Jaccard) from which two count as
            one, in (0, 1].

    Returns:
        Index of the one that goes -> (index of the earlier one that stays, their share).

    >>> near_duplicates(["A nurse in Ghent", "We ski", "a NURSE, in Ghent."])
    {2: (0, 1.0)}
    """
    if not 0 < at <= 1:
        raise UserError(f"a share of {at:g} is out of range", fix="give more than 0, at most 1")
    bags = [frozenset(terms(text) or [text]) for text in texts]
    rarity = Counter(word for bag in bags for word in bag)
    shelves: dict[str, list[int]] = defaultdict(list)
    gone: dict[int, tuple[int, float]] = {}
    for index, bag in enumerate(bags):
        rare = sorted(bag, key=lambda word: (rarity[word], word))
        # Two sets that share so much share one of so many of their rarest words.
        prefix = rare[: len(bag) - math.ceil(at * len(bag) - _SLACK) + 1]
        known = {other for word in prefix for other in shelves[word]}
        alike = ((jaccard(bag, bags[other]), -other) for other in known)
        best = max(alike, default=(0.0, 0))
        if best[0] >= at - _SLACK:
            gone[index] = (-best[1], best[0])
        else:
            for word in prefix:
                shelves[word].append(index)
    return gone


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of the elements of both that are common to both, in [0, 1]; 0 for two empty sets."""
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0


async def near_in_meaning(
    texts: Sequence[str], embedder: Embedder, at: float = COSINE
) -> dict[int, tuple[int, float]]:
    """Which texts mean nearly what an earlier one that stays means; as `near_duplicates`.

    Args:
        at: Cosine above which two count as one. 0.9 takes copies and paraphrases; 0.5 leaves a
            few that are very different.
    """
    if not texts:
        return {}
    vectors = await embedder.embed(texts)
    seen = Seen(at)
    kept: list[int] = []
    gone: dict[int, tuple[int, float]] = {}
    for index, (text, vector) in enumerate(zip(texts, vectors, strict=True)):
        found, cosine = seen.nearest(vector)
        if found is not None and cosine > at:
            gone[index] = (kept[found], cosine)
        else:
            seen.add(text, vector)
            kept.append(index)
    return gone


@dataclass(frozen=True)
class Distinct:
    """People of whom no two are nearly the same.

    Attributes:
        people: Those that stay, in order.
        twins: Id of each one that went -> id of the one that stays for them.
        counts: "people", "same_words", "same_meaning", "left".
    """

    people: list[Persona]
    twins: dict[str, str]
    counts: dict[str, int]


async def distinct(
    people: Sequence[Persona],
    embedder: Embedder,
    *,
    words: float = JACCARD,
    meaning: float = COSINE,
) -> Distinct:
    """The first of each group of people that are nearly the same; each other one becomes a Drop.

    Args:
        words: Jaccard from which two count as one.
        meaning: Cosine above which two of the rest count as one; 1 leaves this pass out.
    """
    told = [" ".join(person.sentences) for person in people]
    first = near_duplicates(told, words)
    rest = [index for index in range(len(people)) if index not in first]
    second: dict[int, tuple[int, float]] = {}
    if meaning < 1:
        found = await near_in_meaning([told[index] for index in rest], embedder, meaning)
        second = {rest[new]: (rest[old], cosine) for new, (old, cosine) in found.items()}
    twins: dict[int, int] = {}
    for index in range(len(people)):
        how, scale = (first, "words") if index in first else (second, "meaning")
        if index in how:
            old, share = how[index]
            twins[index] = twins.get(old, old)
            reason = f"same {scale}: {share:.3f} to {told[old]!r}"
            notes.note(Drop(kind="persona", reason=reason, subject=told[index]))
    return Distinct(
        people=[person for index, person in enumerate(people) if index not in twins],
        twins={people[index].id: people[old].id for index, old in twins.items()},
        counts={
            "people": len(people),
            "same_words": len(first),
            "same_meaning": len(second),
            "left": len(people) - len(twins),
        },
    )
