"""Established characters on a stage: scenes of a book, acted with thoughts that stay private.

Source: Wang et al. 2025, "CoSER: Coordinating LLM-Based Persona Simulation of Established Roles",
arXiv:2502.09082.
Does: a book (or scenes that exist) -> plots, talks, motives, one name a person, profiles -> every
character an agent that knows itself, its motive and the talk, and recalls what it lived through
before; the surroundings answer, a director says who is next -> a critic lists flaws in four
dimensions, beside BLEU and ROUGE-L to the original -> training samples for each role.
Differs: what was read is checked against the book; an actor knows a few sentences of the others and
not their whole profiles; thoughts stay hidden also over several lines; draws are seeded; two of the
four judges do without the original, which they have no need of. Not here: training itself.
"""

from __future__ import annotations

from pathlib import Path

from dramaturg import critique, evaluate, generate, loop, persona, scorers
from dramaturg.models import ChatModel, capacity
from dramaturg.recipes.finish import figure, finished
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.recipes.scene_splits import in_scene_splits
from dramaturg.recipes.stage_estimates import COSER_RANGES, coser_calls


@recipe(
    tasks={
        "reader": ("book.extract", "book.names", "book.profile"),
        "actor": ("stage.act",),
        "environment": ("stage.environment",),
        "director": ("stage.follow",),
        "critic": scorers.FLAW_TASKS,
    },
    estimate=coser_calls,
    ranges=COSER_RANGES,
    ordered=(("least_turns", "turns"),),
    count="scenes",
    example="--book othello.txt -n 20 --model openai:gpt-4.1-mini --out my-scenes",
)
async def coser(
    reader: ChatModel,
    actor: ChatModel,
    environment: ChatModel,
    director: ChatModel,
    critic: ChatModel,
    *,
    book: Path | None = None,  # text of a book, or JSON with scenes; none = two scenes of our own
    scenes: int = 20,  # to play; of a book those of the most prominent plots
    turns: int = 20,  # a scene at most, the surroundings counted
    least_turns: int = 5,  # before the director may end it
    thoughts: bool = True,  # actors think, and nobody else gets to know
    recall: int = 3,  # most memories of earlier plots that a turn brings back
    known: int = 3,  # sentences that an actor knows of each other character
    chunk_tokens: int = 8_192,  # of a book that are read at once
    least_lines: int = 10,  # of a talk in the book; a shorter one is dropped
    seed: int = 13,
) -> Made:
    read = await persona.scenes_of(
        book, reader, most=scenes, tokens=chunk_tokens, least_lines=least_lines, seed=seed
    )
    pace, mind = (least_turns, turns), {"recall": recall, "known": known, "seed": seed}
    play = generate.given_circumstance(
        actor, environment, director, turns=pace, thoughts=thoughts, recipe="coser", **mind
    )
    at_once = capacity(actor, environment, director, critic)
    played = await loop.each(read.scenes, play, at_once=at_once, step="act", kind="scene")
    judges = [scorers.flaw_list(name, critic) for name in scorers.DIMENSIONS]
    judge = critique.scored(judges, seed=seed)
    judged = await loop.each(played.results, judge, at_once=at_once, step="judge", kind="scene")
    scores = dict(zip(judged.indexes, judged.results, strict=True))
    talks = [scores.get(at, talk) for at, talk in enumerate(played.results)]  # a cut leaves some
    samples = generate.samples_of(read.scenes, **mind)
    told = evaluate.acting_figures(talks, judge=critic.ref)
    return finished(
        talks,
        read.people,
        asked=min(scenes, len(read.scenes)),
        seed=seed,
        tables={"samples": in_scene_splits(samples, talks, seed=seed)},
        figures=[figure(**row) for row in [*told, *persona.reading_figures(read)]],
        critics={f"{one.name} {one.version}": critic.ref for one in judges},
        steps={"reading": read.counts},
        notes=read.notes,
        cut=loop.cut_of(played, judged),
    )
