"""Draw the next token: top-k, temperature, and what may not be said again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.embedded.formats import FIRST_BYTE, Control
from dramaturg.models.embedded.shipped import Array

GRAM = 4  # a run of so many tokens that was said before is made less likely
OWN_GRAM = 3  # the same inside one text
GRAM_PENALTY = 2.0  # in nats
OWN_PENALTY = 4.0


class Sampler:
    """Random draws of one request; the same seed and logits give the same tokens."""

    def __init__(self, seed: int | str, *, temperature: float = 0.7, top_k: int = 40) -> None:
        digest = hashlib.sha256(str(seed).encode()).digest()
        self._rng = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
        self.temperature, self.top_k = temperature, top_k

    def text(
        self,
        logits: Array,
        ends: Iterable[Control],
        said: Grams | None = None,
        heat: float = 1.0,
        bonuses: Mapping[int, float] = MappingProxyType({}),
    ) -> int:
        """A text token, or one of the control tokens that end the text.

        Args:
            logits: Shape `(vocabulary,)`; not changed.
            ends: Control tokens that may be drawn.
            said: Earlier runs of tokens to be less likely.
            heat: Factor on the temperature.
            bonuses: Nats to add to some tokens.
        """
        scores = logits.astype(np.float64)
        ends = list(ends)
        kept = scores[ends]
        scores[:FIRST_BYTE] = -np.inf
        scores[ends] = kept
        if said is not None:
            scores[said.followers()] -= GRAM_PENALTY
            scores[said.own_followers()] -= OWN_PENALTY
        for token, bonus in bonuses.items():
            scores[token] += bonus
        best = np.argpartition(scores, -self.top_k)[-self.top_k :]
        best = best[np.lexsort((best, -scores[best]))]
        return int(best[self._draw(scores[best], heat)])

    def among(self, logits: Array, allowed: Sequence[int], temperature: float = 1.0) -> int:
        """One of the allowed tokens, by the model's own probabilities."""
        return allowed[
            self._draw(logits[list(allowed)].astype(np.float64), temperature, plain=True)
        ]

    def yes(self, log_odds: float) -> bool:
        """True with the probability that these log-odds give."""
        return bool(self._rng.random() < 1.0 / (1.0 + np.exp(-np.clip(log_odds, -50, 50))))

    def _draw(self, scores: NDArray[np.float64], heat: float, *, plain: bool = False) -> int:
        heat = max(1e-3, heat if plain else heat * self.temperature)
        chances = np.exp((scores - scores.max()) / heat)
        edges = np.cumsum(chances / chances.sum())
        return min(int(np.searchsorted(edges, self._rng.random(), "right")), len(edges) - 1)


def log_likelihood(logits: Array, token: int) -> float:
    """Log-likelihood of one token, in nats."""
    scores = logits.astype(np.float64)
    top = float(scores.max())
    return float(scores[token]) - top - float(np.log(np.exp(scores - top).sum()))


class Grams:
    """The runs of `GRAM` tokens of what was said so far."""

    def __init__(self) -> None:
        self._after: dict[tuple[int, ...], list[int]] = {}
        self._now: list[int] = []

    def add(self, token: int) -> None:
        """Go on in the present text by one token."""
        self._now.append(token)

    def end(self) -> None:
        """Finish the present text; from now on its runs count."""
        for place in range(len(self._now) - GRAM + 1):
            run = self._now[place : place + GRAM]
            self._after.setdefault(tuple(run[:-1]), []).append(run[-1])
        self._now = []

    def restart(self) -> None:
        """Forget the present text."""
        self._now = []

    def followers(self) -> list[int]:
        """Tokens that would finish a run that was said before."""
        return list(set(self._after.get(tuple(self._now[-GRAM + 1 :]), ())))

    def own_followers(self) -> list[int]:
        """Tokens that would finish a shorter run of the present text itself."""
        tail = self._now[-OWN_GRAM + 1 :]
        places = range(len(self._now) - OWN_GRAM + 1)
        return list(
            {
                self._now[place + OWN_GRAM - 1]
                for place in places
                if self._now[place : place + OWN_GRAM - 1] == tail
            }
        )
