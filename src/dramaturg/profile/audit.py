"""Contradictions inside profiles that somebody else made."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec

from dramaturg.models import ChatModel, NLIModel
from dramaturg.profile.consistent import Clash, Judge
from dramaturg.records import Persona


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit found.

    Attributes:
        people: Profiles looked at, equal ones counted once.
        pairs: Different pairs of facts that were judged, each both ways.
        clashes: Persona id and clash, in order of the people.
        unchecked: Persona ids with a fact that could not be negated.
    """

    people: int
    pairs: int
    clashes: tuple[tuple[str, Clash], ...]
    unchecked: tuple[str, ...] = ()

    @property
    def contradictory(self) -> int:
        """How many of the people hold at least one contradiction."""
        return len({persona for persona, _ in self.clashes})


async def audit(
    people: Sequence[Persona], nli: NLIModel, *, negator: ChatModel | None = None, seed: int = 0
) -> Audit:
    """Judge every pair of facts inside each profile, both ways.

    Args:
        negator: As in `compose`: with one, entailment of negations is judged.

    Raises:
        BackendError: If a model could not be reached.
    """
    judge = Judge(nli, negator, seed)
    unique = {tuple(sorted(f.id for f in person.facts)): person for person in reversed(people)}
    chosen = list(reversed(unique.values()))
    await judge.negate(fact for person in chosen for fact in person.facts)
    asked = [
        (person.id, pair)
        for person in chosen
        for pair in itertools.combinations(person.facts, 2)
        if judge.usable(pair[0]) and judge.usable(pair[1])
    ]
    found = await judge.clashes([pair for _, pair in asked])
    return Audit(
        people=len(chosen),
        pairs=len({(a.id, b.id) for _, (a, b) in asked}),
        clashes=tuple((p, c) for (p, _), c in zip(asked, found, strict=True) if c is not None),
        unchecked=tuple(p.id for p in chosen if not all(judge.usable(f) for f in p.facts)),
    )
