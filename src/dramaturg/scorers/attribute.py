"""Which fact, if any, does an utterance use? The step between a turn and a profile.

Measured on people's replies with known facts: docs/recipes/persona-extend.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dramaturg.models import Embedder, NLIModel
from dramaturg.scorers.faithfulness import claims

USES = 0.4  # score from which a fact counts as used


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """How far an utterance uses each fact.

    Attributes:
        scores: One a fact, in order, in [0, 1]: the mean of what was asked for.
        used: Indexes of the facts at or above the threshold, the surest first.
    """

    scores: tuple[float, ...]
    used: tuple[int, ...]

    @property
    def only(self) -> int | None:
        """The fact that is used where exactly one is, else None."""
        return self.used[0] if len(self.used) == 1 else None


async def attribute(
    utterances: Sequence[str],
    facts: Sequence[Sequence[str]],
    *,
    nli: NLIModel | None = None,
    embedder: Embedder | None = None,
    threshold: float = USES,
    seed: int = 0,
) -> list[Attribution]:
    """For each utterance how far it uses each of its speaker's facts.

    Three signs of the same thing, each in [0, 1], are averaged: the share of the fact's content
    words that the utterance says, p(the utterance entails the fact), and their cosine. None of
    them sees what the others see: paraphrases share no words, and short claims entail little.

    Args:
        facts: The facts of each utterance's speaker, one sequence an utterance.
        nli: Without one the sign is left out; its questions are not held against anybody.
        embedder: Without one the sign is left out.

    Raises:
        ReplyError, BackendError: As the judge does.
    """
    pairs = [(u, fact) for u, held in zip(utterances, facts, strict=True) for fact in held]
    signs = [[_share(*pair) for pair in pairs]]
    if nli is not None and pairs:
        asked = [(claims(said) or said, fact) for said, fact in pairs]
        signs.append([one.p_entail for one in await nli.judge(asked, seed=seed)])
    if embedder is not None and pairs:
        texts = list(dict.fromkeys(text for pair in pairs for text in pair))
        rows = dict(zip(texts, await embedder.embed(texts), strict=True))
        signs.append([max(0.0, float(rows[a] @ rows[b])) for a, b in pairs])
    scores = iter([sum(row) / len(row) for row in zip(*signs, strict=True)])
    found = []
    for held in facts:
        own = tuple(round(next(scores), 6) for _ in held)
        order = sorted(range(len(own)), key=lambda n: (-own[n], n))
        found.append(Attribution(scores=own, used=tuple(n for n in order if own[n] >= threshold)))
    return found


def _share(utterance: str, fact: str) -> float:
    from dramaturg.models.experts.words import content

    wanted = set(content(fact))
    return len(wanted & set(content(utterance))) / len(wanted) if wanted else 0.0
