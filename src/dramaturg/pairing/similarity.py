"""How much two people have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from dramaturg.records import Persona


def categories_of(person: Persona, labels: Mapping[str, str]) -> Counter[str]:
    """How many of the person's facts lie in each category; facts without a label do not count.

    Args:
        labels: Category by fact id.
    """
    return Counter(labels[fact.id] for fact in person.facts if fact.id in labels)


def similarity(first: Persona, second: Persona, labels: Mapping[str, str]) -> int:
    """The number of pairs of facts, one of each person, that lie in a common category.

    Pairs are counted, not categories: two pet sentences against two pet sentences are 4.

    Source: Jandaghi et al. 2023, s(U1, U2).
    """
    mine, yours = categories_of(first, labels), categories_of(second, labels)
    return sum(n * yours[category] for category, n in mine.items())


def shared(first: Persona, second: Persona, labels: Mapping[str, str]) -> list[dict[str, str]]:
    """Those pairs of facts, each with its category, in order of the first person's facts."""
    return [
        {"category": labels[a.id], "first": a.text, "second": b.text}
        for a in first.facts
        for b in second.facts
        if a.id in labels and labels.get(b.id) == labels[a.id]
    ]
