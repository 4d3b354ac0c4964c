"""Profiles that grow by a fact: find one that answers a question and contradicts nothing.

Source: Liu et al. 2022, "Improving Personality Consistency in Conversation by Persona Extending",
arXiv:2208.10816 (IT-ConvAI2).
Does: conversations -> turns that use exactly one fact, which is taken out -> facts of a pool ranked
by words and vectors, those that the profile says already or contradicts passed over -> the best one
joins the profile -> a reply without it, with it, and with the true fact, compared blind.
Tables: extended (question, facts found, what the replies did); conversations: the extended replies.
Differs: the judge sees the best candidates only, not the whole pool; what is known already is no
extension (the paper's rankers repeat the profile in 1 to 11 % of their answers); a retriever that
only counts common words stands beside every figure. The reply is a chat model's: no weights are
trained, so the paper's prior and posterior attention are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import compress
from pathlib import Path
from typing import Any

from dramaturg import evaluate, loop, profile, scorers
from dramaturg.generate import next_turn
from dramaturg.models import ChatModel, Embedder, NLIModel, capacity
from dramaturg.recipes.finish import figure, finished
from dramaturg.recipes.questions import as_conversations, read_questions, whole_profiles
from dramaturg.recipes.recipe import Made, Step, recipe
from dramaturg.recipes.tables import with_tables
from dramaturg.records import ExtendedProfile, OutOfProfile, derive_seed


def calls(s: Mapping[str, Any], facts: int) -> list[Step]:
    """Four facts are left in a profile, and one candidate in three is passed over."""
    n, judged = s["conversations"], 8 * (round(s["top"] * 1.3) + 4)
    return [
        Step("contradictions", "nli", n * judged, 250, 15, "nli.judge"),
        Step("replies", "writer", 3 * n, 300, 20, "turn.next"),
        Step("comparisons", "critic", 4 * n, 350, 15, "judge.fits"),
    ]


@recipe(
    tasks={"writer": ("turn.next",)},
    estimate=calls,
    ranges={"conversations": (1, 10**9), "top": (1, 100), "known_at": (0, 1), "uses_at": (0, 1)},
    example="--turns chats.jsonl --pool facts.txt -n 100 --model openai:gpt-4.1-mini",
)
async def persona_extend(
    writer: ChatModel,
    critic: ChatModel,
    nli: NLIModel,
    embedder: Embedder,
    *,
    turns: Path | None = None,  # conversations with profiles, or ready items; none = the starter's
    pool: Path | None = None,  # facts to choose from; none = all facts of the conversations
    conversations: int = 100,  # questions to extend a profile for
    top: int = 3,  # facts found for each; the first one joins the profile
    known_at: float = 0.95,  # cosine above which a profile says a candidate already
    uses_at: float = 0.4,  # score from which a reply uses a fact
    seed: int = 13,
) -> Made:
    items, facts = await read_questions(turns, pool, embedder, conversations, uses_at, seed)
    known = await profile.fact_pool(facts, embedder)
    overlap = evaluate.overlap_search(known.texts)

    missed: list[tuple[OutOfProfile, str]] = []

    async def extend(item: OutOfProfile) -> ExtendedProfile:
        own = derive_seed(seed, "extend", item.id)
        found = await profile.retrieve_fact(
            item.query, known, item.held, nli, top=top, duplicate=known_at, seed=own
        )
        if not found.facts:
            missed.append((item, overlap(item.query)))
        profiles = {"deleted": item.held, "extended": (*item.held, found.best), "whole": item.whole}
        replies = {
            name: (await next_turn(held, [(1, item.query)], writer, seed=own, about=item.id)).value
            for name, held in profiles.items()
        }
        looked = [*replies.values(), overlap(item.query)]
        denies = await profile.contradicts_any(looked, item.held, nli)
        new = [[item.deleted], [found.best], [item.deleted]]
        used = await scorers.attribute(looked[:3], new, embedder=embedder)
        return ExtendedProfile(
            item=item, found=tuple(f.text for f in found.facts), **replies, overlap=looked[-1],
            overlap_clashes=denies.pop(), denies=tuple(compress(replies, denies)),
            uses=tuple(compress(replies, (one.scores[0] >= uses_at for one in used))),
            wins=await scorers.blind_wins(item.whole, item.query, replies, critic, seed=own),
        )  # fmt: skip

    at_once = capacity(writer, critic, nli)
    done = await loop.each(items, extend, at_once=at_once, step="extend", kind="question")
    talks, people, rows = as_conversations(done.results, writer, nli, seed=seed)
    by = {"nli": f"nli, {nli.ref}", "critic": f"fits, {critic.ref}"}
    counted = evaluate.extended_figures(rows, missed, same=profile.same_words)
    made = finished(
        talks, people, asked=conversations, seed=seed, whose=whole_profiles(rows),
        figures=[figure(*f[:2], n=f.n, unit=f.unit, scorer=by.get(f.by, f.by)) for f in counted],
        steps={"questions": len(items), "pool": len(known.facts)}, cut=done.cut,
    )  # fmt: skip
    return with_tables(made, {"extended": rows}, seed=seed)
