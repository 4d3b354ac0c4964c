"""Pairing: who meets whom, and what they have in common."""

from dramaturg.pairing.by_categories import by_categories
from dramaturg.pairing.by_similarity import by_similarity
from dramaturg.pairing.gatherings import gatherings
from dramaturg.pairing.given import given
from dramaturg.pairing.similarity import shared, similarity

__all__ = [
    "by_categories",
    "by_similarity",
    "gatherings",
    "given",
    "shared",
    "similarity",
]
