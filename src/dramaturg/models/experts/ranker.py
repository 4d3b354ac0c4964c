"""Which utterance comes next: candidates scored by what was said and by who the speakers are.

A conditional logit over measured features (see `ranking_features`) and one learnt product of
sentence vectors; the likelihood under a language model can be added. It stands where Jandaghi et
al. 2023 have an IR baseline and a Transformer ranker.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.cards import card
from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.models.experts.ranking_features import NAMES, Looker, Question

Floats = NDArray[np.float64]
Style = Literal["made", "human"]
DATA = Path(__file__).parent / "data"
STYLES: tuple[Style, ...] = ("made", "human")
LEARNT = ("learnt product",)
LIKELIHOOD = ("log-likelihood a token", "gain over no context a token", "gain over no context")


class Ranker:
    """Scores candidates for the next turn; English.

    Args:
        style: What the conversations are like: "made" (as Synthetic-Persona-Chat) or "human" (as
            Persona-Chat, whose speakers tell far more of their persona). The weights differ.
    """

    name = "ranker"
    version = "1"
    card = card("ranker")

    def __init__(self, style: Style = "made") -> None:
        if style not in STYLES:
            raise ValueError(f"style must be 'made' or 'human', not {style!r}")
        self.style = style
        self._looker = Looker(StaticEmbedder())

    def scores(
        self,
        candidates: Sequence[str],
        *,
        own: Sequence[str],
        other: Sequence[str],
        history: Sequence[tuple[int, str]],
        speaker: int,
        likelihood: Floats | None = None,
    ) -> Floats:
        """One score a candidate, higher is likelier; only differences mean anything.

        A candidate's score does not depend on the other candidates.

        Args:
            candidates: At least one text.
            own: Facts of who speaks next; may be empty.
            other: Facts of the partner; may be empty.
            history: `(speaker, text)` so far, oldest first; may be empty.
            speaker: Who speaks next, as numbered in `history`.
            likelihood: What `likelihoods` gave for the same candidates, shape `(n, 3)`; only if
                `takes_likelihoods` (the shipped weights do not).

        Returns:
            Shape `(len(candidates),)`; `exp` of it, normed, is the chance of each candidate.
        """
        asked = Question(tuple(own), tuple(other), tuple(history), speaker)
        model = _model(self.style)
        rows = features(self._looker, asked, candidates, model.product)
        if likelihood is None:
            return np.asarray((rows * model.plain).sum(axis=1))
        if model.likely is None:
            raise ValueError(
                "the shipped ranker has no weights for likelihoods: train it with them"
            )
        return np.asarray((np.concatenate([rows, likelihood], axis=1) * model.likely).sum(axis=1))

    def rank(
        self,
        candidates: Sequence[str],
        *,
        own: Sequence[str],
        other: Sequence[str],
        history: Sequence[tuple[int, str]],
        speaker: int,
    ) -> list[int]:
        """The places of the candidates, best first; a tie stays in the given order."""
        found = self.scores(candidates, own=own, other=other, history=history, speaker=speaker)
        return [int(place) for place in np.argsort(-found, kind="stable")]


def features(
    looker: Looker, asked: Question, candidates: Sequence[str], product: NDArray[np.float32]
) -> Floats:
    """The features of `ranking_features` and the learnt product, `(n, len(NAMES) + 1)`."""
    rows = looker.rows(asked, candidates)
    vectors = looker.vectors(candidates)
    learnt = (looker.query(asked) @ product * vectors).sum(axis=1)
    return np.concatenate([rows, learnt[:, None].astype(np.float64)], axis=1)


async def likelihoods(
    candidates: Sequence[str],
    *,
    own: Sequence[str],
    other: Sequence[str],
    history: Sequence[tuple[int, str]],
    speaker: int,
    style: Style = "made",
    turns: int = 8,
) -> Floats:
    """How likely the shipped language model finds each candidate, with and without its context.

    About half a second for 20 candidates on one core.

    Args:
        turns: Of the history, the last so many are read.

    Returns:
        Columns of `LIKELIHOOD`, in nats, shape `(len(candidates), 3)`.
    """
    from dramaturg.models.embedded.writer import score_each

    sides = (own, other) if speaker == 0 else (other, own)
    said = list(history[-turns:])
    known = await score_each(*sides, said, candidates, speaker=speaker, style=style)
    blind = await score_each([], [], [], candidates, speaker=speaker, style=style)
    return np.array(
        [
            [float(a.mean()), float(a.mean() - b.mean()), float(a.sum() - b.sum())]
            for a, b in zip(known, blind, strict=True)
        ]
    ).reshape(len(candidates), len(LIKELIHOOD))


def takes_likelihoods(style: Style) -> bool:
    """Whether the ranker was trained with likelihoods, so that `scores` takes them."""
    return _model(style).likely is not None


def learnt_product(style: Style) -> NDArray[np.float32]:
    """The matrix between a query's vectors and a candidate's, `(4 * dim, dim)`."""
    return _model(style).product


@dataclass(frozen=True, eq=False)
class _Model:
    product: NDArray[np.float32]
    plain: Floats
    likely: Floats | None


@lru_cache(maxsize=2)
def _model(style: Style) -> _Model:
    with np.load(DATA / "ranker.npz") as stored:
        product = stored[f"{style}_product"].astype(np.float32) * stored[f"{style}_scale"]
    weights = json.loads((DATA / "ranker.json").read_text(encoding="utf-8"))[style]
    named = (*NAMES, *LEARNT)
    plain = np.array([weights["plain"][name] for name in named])
    given = weights.get("likely", {})
    likely = np.array([given[name] for name in (*named, *LIKELIHOOD)]) if given else None
    return _Model(product, plain, likely)
