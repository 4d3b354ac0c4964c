"""From pairwise answers to one winner: a Copeland vote for each expert, then a majority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from dramaturg.records import Comparison


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Who won: places are indexes into the candidates.

    Attributes:
        winner: Most votes; ties go to more pairwise wins, then to the lower index.
        votes: By candidate; an expert whose winners tie shares its vote among them.
        wins: Pairwise wins by candidate, over all experts.
    """

    winner: int
    votes: tuple[Fraction, ...]
    wins: tuple[int, ...]


def tally(candidates: Sequence[str], by_expert: Mapping[str, Sequence[Comparison]]) -> Tally:
    """The winner among the candidates.

    An expert votes for its Copeland winner, the candidate with most pairwise wins under its
    policy. An expert that sees no difference at all gives no vote.

    Args:
        candidates: Ids, at least one.
        by_expert: For each expert its comparisons of all pairs of candidates.

    Source: Jandaghi et al. 2023 leave it open how comparisons become a vote and how ties end;
    these are our defaults.
    """
    place = {name: i for i, name in enumerate(candidates)}
    votes = [Fraction(0)] * len(candidates)
    wins = [0] * len(candidates)
    for comparisons in by_expert.values():
        won = [0] * len(candidates)
        for comparison in comparisons:
            if comparison.winner is not None:
                won[place[comparison.winner]] += 1
        wins = [a + b for a, b in zip(wins, won, strict=True)]
        best = max(won)
        leaders = [i for i, n in enumerate(won) if n == best] if best else []
        for i in leaders:
            votes[i] += Fraction(1, len(leaders))
    winner = max(range(len(candidates)), key=lambda i: (votes[i], wins[i], -i))
    return Tally(winner=winner, votes=tuple(votes), wins=tuple(wins))
