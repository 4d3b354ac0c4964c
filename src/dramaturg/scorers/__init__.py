"""Scorers: one conversation in, a number and its evidence out; or two in, and the better one."""

from dramaturg.scorers.aloud import said_aloud
from dramaturg.scorers.atomic import (
    atomic_fidelity,
    atomic_trait,
    in_level,
    repeatability,
    steadiness,
)
from dramaturg.scorers.attribute import USES, Attribution, attribute
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
from dramaturg.scorers.by_probability import follow_up, remarks, weighted_rating, yes_probability
from dramaturg.scorers.coherence import coherence
from dramaturg.scorers.degenerate import Circles, Degeneration, degeneration, repeats_itself
from dramaturg.scorers.dimensions import dimensions
from dramaturg.scorers.facts import FactRow, FactTable, fact_table
from dramaturg.scorers.faithfulness import claims, faithfulness
from dramaturg.scorers.fits import better_fit, blind_wins
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
from dramaturg.scorers.fluency import fluency, fluency_in
from dramaturg.scorers.g_eval import g_eval
from dramaturg.scorers.gpt_score import gpt_score
from dramaturg.scorers.ground import ground
from dramaturg.scorers.hints import clashes, reveals, rounds_text
from dramaturg.scorers.in_language import astray, in_language
from dramaturg.scorers.languages import (
    Language,
    find_language,
    find_languages,
    spaced,
    tell_language,
)
from dramaturg.scorers.llm_eval import llm_eval
from dramaturg.scorers.more_human import more_human
from dramaturg.scorers.naturalness import HumanReference, human_reference, naturalness
from dramaturg.scorers.overall import overall
from dramaturg.scorers.partner_fact import partner_fact
from dramaturg.scorers.persona_copy import persona_copy
from dramaturg.scorers.persona_recall import persona_shown_by
from dramaturg.scorers.personal_answer import mark_answer
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
from dramaturg.scorers.rouge import longest_common, rouge_l, too_alike
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
from dramaturg.scorers.support import mood_by, support_rubric
from dramaturg.scorers.together import (
    FAILED_CALL,
    costs_one_item,
    lost_call,
    paid,
    together,
    why_lost,
)
from dramaturg.scorers.toxicity import toxicity
from dramaturg.scorers.trait_ratings import level_shown, trait_ratings
from dramaturg.scorers.turn_format import TurnFormat, longest_copied
from dramaturg.scorers.variety import count_tokens, different_utterances, distinct_n
from dramaturg.scorers.who_speaks import (
    SpeakerFigures,
    SpeakerItem,
    guess_speakers,
    speaker_figures,
    speaker_items,
    who_speaks,
)
from dramaturg.scorers.words import shown_words, tokens, utterances

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
    "USES",
    "Attribution",
    "Balance",
    "Circles",
    "Comparer",
    "Degeneration",
    "FactRow",
    "FactTable",
    "Flaw",
    "HumanReference",
    "Kit",
    "Language",
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
    "TurnFormat",
    "actor_turns",
    "age_matches",
    "astray",
    "atomic_fidelity",
    "atomic_trait",
    "attribute",
    "better_fit",
    "blind_wins",
    "build",
    "claims",
    "clashes",
    "coherence",
    "costs_one_item",
    "count_tokens",
    "degeneration",
    "different_utterances",
    "dimensions",
    "distinct_n",
    "expand_names",
    "fact_table",
    "faithfulness",
    "find_language",
    "find_languages",
    "flaw_list",
    "flaw_score",
    "fluency",
    "fluency_in",
    "follow_up",
    "g_eval",
    "gpt_score",
    "grade_by_rule",
    "grade_guesses",
    "ground",
    "guess_speakers",
    "human_reference",
    "in_language",
    "in_level",
    "infer_attributes",
    "leaks_in",
    "level_shown",
    "llm_eval",
    "longest_common",
    "longest_copied",
    "lost_call",
    "mark_answer",
    "mood_by",
    "more_human",
    "naturalness",
    "need",
    "options_in",
    "overall",
    "paid",
    "partner_fact",
    "persona_copy",
    "persona_shown",
    "persona_shown_by",
    "quality",
    "quality_panel",
    "read_flaws",
    "read_guesses",
    "read_tags",
    "read_verdicts",
    "remarks",
    "repeatability",
    "repeats_itself",
    "reveals",
    "right_tags",
    "rouge_l",
    "rounds_text",
    "rubric",
    "rubrics",
    "said_aloud",
    "severity_of",
    "shown",
    "shown_counts",
    "shown_words",
    "spaced",
    "speaker_figures",
    "speaker_items",
    "steadiness",
    "support_rubric",
    "tell_language",
    "together",
    "tokens",
    "too_alike",
    "toxicity",
    "trait_ratings",
    "utterances",
    "weighted_rating",
    "who_speaks",
    "why_lost",
    "yes_probability",
]
