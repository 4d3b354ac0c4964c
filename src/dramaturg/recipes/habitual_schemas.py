"""People with routines: a fact becomes the events that it stands for, and talk draws on them.

Source: Kane and Schubert 2023, "We Are What We Repeatedly Do: Inducing and Deploying Habitual
Schemas in Persona-Based Responses", EMNLP 2023.
Does: facts -> a passage of what usually happens -> a schema of six sections, made again while one
is missing -> lines that do not belong go -> people meet -> each turn draws on the schema nearest to
the last remark, and on its nearest lines.
Differs: the paper answers single turns of given dialogues, here both sides of whole talks are
written; lines that nothing in the passage speaks of are dropped (the paper's own example has one).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from dramaturg import generate, loop, pairing, persona, profile
from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, Embedder, NLIModel, capacity
from dramaturg.recipes.finish import figure, finished
from dramaturg.recipes.habit_calls import RANGES, habitual_schemas_calls
from dramaturg.recipes.meeting import meet
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.recipes.seeds import read_seeds
from dramaturg.records import Conversation, Fact, Pair


@recipe(
    tasks={"writer": ("habit.passage", "habit.schema", "turn.recalled")},
    estimate=habitual_schemas_calls,
    ranges=RANGES,
    example="--personas people.txt -n 20 --model openai:gpt-4.1-mini --out routines",
)
async def habitual_schemas(
    writer: ChatModel,
    nli: NLIModel,
    embedder: Embedder,
    *,
    personas: Path | None = None,  # file of facts or people; none = the starter people
    conversations: int = 20,  # talks to write
    habits: int = 3,  # facts of a person that become schemas: the first ones
    tries: int = 5,  # schemas asked for until one has all six sections (paper: 5)
    lines: int = 5,  # lines of the schema that a turn is shown, beside its header (paper: 5)
    turns: int = 10,  # of a talk, the greeting among them
    partners: int = 3,  # the most partners a person gets
    seed: int = 13,
) -> Made:
    seeds, busy = read_seeds(personas, writer, conversations), capacity(writer)
    cast, said = seeds.people or [], list(seeds.notes)
    if not cast:
        composed = await profile.compose(
            seeds.facts, nli=nli, embedder=embedder, count=2 * conversations, seed=seed
        )
        cast = list(composed.people)
        said += [composed.shortfall] if composed.shortfall else []
    if seeds.pairs:
        pairs = pairing.given([pair.people for pair in seeds.pairs[:conversations]])
    else:
        pairs, _ = await meet(cast, {}, embedder, by="similarity", count=conversations, above=0,
                              partners=partners, seed=seed)  # fmt: skip
    people = {person.id: person for pair in pairs for person in pair.people}

    async def learn(fact: Fact) -> persona.Routine:
        told = await persona.passage(fact, writer, seed=seed)
        make = functools.partial(_schema, fact, told, writer, seed)
        done = await loop.until_passes(make, [persona.all_sections], tries=tries)
        if done.value is None:
            raise ReplyError(f"{tries} tries, {done.complaints[-1]}", kind="no schema")
        return await persona.without_strangers(done.value, embedder)

    facts = {fact.id: fact for one in people.values() for fact in one.facts[:habits]}
    made = await loop.each(facts.values(), learn, at_once=busy, step="routines", kind="routine")
    place = {one.fact_id: n for n, one in enumerate(made.results)}  # they stay on disk

    async def talk(pair: Pair) -> Conversation:
        known = [
            [made.results[place[f.id]] for f in one.facts if f.id in place] for one in pair.people
        ]
        minds = [await persona.memory_of(routines, embedder) for routines in known]

        async def recall(who: int, remark: str) -> tuple[str, Sequence[str]]:
            found = await minds[who].recall(remark, embedder, count=lines)
            return (found.routine.fact_id, found.lines) if found else ("", ())

        return await generate.recalled_talk(
            pair, writer, recall, turns=turns, recipe="habitual-schemas", seed=seed
        )

    talks = await loop.each(pairs if made.cut is None else [], talk, at_once=busy, step="talk",
                            kind="conversation")  # fmt: skip
    share = len(made.results) / max(1, len(facts))
    return finished(
        talks.results,
        cast,
        asked=conversations,
        seed=seed,
        tables={"routines": made.results},
        figures=[figure("facts with a schema", share, n=len(facts), unit="share", scorer="count")],
        steps={"facts": len(facts), "routines": len(made.results), "pairs": len(pairs)},
        notes=said,
        cut=loop.cut_of(made, talks),
    )


async def _schema(
    fact: Fact, told: str, writer: ChatModel, seed: int, attempt: int, said: Sequence[str]
) -> persona.Routine:
    return await persona.routine(fact, told, writer, attempt=attempt, complaints=said, seed=seed)
