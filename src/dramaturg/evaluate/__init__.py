"""Evaluate: a whole dataset in, statistics out; pure functions, no model."""

from dramaturg.evaluate.agreement import (
    Agreement,
    agreement,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    share_agreed,
)
from dramaturg.evaluate.next_utterance import Whose, next_utterance_hits
from dramaturg.evaluate.surface import opens_with, question_share, surface
from dramaturg.scorers import (
    different_utterances,
    distinct_n,
    persona_shown,
    shown,
)

__all__ = [
    "Agreement",
    "Whose",
    "agreement",
    "cohen_kappa",
    "different_utterances",
    "distinct_n",
    "fleiss_kappa",
    "krippendorff_alpha",
    "next_utterance_hits",
    "opens_with",
    "persona_shown",
    "question_share",
    "share_agreed",
    "shown",
    "surface",
]
