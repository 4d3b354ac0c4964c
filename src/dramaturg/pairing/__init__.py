"""Pairing: who meets whom, and what they have in common."""

from dramaturg.pairing.by_categories import by_categories
from dramaturg.pairing.by_chance import by_chance
from dramaturg.pairing.by_relation import by_relation
from dramaturg.pairing.by_similarity import by_similarity
from dramaturg.pairing.every_pair import every_pair
from dramaturg.pairing.gatherings import gatherings
from dramaturg.pairing.given import given
from dramaturg.pairing.similarity import shared, similarity

__all__ = [
    "by_categories",
    "by_chance",
    "by_relation",
    "by_similarity",
    "every_pair",
    "gatherings",
    "given",
    "shared",
    "similarity",
]
