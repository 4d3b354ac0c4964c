"""Faithful persona dialogues: a generator proposes, a panel of critics keeps the best.

Source: Jandaghi et al. 2023, "Faithful Persona-based Conversational Dataset Generation with Large
Language Models", arXiv:2312.10007 (the Synthetic-Persona-Chat corpus).
Does: seed facts -> categories -> queries -> new facts -> profiles without contradictions -> pairs
with something in common -> drafts -> faithfulness and toxicity experts drop, five quality experts
vote -> the kept ones are the next round's demonstrations.
Differs: what the paper leaves open is a setting, see docs/synthetic-persona-chat.md. With the
embedded default the experts are small models and measured features, and demonstrations are not
read by the writer; every step runs, at a small model's quality.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal

from dramaturg import critique, generate, loop, pairing, persona, profile, scorers
from dramaturg.models import ChatModel, Embedder, NLIModel, capacity, cheap_nli
from dramaturg.recipes.estimates import RANGES, new_facts_wanted, synthetic_persona_chat_calls
from dramaturg.recipes.meeting import meet
from dramaturg.recipes.outcome import outcome
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.recipes.seeds import read_seeds

WRITER = ("query.induce", "query.more", "persona.answer", "conversation.write")


@recipe(
    tasks={"writer": WRITER},
    estimate=synthetic_persona_chat_calls,
    ranges=RANGES,
    ordered=(("min_turns", "max_turns"), ("new_per_person", "profile_size")),
    in_shards=True,
)
async def synthetic_persona_chat(
    writer: ChatModel,
    critic: ChatModel,
    nli: NLIModel,
    embedder: Embedder,
    *,
    personas: Path | None = None,  # file of facts or people; none = the starter people
    conversations: int = 100,  # pairs to write for; one conversation is kept for each
    rounds: int = 3,
    drafts: int = 4,  # per pair and round (paper: "a series")
    enough: int | None = None,  # write no further draft once so many passed the filters
    demonstrations: int = 5,  # shown in each prompt, drawn anew
    min_turns: int = 6,  # utterances asked for, at least (paper: more than 5)
    max_turns: int = 7,  # and at most (paper: fewer than 8)
    new_facts: int | None = None,  # facts to make; none = 1.06 a seed, as in the paper
    query_steps: int = 100,  # steps of query bootstrapping
    category_vectors: Literal["lsa", "embedder"] = "lsa",  # lsa: topics of these very facts
    cluster_at: float = 0.1,  # mean cosine above which clusters join
    people: int | None = None,  # profiles to compose; none = twice the conversations
    profile_size: int = 5,  # facts a person
    new_per_person: int = 1,  # facts of a profile that must be new ones, where there are any
    duplicate_at: float = 0.9,  # cosine above which a fact counts as said already
    shared: int = 2,  # partners share more than this many fact pairs
    partners: int = 3,  # the most partners a person gets (paper: not stated)
    pair_by: Literal["categories", "similarity"] = "categories",
    partner_expert: bool = False,  # also drop drafts that take over the partner's facts
    retries: int = 1,  # tries anew when no draft of a pair survives
    narrow_at: float = 0.2,  # stop when distinct-2 falls by this share of round 1
    seed: int = 13,
) -> Made:
    seeds = read_seeds(personas, writer, conversations)
    known = await persona.expand(
        seeds.facts,
        writer,
        embedder,
        target=0 if seeds.people else new_facts_wanted(new_facts, len(seeds.facts)),
        query_steps=query_steps,
        vectors=category_vectors,
        threshold=cluster_at,
        duplicate=duplicate_at,
        seed=seed,
    )
    cast, said = seeds.people, list(seeds.notes)
    if not cast:
        composed = await profile.compose(
            known.facts,
            nli=nli,
            embedder=embedder,
            count=people or 2 * conversations,
            size=profile_size,
            redundancy=duplicate_at,
            negator=writer if writer.follows_prompts() else None,
            at_least_new=min(new_per_person, len(known.new)),
            seed=seed,
        )
        cast = list(composed.people)
        said += [composed.shortfall] if composed.shortfall else []
    if seeds.pairs:
        meeting = [pair.people for pair in seeds.pairs[:conversations]]
        pairs, sides = pairing.given(meeting, known.labels), None
    else:
        pairs, sides = await meet(
            cast,
            known.labels,
            embedder,
            by=pair_by,
            count=conversations,
            above=shared,
            partners=partners,
            seed=seed,
        )
    filters = [scorers.faithfulness(critic), scorers.toxicity(critic)]
    filters += [scorers.partner_fact(critic)] if partner_expert else []
    experts = [scorers.quality(policy, critic) for policy in scorers.POLICIES]
    best = await loop.improve(
        pairs,
        propose=generate.few_shot(
            writer,
            drafts=drafts,
            demonstrations=demonstrations,
            turns=(min_turns - 1, max_turns + 1),
            at_first=min(enough or drafts, drafts),
            recipe="synthetic-persona-chat",
        ),
        judge=critique.panel(filters, experts, enough=enough, of=drafts),
        pool=generate.starter_pool(),
        rounds=rounds,
        retries=retries,
        stop_when_diversity_falls=narrow_at,
        finish=functools.partial(scorers.ground, nli=cheap_nli(nli)),
        concurrency=capacity(writer, critic),
        seed=seed,
    )
    steps = {"expansion": known.counts, "people": len(cast), "pairs": len(pairs)}
    asked = [f"{one.name} {one.version}" for one in filters]
    asked += [f"{one.name} {one.version}" for one in experts]
    critics = dict.fromkeys(asked, critic.ref)
    return outcome(
        best,
        cast,
        sides,
        asked=conversations,
        seed=seed,
        steps=steps,
        critics=critics,
        said=said,
    )
