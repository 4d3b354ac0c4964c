"""Evaluate: a whole dataset in, statistics out; pure functions, no model.

The module can be called: `dg.evaluate("my-dataset")` is `dramaturg.runner.evaluate_dataset`.
"""

from dramaturg.evaluate.acting import acting_figures, bleu, rouge_l
from dramaturg.evaluate.agreement import (
    Agreement,
    agreement,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    share_agreed,
)
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
from dramaturg.evaluate.figure import Difference, Figure
from dramaturg.evaluate.health import health
from dramaturg.evaluate.jury import JuryItem, JuryResult, jury
from dramaturg.evaluate.leakage import leakage
from dramaturg.evaluate.measure import Measure, difference, figure, figures, match
from dramaturg.evaluate.measures import SETS, Equal, Side, categories, ordered, topic_spread
from dramaturg.evaluate.near_duplicates import Signatures, earlier_twin
from dramaturg.evaluate.next_utterance import Whose, next_utterance, next_utterance_hits
from dramaturg.evaluate.pairwise import Estimate, PairOutcome, PairwiseResult, pairwise
from dramaturg.evaluate.picture import badness, cases, columns, maps, scores, shown_talk
from dramaturg.evaluate.plant import PLANTS, Planted, plant_all
from dramaturg.evaluate.profile_extraction import profile_extraction
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
from dramaturg.scorers import (
    different_utterances,
    distinct_n,
    persona_shown,
    shown,
)

__all__ = [
    "COUNTERS",
    "FACTS",
    "GROUPS",
    "PAIR_SUBJECTS",
    "PLANTS",
    "RESAMPLES",
    "SAMPLE",
    "SETS",
    "SUBJECTS",
    "TITLES",
    "Agreement",
    "AttributeGuess",
    "AttributeItem",
    "AttributeLabel",
    "Coder",
    "Collected",
    "Counter",
    "Difference",
    "Equal",
    "Estimate",
    "ExamResult",
    "Figure",
    "Fixed",
    "Hits",
    "JuryItem",
    "JuryResult",
    "Measure",
    "OfSet",
    "PairOutcome",
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
    "agreement",
    "attribute_hits",
    "attribute_items",
    "attribute_labels",
    "auc",
    "badness",
    "beside",
    "bleu",
    "by_round",
    "cases",
    "categories",
    "cohen_kappa",
    "collect",
    "columns",
    "compression",
    "difference",
    "different",
    "different_utterances",
    "distinct",
    "distinct_n",
    "earlier_twin",
    "effective_number",
    "exam_cases",
    "exchanges",
    "figure",
    "figures",
    "flat_map",
    "fleiss_kappa",
    "frechet",
    "health",
    "inference_figures",
    "interval",
    "jury",
    "krippendorff_alpha",
    "leakage",
    "maps",
    "match",
    "mean_distance",
    "meaning",
    "next_utterance",
    "next_utterance_hits",
    "opens_with",
    "ordered",
    "pair_exam_cases",
    "pairwise",
    "people_key",
    "persona_shown",
    "plant_all",
    "profile_extraction",
    "question_share",
    "ranker_hits",
    "rouge_l",
    "scores",
    "self_bleu",
    "share",
    "share_agreed",
    "shown",
    "shown_talk",
    "shuffled_comments",
    "sit_attributes",
    "sit_exam",
    "sit_pairwise_exam",
    "surface",
    "tell_apart",
    "title",
    "topic_spread",
    "topics",
    "vectors_of",
    "vendi",
]

make_callable(__name__)  # dg.evaluate("my-dataset")
