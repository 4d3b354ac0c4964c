"""Could people have talked like this? Typicality against human conversations, or asked.

A reference is what a set of human conversations looks like from outside: nine surface features,
how they vary together, and how far from their middle people's own conversations lie. The shipped
one is of 1,000 Persona-Chat conversations (CC BY 4.0): strangers who type and take turns. What
lies outside is unlike those, which is not the same as unlike people: give the reference that you
mean.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from dramaturg.errors import NotJudged, UserError
from dramaturg.models import ChatModel
from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.asked import AskedScore, need_words
from dramaturg.scorers.base import RULE, Scorer
from dramaturg.scorers.variety import distinct_n
from dramaturg.scorers.words import STOP, tokens

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FEATURES = (
    "words a turn",
    "spread of words a turn",
    "share of turns of three words or fewer",
    "share of turns that ask",
    "share of turns that begin with I",
    "share of function words",
    "share of content words taken from the turn before",
    "share of word pairs that differ, first 100 words",
    "share of turns said before",
)
_FEWEST = 30  # conversations that a reference needs
_RIDGE = 0.05  # added to the correlations, so that no direction counts without limit
_SHOWN = 3


class HumanReference(msgspec.Struct, frozen=True, kw_only=True):
    """What human conversations look like from outside.

    Attributes:
        name: Where they come from, and their licence.
        conversations: How many.
        mean, spread: Of each feature, in the order of `FEATURES`.
        inverse: The inverse of the features' correlations, ridge added; by rows.
        distances: 101 quantiles of the reference conversations' own distances.
    """

    name: str
    conversations: int
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    inverse: tuple[tuple[float, ...], ...]
    distances: tuple[float, ...]


def surface_features(conversation: Conversation) -> npt.NDArray[np.float64]:
    """The nine numbers of `FEATURES`; case and punctuation change none but "asks".

    Raises:
        NotJudged: If fewer than four turns say something.
    """
    import numpy as np

    need_words(conversation)
    texts = [turn.text for turn in conversation.turns if turn.text.strip()]
    said = [words for text in texts if (words := _plain(text))]
    if len(said) < 4:
        raise NotJudged("fewer than four turns say something", kind="fewer than four turns")
    lengths = np.array([len(words) for words in said], dtype=float)
    plain = [" ".join(words) for words in said]
    taken = []
    for before, words in pairwise(said):
        own = {w for w in words if w not in STOP}
        if own:
            taken.append(len(own & set(before)) / len(own))
    total = int(lengths.sum())
    return np.array(
        [
            math.log(lengths.mean()),
            math.log(1 + lengths.std()),
            float((lengths <= 3).mean()),
            sum(any(mark in text for mark in "?？؟") for text in texts) / len(texts),
            sum(words[0] in ("i", "i'm", "i've", "i'd", "im") for words in said) / len(said),
            sum(w in STOP for words in said for w in words) / total,
            sum(taken) / len(taken) if taken else 0.0,
            distinct_n([" ".join(plain)], 2, at_tokens=100),
            1 - len(set(plain)) / len(plain),
        ]
    )


def human_reference(conversations: Iterable[Conversation], name: str) -> HumanReference:
    """The reference that these conversations make; those that cannot be measured are left out.

    Raises:
        UserError: If fewer than 30 can be measured.
    """
    import numpy as np

    rows = []
    for conversation in conversations:
        try:
            rows.append(surface_features(conversation))
        except NotJudged:
            continue
    if len(rows) < _FEWEST:
        raise UserError(
            f"{name} is too small for a human reference",
            why=f"{len(rows)} conversations could be measured, {_FEWEST} are needed",
            fix="give a larger file, or leave the reference out to take the shipped one",
        )
    table = np.stack(rows)
    mean, spread = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-3)
    z = (table - mean) / spread
    inverse = np.linalg.inv(z.T @ z / len(z) + _RIDGE * np.eye(len(FEATURES)))
    distances = np.einsum("ij,jk,ik->i", z, inverse, z)
    return HumanReference(
        name=name,
        conversations=len(rows),
        mean=_tuple(mean),
        spread=_tuple(spread),
        inverse=tuple(_tuple(row) for row in inverse),
        distances=_tuple(np.quantile(distances, np.linspace(0, 1, 101))),
    )


@cache
def shipped_reference() -> HumanReference:
    """The reference in the package: 1,000 conversations of Persona-Chat's training part."""
    text = resources.files("dramaturg.scorers").joinpath("data", "human.json").read_bytes()
    return msgspec.json.decode(text, type=HumanReference)


def write_reference(reference: HumanReference, path: Path) -> None:
    """Write a reference as JSON, rounded to six digits."""
    plain = json.loads(msgspec.json.encode(reference), parse_float=lambda x: round(float(x), 6))
    path.write_text(json.dumps(plain) + "\n", encoding="utf-8")


def naturalness(
    judge: ChatModel | None = None, *, reference: HumanReference | None = None
) -> Scorer:
    """How human a conversation looks; higher is better.

    Args:
        judge: None measures; a chat model is asked on a scale from 1 to 5.
        reference: For the measured form; None takes the shipped one.

    Returns:
        Measured: the share of the reference's conversations that are at least as far from its
        middle, in [0, 1]: spread evenly for conversations like the reference, near 0 for others.
    """
    if judge is not None:
        return AskedScore("naturalness", judge, "judge.naturalness", "rubric_naturalness", 1, 5)
    return _Typical(reference or shipped_reference())


class _Typical:
    name, version, cost_rank, low, high = "naturalness", "surface-1", RULE, 0.0, 1.0

    def __init__(self, reference: HumanReference) -> None:
        import numpy as np

        self.reference = reference
        self._mean, self._spread = np.array(reference.mean), np.array(reference.spread)
        self._inverse = np.array(reference.inverse)
        self._grid = np.linspace(0, 1, len(reference.distances))

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        import numpy as np

        found = surface_features(conversation)
        z = (found - self._mean) / self._spread
        distance = float(z @ self._inverse @ z)
        below = float(np.interp(distance, self.reference.distances, self._grid))
        far = sorted(range(len(z)), key=lambda i: -abs(z[i]))[:_SHOWN]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(1 - below, 6),
            reasons=tuple(
                f"{FEATURES[i]}: {_readable(i, found[i])}, in the reference "
                f"{_readable(i, self._mean[i])} ({z[i]:+.1f} spreads)"
                for i in far
                if abs(z[i]) >= 1.5
            ),
            evidence=tuple(Evidence(note=FEATURES[i]) for i in far if abs(z[i]) >= 1.5),
        )


def _readable(feature: int, value: float) -> str:
    if feature == 0:
        return f"{math.exp(value):.1f}"
    return f"{math.exp(value) - 1:.1f}" if feature == 1 else f"{value:.2f}"


def _plain(text: str) -> list[str]:
    """Words with contractions joined, however the corpus parts them ("do n't", "i ' m")."""
    return tokens(text.replace(" ' ", "'").replace(" '", "'").replace(" n't", "n't"))


def _tuple(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
