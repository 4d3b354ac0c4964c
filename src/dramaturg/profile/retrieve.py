"""Find a fact for a question that a profile does not answer, without breaking the profile.

Source: Liu et al. 2022, "Improving Personality Consistency in Conversation by Persona Extending",
arXiv:2208.10816: the retrieval model. Differs: candidates are ranked by words and vectors and
walked from the top, so that the judge sees a few of them and not the whole pool; and a candidate
that the profile says already is no extension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from dramaturg.errors import RecordError, ReplyError, UserError
from dramaturg.models import Embedder, Judgement, NLIModel
from dramaturg.records import Drop, Fact
from dramaturg.store import notes

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from dramaturg.models.experts.bm25 import Bm25

    Floats = npt.NDArray[np.float64]


class Retrieved(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for a question.

    Attributes:
        facts: The best first; fewer than asked for where the candidates ran out.
        refused: Candidates passed over on the way, each with its reason, of kind "candidate"; the
            class is "known" (the profile or a better candidate says it), "contradiction", or
            "no verdict".
        judged: Pairs of sentences that the judge was asked about.
    """

    facts: tuple[Fact, ...]
    refused: tuple[Drop, ...] = ()
    judged: int = 0

    @property
    def best(self) -> str:
        """The first fact's text. Raises RecordError where nothing was found."""
        if not self.facts:
            raise RecordError("no candidate goes with the profile", why="all were passed over")
        return self.facts[0].text


@dataclass(frozen=True, eq=False)
class FactPool:
    """Facts that can be searched; made by `fact_pool`."""

    facts: tuple[Fact, ...]
    search: Bm25
    vectors: npt.NDArray[np.float32]
    embedder: Embedder

    @property
    def texts(self) -> list[str]:
        """The facts as plain sentences, in order."""
        return [fact.text for fact in self.facts]


async def fact_pool(facts: Sequence[Fact], embedder: Embedder) -> FactPool:
    """Facts made ready for search, equal ones once.

    Raises:
        UserError: If there is none.
    """
    from dramaturg.models.experts.bm25 import Bm25

    once = {same_words(fact.text): fact for fact in reversed(facts)}
    kept = tuple(reversed(once.values()))
    if not kept:
        raise UserError("there is no fact to search", fix="give a pool with at least one fact")
    texts = [fact.text for fact in kept]
    return FactPool(kept, Bm25(texts), await embedder.embed(texts), embedder)


async def retrieve_fact(
    query: str,
    pool: FactPool,
    held: Sequence[str],
    nli: NLIModel,
    *,
    top: int = 3,
    candidates: int = 50,
    duplicate: float = 0.95,
    contradicts: float = 0.5,
    seed: int = 0,
) -> Retrieved:
    """The `top` facts of the pool that speak to a question and go with a profile.

    The best `candidates` by relevance are walked from the top. One is passed over if the profile,
    or a fact found before it, says it already (the same words, a cosine above `duplicate`,
    or entailment), or if it contradicts a fact of the profile in either direction. A judge whose
    reply cannot be read refuses the candidate: doubt never extends a profile. What is passed over
    is noted.

    Args:
        held: The facts of the profile.
        contradicts: p(contradict), and p(entail), from which the judge's word counts.

    Raises:
        BackendError: If a model could not be reached.
    """
    order, _ = await relevance(query, pool)
    known = await pool.embedder.embed(list(held)) if held else None
    found: list[int] = []
    refused: list[Drop] = []
    judged = 0
    for at in order[:candidates]:
        if len(found) == top:
            break
        fact, row = pool.facts[at], pool.vectors[at]
        beside = [*held, *(pool.facts[n].text for n in found)]
        near = [*(known @ row if known is not None else ()), *(pool.vectors[found] @ row)]
        same = next(
            (
                text
                for text, cosine in zip(beside, near, strict=True)
                if cosine > duplicate or same_words(text) == same_words(fact.text)
            ),
            None,
        )
        if same is not None:
            refused.append(_refused("known", fact, same))
            continue
        both = [pair for text in held for pair in ((text, fact.text), (fact.text, text))]
        judged += len(both)
        why = await _against(fact, held, both, nli, contradicts, seed)
        if why is not None:
            refused.append(why)
        else:
            found.append(at)
    for drop in refused:
        notes.note(drop)
    return Retrieved(
        facts=tuple(pool.facts[at] for at in found), refused=tuple(refused), judged=judged
    )


async def relevance(query: str, pool: FactPool) -> tuple[list[int], Floats]:
    """The pool's indexes, the most relevant first, and each fact's relevance.

    Relevance is the BM25 score over content words and the cosine, each in its own standard
    deviations over the pool and summed: neither scale rules the other. Ties keep the pool's order.
    """
    import numpy as np

    (row,) = await pool.embedder.embed([query])
    score = _standard(pool.search.scores(query)) + _standard(pool.vectors @ row)
    return [int(n) for n in np.argsort(-score, kind="stable")], score


def _standard(values: npt.NDArray[np.floating]) -> Floats:
    spread = float(values.std())
    centred: Floats = values.astype("float64") - float(values.mean())
    return centred / spread if spread else centred


async def _against(
    fact: Fact,
    held: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    nli: NLIModel,
    at: float,
    seed: int,
) -> Drop | None:
    """Why a fact cannot join these, or None."""
    try:
        verdicts: Sequence[Judgement] = await nli.judge(pairs, seed=seed) if pairs else []
    except ReplyError as error:
        return _refused("no verdict", fact, error.what)
    for text, one, back in zip(held, verdicts[::2], verdicts[1::2], strict=True):
        if any(v.label == "contradict" and v.p_contradict >= at for v in (one, back)):
            return _refused("contradiction", fact, text)
        if one.label == "entail" and one.p_entail >= at:
            return _refused("known", fact, text)
    return None


async def contradicts_any(
    texts: Sequence[str], held: Sequence[str], nli: NLIModel, *, at: float = 0.5, seed: int = 0
) -> list[bool]:
    """For each text whether it contradicts one of these facts, in either direction.

    Raises:
        ReplyError, BackendError: As the judge does.
    """
    pairs = [p for text in texts for fact in held for p in ((text, fact), (fact, text))]
    said = iter(await nli.judge(pairs, seed=seed) if pairs else [])
    found = []
    for _ in texts:
        own = [next(said) for _ in range(2 * len(held))]
        found.append(any(v.label == "contradict" and v.p_contradict >= at for v in own))
    return found


def same_words(text: str) -> str:
    """The words of a fact, contractions written out, without articles: what it says.

    >>> same_words("I've a dog!") == same_words("i have dog")
    True
    """
    from dramaturg.models.experts.words import words

    return " ".join(w for w in words(text) if w not in ("a", "an", "the")) or text.casefold()


def _refused(kind: str, fact: Fact, beside: str) -> Drop:
    reason = f"{kind}: {fact.text[:100]!r} beside {beside[:100]!r}"
    return Drop(kind="candidate", reason=reason, subject=fact.id)
