"""A small trained ranker: learns which utterance follows which, from vectors.

Stands where Jandaghi et al. 2023 have a Transformer ranker (an encoder, a dot product with the
candidates): here the sentence vectors are given and one matrix is learnt, with the other
utterances of the batch as wrong answers, so that it trains in seconds on two cores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.evaluate.next_utterance import WHOSE, Whose
from dramaturg.evaluate.resample import Ratio
from dramaturg.records import Conversation

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

BATCH, PASSES, RATE, SCALE = 128, 5, 0.05, 12.0
MOST = 12_000  # exchanges learnt from


@dataclass(frozen=True, eq=False)
class Exchanges:
    """Every turn that answers another: vectors of what was said, of the answer, of the personas.

    Attributes:
        last, answer: Shape `(n, dim)`.
        own, other: Mean of the fact vectors of who answers, and of who spoke; zeros if none.
        talk: Which conversation each exchange is of.
    """

    last: Floats
    answer: Floats
    own: Floats
    other: Floats
    talk: Floats


def exchanges(
    conversations: Sequence[Conversation], turns: Sequence[Floats], facts: Sequence[list[Floats]]
) -> Exchanges:
    """All exchanges of some conversations.

    Args:
        turns: For each conversation its turns' vectors, shape `(turns, dim)`.
        facts: For each conversation and speaker the facts' vectors, shape `(facts, dim)`.
    """
    import numpy as np

    count = sum(max(len(made.turns) - 1, 0) for made in conversations)
    dim = turns[0].shape[1] if len(turns) else 0
    last, answer, own, other = (np.zeros((count, dim), dtype=np.float32) for _ in range(4))
    talk = np.zeros(count, dtype=np.int64)
    at = 0
    for row, made in enumerate(conversations):
        means = [part.mean(axis=0) if len(part) else np.zeros(dim) for part in facts[row]]
        for i in range(1, len(made.turns)):
            speaker = made.turns[i].speaker
            rest = [mean for who, mean in enumerate(means) if who != speaker]
            last[at], answer[at] = turns[row][i - 1], turns[row][i]
            own[at] = means[speaker]
            if rest:
                other[at] = np.mean(rest, axis=0)
            talk[at] = row
            at += 1
    return Exchanges(last, answer, own, other, talk)


def ranker_hits(
    train: Exchanges,
    test: Exchanges,
    talks: int,
    *,
    whose: Sequence[Whose] = WHOSE,
    candidates: int = 20,
    seed: int = 13,
) -> dict[Whose, Ratio]:
    """hit@1 on the test exchanges after training on the others; one row a test conversation.

    Args:
        talks: How many conversations the test exchanges are of.
        candidates: The true answer and so many less one random answers of the test set.
    """
    import numpy as np

    found: dict[Whose, Ratio] = {}
    if not len(train.talk) or not len(test.talk):
        return found
    n = len(test.talk)
    draw = np.random.default_rng(seed)
    wrong = (np.arange(n)[:, None] + draw.integers(1, max(n, 2), size=(n, candidates - 1))) % n
    for name in whose:
        matrix = _fit(_query(train, name), train.answer, seed)
        asked = _query(test, name) @ matrix
        right = (asked * test.answer).sum(axis=1)
        others = np.stack([(asked * test.answer[column]).sum(axis=1) for column in wrong.T], axis=1)
        beaten = (others > right[:, None] + 1e-7).any(axis=1)
        ties = (np.abs(others - right[:, None]) <= 1e-7).sum(axis=1)
        hit = np.where(beaten, 0.0, 1 / (1 + ties))
        found[name] = Ratio(
            np.bincount(test.talk, weights=hit, minlength=talks),
            np.bincount(test.talk, minlength=talks).astype(np.float64),
        )
    return found


def _query(part: Exchanges, whose: Whose) -> Floats:
    import numpy as np

    parts = [part.last]
    if whose in ("self", "both"):
        parts.append(part.own)
    if whose in ("their", "both"):
        parts.append(part.other)
    return np.concatenate(parts, axis=1)


def _fit(asked: Floats, answer: Floats, seed: int) -> Floats:
    """The matrix that takes a query near its answer: AdaGrad on a softmax over the batch."""
    import numpy as np

    draw = np.random.default_rng(seed)
    dim = answer.shape[1]
    matrix = np.zeros((asked.shape[1], dim), dtype=np.float32)
    matrix[:dim] = np.eye(dim)
    past = np.full_like(matrix, 1e-4)
    for _ in range(PASSES):
        order = draw.permutation(len(asked))[:MOST]
        for start in range(0, len(order) - 1, BATCH):
            rows = order[start : start + BATCH]
            query, right = asked[rows], answer[rows]
            scores = SCALE * (query @ matrix) @ right.T
            scores -= scores.max(axis=1, keepdims=True)
            chance = np.exp(scores)
            chance /= chance.sum(axis=1, keepdims=True)
            chance[np.arange(len(rows)), np.arange(len(rows))] -= 1
            slope = SCALE * query.T @ (chance @ right) / len(rows)
            past += slope**2
            matrix -= RATE * slope / np.sqrt(past)
    return matrix
