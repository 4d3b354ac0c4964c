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

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg import critique, dataset, generate, loop, pairing, persona, profile, scorers
from dramaturg.models import ChatModel, Embedder, NLIModel
from dramaturg.recipes.recipe import Made, Step, recipe

WRITER = ("query.induce", "query.more", "persona.answer", "conversation.write")


def calls_needed(s: Mapping[str, Any], facts: int) -> list[Step]:
    """What a run asks of each role, before any reply is known (nothing dropped, no retries)."""
    n, rounds, drafts, size = s["conversations"], s["rounds"], s["drafts"], s["profile_size"]
    new = round(1.06 * facts) if s["new_facts"] is None else s["new_facts"]
    turns = (s["min_turns"] + s["max_turns"]) // 2
    talk = 18 * turns
    steps = [
        Step("induce queries", "writer", max(1, facts // 15), 180, 15),
        Step("more queries", "writer", s["query_steps"], 170, 60),
        Step("new facts", "writer", round(1.3 * new), 230, 20),
        Step("check profiles", "nli", s["people"] or 2 * n, 2 * 160 * size, 20 * size),
        Step("drafts", "writer", n * drafts * rounds, 5 * (talk + 120) + 320, talk),
        Step("faithfulness", "critic", n * drafts * rounds, talk + 1_100, 50),
        Step("toxicity", "critic", n * drafts * rounds, talk + 150, 40),
    ]
    compared = drafts * (drafts - 1) // 2
    votes = n * rounds * compared * 2 * len(scorers.POLICIES)
    return [*steps, Step("quality votes", "critic", votes, 2 * talk + 200, 40)]


@recipe(
    tasks={"writer": WRITER},
    estimate=calls_needed,
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
    demonstrations: int = 5,  # shown in each prompt, drawn anew
    min_turns: int = 6,  # utterances asked for, at least (paper: more than 5)
    max_turns: int = 7,  # and at most (paper: fewer than 8)
    new_facts: int | None = None,  # facts to make; none = 1.06 a seed, as in the paper
    query_steps: int = 100,  # steps of query bootstrapping
    cluster_at: float = 0.1,  # mean cosine above which clusters join
    people: int | None = None,  # profiles to compose; none = twice the conversations
    profile_size: int = 5,
    duplicate_at: float = 0.9,  # cosine above which a fact counts as said already
    shared: int = 2,  # partners share more than this many fact pairs
    partners: int = 3,  # the most partners a person gets (paper: not stated)
    pair_by: str = "categories",  # or "similarity"
    partner_expert: bool = False,  # also drop drafts that take over the partner's facts
    retries: int = 1,  # tries anew when no draft of a pair survives
    narrow_at: float = 0.2,  # stop when distinct-2 falls by this share of round 1
    seed: int = 13,
) -> Made:
    loaded = dataset.load_personas(personas or dataset.starter_people())
    expanded = await persona.expand(
        loaded.facts,
        writer,
        embedder,
        target=new_facts,
        steps=query_steps,
        threshold=cluster_at,
        duplicate=duplicate_at,
        seed=seed,
    )
    composed = loaded.people or await profile.compose(
        expanded.facts,
        nli=nli,
        embedder=embedder,
        count=people or 2 * conversations,
        size=profile_size,
        redundancy=duplicate_at,
        negator=writer if writer.follows_prompts() else None,
        seed=seed,
    )
    raise NotImplementedError
