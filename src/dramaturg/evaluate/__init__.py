"""Evaluate: a whole dataset in, statistics out; pure functions, no model."""

from dramaturg.evaluate.agreement import (
    Agreement,
    agreement,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    share_agreed,
)
from dramaturg.evaluate.exam import (
    SUBJECTS,
    ExamResult,
    exam_cases,
    sit_exam,
    sit_pairwise_exam,
)
from dramaturg.evaluate.jury import JuryItem, JuryResult, jury
from dramaturg.evaluate.next_utterance import Whose, next_utterance_hits
from dramaturg.evaluate.pairwise import Estimate, PairOutcome, PairwiseResult, pairwise
from dramaturg.evaluate.plant import PLANTS, Planted, plant_all
from dramaturg.evaluate.shares import Share, share
from dramaturg.evaluate.surface import opens_with, question_share, surface
from dramaturg.scorers import (
    different_utterances,
    distinct_n,
    persona_shown,
    shown,
)

__all__ = [
    "PLANTS",
    "SUBJECTS",
    "Agreement",
    "Estimate",
    "ExamResult",
    "JuryItem",
    "JuryResult",
    "PairOutcome",
    "PairwiseResult",
    "Planted",
    "Share",
    "Whose",
    "agreement",
    "cohen_kappa",
    "different_utterances",
    "distinct_n",
    "exam_cases",
    "fleiss_kappa",
    "jury",
    "krippendorff_alpha",
    "next_utterance_hits",
    "opens_with",
    "pairwise",
    "persona_shown",
    "plant_all",
    "question_share",
    "share",
    "share_agreed",
    "shown",
    "sit_exam",
    "sit_pairwise_exam",
    "surface",
]
