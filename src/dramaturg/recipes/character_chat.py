"""A cast of characters by type: one has a worry, another listens; who suits whom is learned.

Source: Tu et al. 2023, "CharacterChat: Learning towards Conversational AI with Personalized Social
Support", arXiv:2308.10278.
Does: types -> characters with 16 fields -> each told as "you", with memories -> seekers meet
supporters at random -> turn by turn a memory is chosen and a reply written, until the seeker's mood
has been good twice in a row -> three ratings of what the talk did -> a matcher learned from them.
Differs: 3 requests a character (there about 16); what rests and what is an echo are computed as the
paper tells it (the released code fails at the first memory that is chosen, and takes an anagram
for an echo); the matcher is a ridge regression, told beside the mean rating and a straight line in
one cosine, with seekers kept apart. The models that the paper tunes are not trained here: data/
and memories/ are what they would be trained on.
"""

from __future__ import annotations

import functools
from pathlib import Path

from dramaturg import critique, dataset, generate, loop, pairing, persona, profile, scorers
from dramaturg.models import ChatModel, Embedder, capacity
from dramaturg.recipes.character_figures import (
    RANGES,
    character_chat_calls,
    figures_of_matching,
    figures_of_talks,
    people_needed,
)
from dramaturg.recipes.finish import finished
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.records import Conversation, Pair

WORRY, EXTRA = "recent_worry", "additional_information"
STATEMENT = ("personality", "tone")
WRITER = ("character.create", "character.enrich", "profile.second_person", "memory.choose")


@recipe(
    tasks={"writer": (*WRITER, "turn.reply", "turn.farewell"), "judge": ("judge.mood",)},
    estimate=character_chat_calls,
    ranges=RANGES,
    example="-n 20 --model openai:gpt-4.1-mini --out support",
)
async def character_chat(
    writer: ChatModel,
    judge: ChatModel,
    embedder: Embedder,
    *,
    types: Path | None = None,  # file of types, "NAME: text" a line; none = sixteen of ours
    conversations: int = 100,  # talks to hold; each is rated
    per_type: int | None = None,  # characters of each type (paper: 64); none = enough
    partners: int = 10,  # supporters whom each seeker meets
    max_turns: int = 20,  # the greeting and two farewells among them
    glad: float = 4,  # mood, 0 to 5, that must last for two ratings of five or more
    window: int = 5,  # last choices of a speaker that are looked at
    rest_at: int = 3,  # a memory used so often among them rests
    one_window: bool = True,  # choices of both speakers count together, as published
    seed: int = 13,
) -> Made:
    busy = capacity(writer, judge)
    kinds = persona.load_kinds(types)
    each = per_type or -(-people_needed(len(kinds), conversations, partners) // len(kinds))
    make = functools.partial(persona.character, writer=writer, seed=seed)
    tell = functools.partial(profile.second_person, writer=writer, base=STATEMENT, seed=seed)
    grid = persona.type_grid(kinds, each, seed=seed)
    made = await loop.each(grid, make, at_once=busy, step="characters", kind="character")
    told = await loop.each(made.results, tell, at_once=busy, step="tell as you", kind="character")
    cast, cut = list(told.results), loop.cut_of(made, told)
    if cut or len(cast) < 2:
        said = [f"{len(cast)} of {len(grid)} characters could be made"]
        return finished([], cast, asked=conversations, seed=seed, notes=said, cut=cut)
    sides = dataset.people_apart(cast, seed=seed) if len(cast) >= 20 else None
    pairs = pairing.each_meets(cast, each=partners, count=conversations, within=sides, seed=seed)

    stop = generate.Lasting(level=glad, run=2, least=5)
    play = generate.TwoAgents(
        writer, scorers.mood_by(judge), stop, max_turns, window, rest_at, one_window
    )

    async def meet(pair: Pair) -> Conversation:
        seeker = generate.agent("seeker", pair.first, also=[WORRY], must={1: WORRY}, extra=EXTRA)
        other = generate.agent("supporter", pair.second, without=[WORRY], extra=EXTRA)
        talk = await play.talk(pair, (seeker, other), seed=seed)
        return await critique.rated(talk, scorers.support_rubric(judge), seed=seed)

    talks = await loop.each(pairs, meet, at_once=busy, step="talk", kind="conversation")
    rated = talks.results if talks.cut is None else []  # of half a run nothing is learned
    matches, figures = await figures_of_matching(rated, cast, sides, embedder, seed=seed)
    return finished(
        talks.results,
        cast,
        asked=conversations,
        seed=seed,
        tables={"memories": generate.memory_choices(talks.results, cast), "matches": matches},
        figures=[*figures_of_talks(talks.results, judge.ref), *figures],
        critics={"support, mood": judge.ref},
        steps={"types": len(kinds), "characters": len(cast), "pairs": len(pairs)},
        cut=loop.cut_of(made, told, talks),
    )
