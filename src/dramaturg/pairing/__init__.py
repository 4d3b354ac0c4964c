"""Pairing: who meets whom, and what they have in common."""

from dramaturg.pairing.balanced import (
    Circumstance,
    balanced,
    load_scenes,
    with_fields,
    with_scenes,
)
from dramaturg.pairing.by_categories import by_categories
from dramaturg.pairing.by_chance import by_chance
from dramaturg.pairing.by_relation import by_relation
from dramaturg.pairing.by_similarity import by_similarity
from dramaturg.pairing.each_meets import each_meets
from dramaturg.pairing.every_pair import every_pair
from dramaturg.pairing.gatherings import gatherings
from dramaturg.pairing.given import given
from dramaturg.pairing.learned_match import (
    LearnedMatch,
    Match,
    best_matches,
    learn_match,
    load_match,
)
from dramaturg.pairing.one_to_one import one_to_one
from dramaturg.pairing.similarity import shared, similarity

__all__ = [
    "Circumstance",
    "LearnedMatch",
    "Match",
    "balanced",
    "best_matches",
    "by_categories",
    "by_chance",
    "by_relation",
    "by_similarity",
    "each_meets",
    "every_pair",
    "gatherings",
    "given",
    "learn_match",
    "load_match",
    "load_scenes",
    "one_to_one",
    "shared",
    "similarity",
    "with_fields",
    "with_scenes",
]
