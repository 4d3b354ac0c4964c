"""Wrong parts that the proofs of persona-extend must catch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from dramaturg import evaluate, profile, scorers
from dramaturg.evaluate import Found
from dramaturg.models import Judgement, NLIModel
from dramaturg.profile import FactPool, Retrieved
from dramaturg.records import Conversation, Fact, OutOfProfile
from dramaturg.scorers import Attribution


class Deaf:
    """Says neutral of everything."""

    ref = "deaf"

    async def judge(self, pairs: Sequence[tuple[str, str]], *, seed: int = 0) -> list[Judgement]:
        one = Judgement(label="neutral", p_entail=0, p_contradict=0, p_neutral=1)
        return [one for _ in pairs]


async def never_asks(
    query: str, pool: FactPool, held: Sequence[str], nli: NLIModel, *, top: int
) -> Retrieved:
    return await profile.retrieve_fact(query, pool, held, Deaf(), top=top)


async def one_direction(
    query: str, pool: FactPool, held: Sequence[str], nli: NLIModel, *, top: int
) -> Retrieved:
    """Asks whether the profile contradicts the candidate, and not the other way round."""

    class Half(Deaf):
        async def judge(
            self, pairs: Sequence[tuple[str, str]], *, seed: int = 0
        ) -> list[Judgement]:
            said = await nli.judge(pairs, seed=seed)
            neutral = (await Deaf().judge(pairs[:1]))[0] if pairs else None
            return [one if n % 2 == 0 or neutral is None else neutral for n, one in enumerate(said)]

    return await profile.retrieve_fact(query, pool, held, Half(), top=top)


async def by_overlap(
    query: str, pool: FactPool, held: Sequence[str], nli: NLIModel, *, top: int
) -> Retrieved:
    """The published word baseline: common words and nothing else."""
    ranked = sorted(pool.facts, key=lambda fact: -evaluate.word_f1(fact.text, query))
    return Retrieved(facts=tuple(ranked[:top]))


async def by_similarity(
    query: str, pool: FactPool, held: Sequence[str], nli: NLIModel, *, top: int
) -> Retrieved:
    """As the published rankers: ranked, and what the profile holds is found again."""
    order, _ = await profile.relevance(query, pool)
    return Retrieved(facts=tuple(pool.facts[n] for n in order[:top]))


async def same_letters_only(
    query: str, pool: FactPool, held: Sequence[str], nli: NLIModel, *, top: int
) -> Retrieved:
    """A duplicate is one that is written alike."""
    got = await by_similarity(query, pool, held, nli, top=len(pool.facts))
    return Retrieved(facts=tuple(f for f in got.facts if f.text not in held)[:top])


async def the_profile_alone(
    query: str, pool: FactPool, held: Sequence[str], nli: NLIModel, *, top: int
) -> Retrieved:
    """Compares with the profile, and not with the facts that were found before."""
    found: list[Fact] = []
    facts = list(pool.facts)
    while len(found) < top and facts:
        got = await profile.retrieve_fact(
            query, await profile.fact_pool(facts, pool.embedder), held, nli, top=1
        )
        found += got.facts
        facts = [fact for fact in facts if fact not in found] if got.facts else []
    return Retrieved(facts=tuple(found))


async def silent(
    query: str, pool: FactPool, held: Sequence[str], nli: NLIModel, *, top: int
) -> Retrieved:
    """Right, but what was passed over leaves no trace."""
    got = await profile.retrieve_fact(query, pool, held, nli, top=top)
    return msgspec.structs.replace(got, refused=())


async def doubt_passes(
    query: str, pool: FactPool, held: Sequence[str], nli: NLIModel, *, top: int
) -> Retrieved:
    class Trusting(Deaf):
        async def judge(
            self, pairs: Sequence[tuple[str, str]], *, seed: int = 0
        ) -> list[Judgement]:
            try:
                return await nli.judge(pairs, seed=seed)
            except Exception:
                return await Deaf().judge(pairs)

    return await profile.retrieve_fact(query, pool, held, Trusting(), top=top)


def without_the_empty(found: Sequence[Found], name: str) -> list[Any]:
    """Items for which nothing was found are left out of the count."""
    return evaluate.retrieval_figures([one for one in found if one.facts], name)


def any_is_a_duplicate(found: Sequence[Found], name: str) -> list[Any]:
    """One of the further facts counts as a repetition too."""
    said = evaluate.retrieval_figures(found, name)
    many = sum(bool(set(f.facts) & set(f.item.held)) for f in found)
    return [
        one._replace(value=many / one.n) if one.name.endswith("duplicates") else one for one in said
    ]


def unasked_is_no(found: Sequence[Found], name: str) -> list[Any]:
    """Where nobody was asked there is no contradiction."""
    return evaluate.retrieval_figures(
        [one._replace(contradicts=bool(one.contradicts)) for one in found], name
    )


def hit_anywhere(found: Sequence[Found], name: str) -> list[Any]:
    said = evaluate.retrieval_figures(found, name)
    hits = sum(f.item.deleted in f.facts for f in found)
    return [
        one._replace(value=hits / one.n) if one.name.endswith("hit_at_3") else one for one in said
    ]


async def takes_the_first(
    talks: Sequence[Conversation], attribute: Any, *, most: int, seed: int
) -> list[OutOfProfile]:
    """Where several facts or none were used, one is taken out all the same."""

    async def guess(replies: Sequence[str], held: Sequence[Sequence[str]]) -> list[int]:
        return [0 if n is None else n for n in await attribute(replies, held)]

    return await evaluate.out_of_profile(talks, guess, most=most, seed=seed)


async def leaves_it_in(
    talks: Sequence[Conversation], attribute: Any, *, most: int, seed: int
) -> list[OutOfProfile]:
    items = await evaluate.out_of_profile(talks, attribute, most=most, seed=seed)
    return [msgspec.structs.replace(one, held=one.whole) for one in items]


async def the_first_fact(
    said: Sequence[str], facts: Sequence[Sequence[str]], *, embedder: Any
) -> list[Attribution]:
    return [
        Attribution(scores=tuple(1.0 if n == 0 else 0.0 for n in range(len(held))), used=(0,))
        for held in facts
    ]


async def common_words(
    said: Sequence[str], facts: Sequence[Sequence[str]], *, embedder: Any
) -> list[Attribution]:
    """Every word counts, "I" and "like" too, and the most common ones win."""
    found = []
    for text, held in zip(said, facts, strict=True):
        words = set(scorers.tokens(text))
        scores = tuple(float(len(words & set(scorers.tokens(fact)))) for fact in held)
        found.append(Attribution(scores=scores, used=tuple(n for n, s in enumerate(scores) if s)))
    return found


async def always_one(
    said: Sequence[str], facts: Sequence[Sequence[str]], *, embedder: Any
) -> list[Attribution]:
    """Every utterance uses the fact that is nearest, however far."""
    return await scorers.attribute(said, facts, embedder=embedder, threshold=-1)


Part = Callable[..., Awaitable[Retrieved]]
WRONG: dict[str, list[dict[str, Any]]] = {
    "agrees_with_the_profile": [
        {"retrieve": never_asks}, {"retrieve": one_direction}, {"retrieve": by_similarity},
        {"retrieve": silent},
    ],
    "nothing_twice": [
        {"retrieve": never_asks}, {"retrieve": by_similarity}, {"retrieve": same_letters_only},
        {"retrieve": the_profile_alone},
    ],
    "no_verdict_no_fact": [{"retrieve": doubt_passes}, {"retrieve": never_asks}],
    "words_alone_answer_nothing": [{"retrieve": by_overlap}, {"retrieve": by_similarity}],
    "figures_by_hand": [
        {"figures": without_the_empty}, {"figures": any_is_a_duplicate},
        {"figures": unasked_is_no}, {"figures": hit_anywhere},
    ],
    "only_the_used_fact": [{"build": takes_the_first}, {"build": leaves_it_in}],
    "used_fact_first": [
        {"attribute": the_first_fact}, {"attribute": common_words}, {"attribute": always_one},
    ],
}  # fmt: skip
