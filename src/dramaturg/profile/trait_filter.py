"""Whose documents show a trait plainly and again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dramaturg.errors import UserError


def traits_shown(
    ratings: Sequence[Mapping[str, float]], *, alpha: float = 0.6, beta: float = 0.5
) -> tuple[str, ...]:
    """The traits that enough of a person's documents show strongly enough.

    Args:
        ratings: How strongly each document shows each trait, 0 to 1; a trait that is not there
            counts as not shown.
        alpha: From this rating on a document shows a trait.
        beta: This share of the documents, in (0, 1], must show it.

    Returns:
        Names in order of first appearance; empty: the person is not kept.

    Raises:
        UserError: If alpha or beta is out of its range.

    >>> traits_shown([{"openness": 0.9}, {"openness": 0.7}, {"openness": 0.1}])
    ('openness',)
    """
    if not 0 <= alpha <= 1 or not 0 < beta <= 1:
        raise UserError(f"alpha={alpha} and beta={beta} must be shares, beta above 0")
    names = dict.fromkeys(name for rating in ratings for name in rating)
    return tuple(
        name
        for name in names
        if sum(rating.get(name, 0.0) >= alpha for rating in ratings) >= beta * len(ratings)
    )
