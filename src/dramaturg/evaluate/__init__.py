"""Evaluate: a whole dataset in, statistics out; pure functions, no model."""

from dramaturg.evaluate.next_utterance import Whose, next_utterance_hits
from dramaturg.evaluate.surface import opens_with, question_share, surface
from dramaturg.scorers import (
    different_utterances,
    distinct_n,
    persona_shown,
    shown,
)

__all__ = [
    "Whose",
    "different_utterances",
    "distinct_n",
    "next_utterance_hits",
    "opens_with",
    "persona_shown",
    "question_share",
    "shown",
    "surface",
]
