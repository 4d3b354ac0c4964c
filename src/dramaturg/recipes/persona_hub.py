"""People out of any text, people close to them, and a text of any kind with each in mind.

Source: Ge, Chan, Wang, Yu, Mi and Yu 2024, "Scaling Synthetic Data Creation with 1,000,000,000
Personas", arXiv:2406.20094.
Does: passages of text -> who would read, write, like or dislike them -> people close to those,
round by round, the ties kept -> near-duplicates out, by words and then by meaning -> one text for
each person by a template: what they would ask of an assistant, an article, a game character, a
problem in mathematics or reasoning, a function to call, or a template of your own. On request,
talks between people who have a tie.
Differs: near-duplicates in words are found exactly, in every script, and not guessed; a reply that
describes nobody, or copies the description into the text, is refused; one round of people close to
those found by default, where the paper has six. Solving the problems is left to you. The embedded
model reads no prompts and cannot play the writer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dramaturg import generate, pairing, persona
from dramaturg.models import ChatModel, Embedder
from dramaturg.recipes.circle import gather
from dramaturg.recipes.estimates_texts import PERSONA_HUB_RANGES, persona_hub_calls
from dramaturg.recipes.finish import finished
from dramaturg.recipes.reading import read_sources
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.recipes.steps import Steps
from dramaturg.recipes.tables import with_tables
from dramaturg.recipes.texts_figures import of_people, of_texts, too_few, too_few_ties


@recipe(
    tasks={"writer": ("persona.from_text", "persona.related", "text.instruction")},
    estimate=persona_hub_calls,
    ranges=PERSONA_HUB_RANGES,
    count="count",
    makes="texts",
    example="--texts articles/ --template maths -n 100 --model openai:gpt-4.1-mini",
)
async def persona_hub(
    writer: ChatModel,
    embedder: Embedder,
    *,
    texts: Path | None = None,  # file or folder of txt, md or JSONL in which to find people
    people_from: Path | None = None,  # file of people to begin with, instead or besides
    detail: persona.Detail = "fine",  # of a description; coarse: a kind of person in few words
    people: int | None = None,  # to look for, those close to them included; none = one a text
    rounds: int = 1,  # of people close to those of the round before (paper: 6)
    close: int = 1,  # people that each person of a round leads to (paper: not stated)
    same_words: float = 0.9,  # share of words in common from which two people count as one
    same_meaning: float = 0.9,  # cosine above which two count as one; 1 = words alone
    template: generate.Template = "instruction",  # what is written; npc: a game character
    own_template: Path | None = None,  # a prompt file of your own, instead
    examples: Path | None = None,  # JSONL of {"persona": ..., "text": ...} to show some of
    example_personas: bool = True,  # show whom each example was written with in mind
    shown: int = 3,  # examples shown for each text, drawn anew
    count: int = 100,  # texts to write
    talks: int = 0,  # conversations to write besides, of people who have a tie
    seed: int = 13,
) -> Made:
    each, task = Steps(writer, seed), generate.template_task(own_template or template)
    models = generate.read_examples(examples, personas=example_personas) if examples else []
    sources, wanted = read_sources(texts, people_from), people or count
    circle = await gather(each, sources, wanted, rounds=rounds, close=close, detail=detail)
    cast = await persona.distinct(circle.people, embedder, words=same_words, meaning=same_meaning)
    ties = circle.without(cast.twins)
    orders = generate.commissions(cast.people, count, seed=seed)
    how: dict[str, Any] = {"task": task, "examples": models, "shown": shown}
    written = await each("text", generate.with_persona, orders, **how)
    pairs = pairing.by_relation(cast.people, ties, count=talks, seed=seed)
    pool: dict[str, Any] = {"examples": generate.starter_pool(), "recipe": "persona-hub"}
    talked = await each("conversation", generate.reasoned, pairs, **pool)
    told = too_few(cast.counts, circle.again, wanted) + too_few_ties(len(pairs), talks)
    made = finished(
        talked.results,
        cast.people,
        asked=count,
        made=len(written.results),
        seed=seed,
        figures=[
            *of_people(cast.counts, circle.again, len(ties)),
            *of_texts([one.text for one in written.results]),
        ],
        steps={"people": circle.counts, "near-duplicates": cast.counts, "relations": len(ties)},
        notes=[] if each.cut else told,
        cut=each.cut,
    )
    return with_tables(made, {"texts": written.results, "relations": ties}, seed=seed)
