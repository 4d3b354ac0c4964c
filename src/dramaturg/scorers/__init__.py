"""Scorers: one conversation in, a number and its evidence out; or two in, and the better one."""

from dramaturg.scorers.base import Comparer, Scorer
from dramaturg.scorers.faithfulness import claims, faithfulness
from dramaturg.scorers.ground import ground
from dramaturg.scorers.partner_fact import partner_fact
from dramaturg.scorers.quality import POLICIES, quality, quality_panel
from dramaturg.scorers.shown import (
    PersonaShown,
    Shown,
    ShownCounts,
    persona_shown,
    shown,
    shown_counts,
)
from dramaturg.scorers.together import FAILED_CALL, costs_one_item, lost_call, together
from dramaturg.scorers.toxicity import toxicity
from dramaturg.scorers.variety import count_tokens, different_utterances, distinct_n
from dramaturg.scorers.words import tokens, utterances

__all__ = [
    "FAILED_CALL",
    "POLICIES",
    "Comparer",
    "PersonaShown",
    "Scorer",
    "Shown",
    "ShownCounts",
    "claims",
    "costs_one_item",
    "count_tokens",
    "different_utterances",
    "distinct_n",
    "faithfulness",
    "ground",
    "lost_call",
    "partner_fact",
    "persona_shown",
    "quality",
    "quality_panel",
    "shown",
    "shown_counts",
    "together",
    "tokens",
    "toxicity",
    "utterances",
]
