"""Evaluate: a whole dataset in, statistics out: pure functions, no model.

`evaluate.inventory` asks a model the items of a questionnaire and is imported by name.

The module can be called: `dg.evaluate("my-dataset")` is `dramaturg.runner.evaluate_dataset`.
"""

from dramaturg.evaluate.acting import acting_figures, bleu
from dramaturg.evaluate.against_baselines import Beaten, against_baselines
from dramaturg.evaluate.agreement import (
    Agreement,
    agreement,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    share_agreed,
)
from dramaturg.evaluate.answer_score import answer_score
from dramaturg.evaluate.attribute_benchmark import (
    AttributeItem,
    attribute_items,
    attribute_labels,
    inference_figures,
    sit_attributes,
)
from dramaturg.evaluate.attribute_guesses import (
    AttributeGuess,
    AttributeLabel,
    Hits,
    attribute_hits,
    shuffled_comments,
)
from dramaturg.evaluate.attributes import AttributeScores, attribute_scores, plain_value, set_f1
from dramaturg.evaluate.beside import beside
from dramaturg.evaluate.collect import FACTS, SAMPLE, Collected, collect
from dramaturg.evaluate.counts import COUNTERS, Counter, Table
from dramaturg.evaluate.detector import Told, auc, tell_apart
from dramaturg.evaluate.door import make_callable
from dramaturg.evaluate.exam import (
    PAIR_SUBJECTS,
    SUBJECTS,
    ExamResult,
    exam_cases,
    pair_exam_cases,
    sit_exam,
    sit_pairwise_exam,
)
from dramaturg.evaluate.expert_ranker import expert_hits
from dramaturg.evaluate.figure import Difference, Figure
from dramaturg.evaluate.health import health
from dramaturg.evaluate.histories import History, HistoryTurn, join_sessions
from dramaturg.evaluate.in_domain import Item, Learnt, in_domain
from dramaturg.evaluate.jury import JuryItem, JuryResult, jury
from dramaturg.evaluate.leakage import leakage
from dramaturg.evaluate.measure import Measure, difference, figure, figures, match
from dramaturg.evaluate.measures import SETS, Equal, Side, categories, ordered, topic_spread
from dramaturg.evaluate.meteor import meteor
from dramaturg.evaluate.near_duplicates import Signatures, earlier_twin
from dramaturg.evaluate.nearest import nearest_in_meaning, nearest_in_words
from dramaturg.evaluate.next_utterance import Whose, next_utterance, next_utterance_hits
from dramaturg.evaluate.option_answers import Chosen, read_option
from dramaturg.evaluate.option_checks import (
    OptionChecks,
    arranged,
    balanced_places,
    check_options,
    chi_square,
    last_mention,
    longest,
    share_right,
    shortest,
)
from dramaturg.evaluate.option_scores import OptionScores, distance_band, score_options
from dramaturg.evaluate.out_of_profile import (
    Found,
    extended_figures,
    extension_figures,
    most_overlap,
    out_of_profile,
    overlap_search,
    retrieval_figures,
    word_f1,
)
from dramaturg.evaluate.pairwise import Estimate, PairOutcome, PairwiseResult, pairwise
from dramaturg.evaluate.picker import fit_picker
from dramaturg.evaluate.picture import badness, cases, columns, maps, scores, shown_talk
from dramaturg.evaluate.plan_questions import KINDS, Asked, plan_questions, told
from dramaturg.evaluate.plant import PLANTS, Planted, plant_all
from dramaturg.evaluate.profile_extraction import profile_extraction
from dramaturg.evaluate.profile_f1 import PairScore, drifted, profile_f1
from dramaturg.evaluate.profile_figures import construction_figures, update_figures
from dramaturg.evaluate.rank_agreement import kendall_tau, rank_score
from dramaturg.evaluate.ranker import exchanges, ranker_hits
from dramaturg.evaluate.resample import RESAMPLES, Fixed, OfSet, Ratio, interval
from dramaturg.evaluate.rounds import by_round
from dramaturg.evaluate.sample import Sample
from dramaturg.evaluate.self_bleu import self_bleu
from dramaturg.evaluate.shares import Share, share
from dramaturg.evaluate.spread import (
    effective_number,
    flat_map,
    frechet,
    mean_distance,
    topics,
    vendi,
)
from dramaturg.evaluate.surface import opens_with, question_share, surface
from dramaturg.evaluate.talk import Coder, Talk, people_key
from dramaturg.evaluate.titles import GROUPS, TITLES, meaning, title
from dramaturg.evaluate.variety import compression, different, distinct
from dramaturg.evaluate.vectors import Vectors, vectors_of
from dramaturg.scorers import different_utterances, distinct_n, persona_shown, shown

__all__ = [
    "COUNTERS",
    "FACTS",
    "GROUPS",
    "KINDS",
    "PAIR_SUBJECTS",
    "PLANTS",
    "RESAMPLES",
    "SAMPLE",
    "SETS",
    "SUBJECTS",
    "TITLES",
    "Agreement",
    "Asked",
    "AttributeGuess",
    "AttributeItem",
    "AttributeLabel",
    "AttributeScores",
    "Beaten",
    "Chosen",
    "Coder",
    "Collected",
    "Counter",
    "Difference",
    "Equal",
    "Estimate",
    "ExamResult",
    "Figure",
    "Fixed",
    "Found",
    "History",
    "HistoryTurn",
    "Hits",
    "Item",
    "JuryItem",
    "JuryResult",
    "Learnt",
    "Measure",
    "OfSet",
    "OptionChecks",
    "OptionScores",
    "PairOutcome",
    "PairScore",
    "PairwiseResult",
    "Planted",
    "Ratio",
    "Sample",
    "Share",
    "Side",
    "Signatures",
    "Table",
    "Talk",
    "Told",
    "Vectors",
    "Whose",
    "acting_figures",
    "against_baselines",
    "agreement",
    "answer_score",
    "arranged",
    "attribute_hits",
    "attribute_items",
    "attribute_labels",
    "attribute_scores",
    "auc",
    "badness",
    "balanced_places",
    "beside",
    "bleu",
    "by_round",
    "cases",
    "categories",
    "check_options",
    "chi_square",
    "cohen_kappa",
    "collect",
    "columns",
    "compression",
    "construction_figures",
    "difference",
    "different",
    "different_utterances",
    "distance_band",
    "distinct",
    "distinct_n",
    "drifted",
    "earlier_twin",
    "effective_number",
    "exam_cases",
    "exchanges",
    "expert_hits",
    "extended_figures",
    "extension_figures",
    "figure",
    "figures",
    "fit_picker",
    "flat_map",
    "fleiss_kappa",
    "frechet",
    "health",
    "in_domain",
    "inference_figures",
    "interval",
    "join_sessions",
    "jury",
    "kendall_tau",
    "krippendorff_alpha",
    "last_mention",
    "leakage",
    "longest",
    "maps",
    "match",
    "mean_distance",
    "meaning",
    "meteor",
    "most_overlap",
    "nearest_in_meaning",
    "nearest_in_words",
    "next_utterance",
    "next_utterance_hits",
    "opens_with",
    "ordered",
    "out_of_profile",
    "overlap_search",
    "pair_exam_cases",
    "pairwise",
    "people_key",
    "persona_shown",
    "plain_value",
    "plan_questions",
    "plant_all",
    "profile_extraction",
    "profile_f1",
    "question_share",
    "rank_score",
    "ranker_hits",
    "read_option",
    "retrieval_figures",
    "rouge_l",
    "score_options",
    "scores",
    "self_bleu",
    "set_f1",
    "share",
    "share_agreed",
    "share_right",
    "shortest",
    "shown",
    "shown_talk",
    "shuffled_comments",
    "sit_attributes",
    "sit_exam",
    "sit_pairwise_exam",
    "surface",
    "tell_apart",
    "title",
    "told",
    "topic_spread",
    "topics",
    "update_figures",
    "vectors_of",
    "vendi",
    "word_f1",
]

make_callable(__name__)
