"""How often the ranker finds the true next turn, beside words alone and each of its parts."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.models.experts.ranker import (
    STYLES,
    Ranker,
    Style,
    features,
    learnt_product,
    takes_likelihoods,
)
from dramaturg.models.experts.ranking_features import NAMES, Looker
from dramaturg.models.experts.words import words
from dramaturg.train.experts import data
from dramaturg.train.experts.ranking import Asked, Talk, ask, asked_likelihoods

Floats = NDArray[np.float64]
Figures = dict[str, dict[str, Any]]
EACH = 2  # questions a conversation
SEED = 7


def measure_ranker(folder: Path, likely: int = 0) -> Figures:
    """hits@1, hits@5 and the mean reciprocal rank among 20, on both valid parts.

    Args:
        likely: Questions, of all, that are also asked of the language model (a second each).
    """
    found: Figures = {}
    for style in STYLES:
        talks, split = valid_talks(folder, style)
        asked = ask(talks, EACH, SEED)
        for name, scores in parts(asked, talks, style).items():
            found[f"{name}, {split}"] = _entry(scores, split)
        if likely:
            step = max(1, len(asked) // likely)
            few = asked[::step][:likely]
            chances = asked_likelihoods(few, style)
            part = f"{split}, every {step}th question"
            scored = {
                "log-likelihood a token of the language model": chances[:, :, 0],
                "its gain over no context": chances[:, :, 2],
                "ranker": _ranked(few, style),
            }
            if takes_likelihoods(style):
                scored["ranker with likelihoods"] = _ranked(few, style, chances)
            for name, scores in scored.items():
                found[f"{name}, {part}"] = _entry(scores, part)
    return found


def valid_talks(folder: Path, style: Style) -> tuple[list[Talk], str]:
    """The conversations measured on, and their name."""
    if style == "made":
        return data.spc(folder, "valid"), "SPC valid"
    return data.personachat(folder, "valid"), "Persona-Chat valid"


def parts(asked: Sequence[Asked], talks: Sequence[Talk], style: Style) -> dict[str, Floats]:
    """Scores by name, each `(len(asked), candidates)`, the true answer in column 0."""
    looker, product = Looker(StaticEmbedder()), learnt_product(style)
    rows = np.stack([features(looker, a.question, a.candidates, product) for a in asked])
    return {
        "ranker": _ranked(asked, style),
        "baseline, words (IR), last turn": _by_words(asked, talks, persona=False),
        "baseline, words (IR), last turn and own persona": _by_words(asked, talks, persona=True),
        "static cosine with the last turn": rows[:, :, NAMES.index("cosine: last turn")],
        "static cosine with the nearest own fact": rows[:, :, NAMES.index("cosine: best own fact")],
        "learnt product alone": rows[:, :, -1],
    }


def hits(scores: Floats) -> tuple[float, float, float]:
    """hits@1, hits@5, mean reciprocal rank of column 0; among equals each order is as likely."""
    true = scores[:, :1]
    above = (scores > true + 1e-9).sum(axis=1)
    level = (np.abs(scores[:, 1:] - true) <= 1e-9).sum(axis=1)
    first = np.where(above == 0, 1 / (1 + level), 0.0).mean()
    fifth = np.clip((5 - above) / (1 + level), 0.0, 1.0).mean()
    ranks = [
        np.mean([1 / (1 + a + i) for i in range(n + 1)]) for a, n in zip(above, level, strict=True)
    ]
    return float(first), float(fifth), float(np.mean(ranks))


def _entry(scores: Floats, split: str) -> dict[str, Any]:
    first, fifth, reciprocal = hits(scores)
    return {
        "value": round(first, 4),
        "n": len(scores),
        "unit": "hits@1 of 20",
        "split": split,
        "hits@5": round(fifth, 4),
        "mean reciprocal rank": round(reciprocal, 4),
    }


def _ranked(asked: Sequence[Asked], style: Style, chances: Floats | None = None) -> Floats:
    ranker = Ranker(style)
    return np.stack(
        [
            ranker.scores(
                a.candidates,
                own=a.question.own,
                other=a.question.other,
                history=a.question.history,
                speaker=a.question.speaker,
                likelihood=None if chances is None else chances[place],
            )
            for place, a in enumerate(asked)
        ]
    )


def _by_words(asked: Sequence[Asked], talks: Sequence[Talk], persona: bool) -> Floats:
    """Shared words weighed by idf over the candidate's length, as `evaluate` does."""
    pool = [frozenset(words(text)) for _, _, turns in talks for _, text in turns]
    counts = Counter(word for bag in pool for word in bag)
    idf = {word: math.log(len(pool) / n) for word, n in counts.items()}
    found = []
    for a in asked:
        query = set(words(a.question.history[-1][1]))
        if persona:
            query.update(word for fact in a.question.own for word in words(fact))
        row = []
        for text in a.candidates:
            bag = sorted(set(words(text)))
            length = math.sqrt(sum(idf[word] ** 2 for word in bag)) or 1.0
            row.append(sum(idf[word] for word in bag if word in query) / length)
        found.append(row)
    return np.array(found)
