"""Scorers: one conversation in, a number and its evidence out; or two in, and the better one."""

from dramaturg.scorers.atomic import (
    atomic_fidelity,
    atomic_trait,
    in_level,
    repeatability,
    steadiness,
)
from dramaturg.scorers.attribute_inference import infer_attributes, read_guesses
from dramaturg.scorers.attribute_leaks import Leak, leaks_in, read_tags, right_tags
from dramaturg.scorers.attributes import (
    ATTRIBUTES,
    age_matches,
    grade_by_rule,
    grade_guesses,
    options_in,
    read_verdicts,
)
from dramaturg.scorers.base import Comparer, Scorer
from dramaturg.scorers.coherence import coherence
from dramaturg.scorers.facts import FactRow, FactTable, fact_table
from dramaturg.scorers.faithfulness import claims, faithfulness
from dramaturg.scorers.flaws import (
    DIMENSIONS,
    ENVIRONMENT,
    FLAW_TASKS,
    Flaw,
    actor_turns,
    flaw_list,
    flaw_score,
    read_flaws,
    severity_of,
)
from dramaturg.scorers.g_eval import g_eval
from dramaturg.scorers.gpt_score import gpt_score
from dramaturg.scorers.ground import ground
from dramaturg.scorers.llm_eval import llm_eval
from dramaturg.scorers.more_human import more_human
from dramaturg.scorers.naturalness import HumanReference, human_reference, naturalness
from dramaturg.scorers.partner_fact import partner_fact
from dramaturg.scorers.persona_recall import persona_shown_by
from dramaturg.scorers.quality import POLICIES, quality, quality_panel
from dramaturg.scorers.registry import (
    DEFAULT,
    ENTRIES,
    GROUPS,
    NAMES,
    Kit,
    build,
    expand_names,
    need,
)
from dramaturg.scorers.rubric import rubric, rubrics
from dramaturg.scorers.shape import Balance, Length, Questions, Repetition
from dramaturg.scorers.shown import (
    PersonaShown,
    Shown,
    ShownCounts,
    persona_shown,
    shown,
    shown_counts,
)
from dramaturg.scorers.together import (
    FAILED_CALL,
    costs_one_item,
    lost_call,
    paid,
    together,
    why_lost,
)
from dramaturg.scorers.toxicity import toxicity
from dramaturg.scorers.variety import count_tokens, different_utterances, distinct_n
from dramaturg.scorers.who_speaks import (
    SpeakerFigures,
    SpeakerItem,
    guess_speakers,
    speaker_figures,
    speaker_items,
    who_speaks,
)
from dramaturg.scorers.words import tokens, utterances

__all__ = [
    "ATTRIBUTES",
    "DEFAULT",
    "DIMENSIONS",
    "ENTRIES",
    "ENVIRONMENT",
    "FAILED_CALL",
    "FLAW_TASKS",
    "GROUPS",
    "NAMES",
    "POLICIES",
    "Balance",
    "Comparer",
    "FactRow",
    "FactTable",
    "Flaw",
    "HumanReference",
    "Kit",
    "Leak",
    "Length",
    "PersonaShown",
    "Questions",
    "Repetition",
    "Scorer",
    "Shown",
    "ShownCounts",
    "SpeakerFigures",
    "SpeakerItem",
    "actor_turns",
    "age_matches",
    "atomic_fidelity",
    "atomic_trait",
    "build",
    "claims",
    "coherence",
    "costs_one_item",
    "count_tokens",
    "different_utterances",
    "distinct_n",
    "expand_names",
    "fact_table",
    "faithfulness",
    "flaw_list",
    "flaw_score",
    "g_eval",
    "gpt_score",
    "grade_by_rule",
    "grade_guesses",
    "ground",
    "guess_speakers",
    "human_reference",
    "in_level",
    "infer_attributes",
    "leaks_in",
    "llm_eval",
    "lost_call",
    "more_human",
    "naturalness",
    "need",
    "options_in",
    "paid",
    "partner_fact",
    "persona_shown",
    "persona_shown_by",
    "quality",
    "quality_panel",
    "read_flaws",
    "read_guesses",
    "read_tags",
    "read_verdicts",
    "repeatability",
    "right_tags",
    "rubric",
    "rubrics",
    "severity_of",
    "shown",
    "shown_counts",
    "speaker_figures",
    "speaker_items",
    "steadiness",
    "together",
    "tokens",
    "toxicity",
    "utterances",
    "who_speaks",
    "why_lost",
]
