"""Conversations in many languages after examples in one: personas, scenes, no translation.

Source: Njifenjou et al. 2025, "Open-Source Large Language Models as Multilingual Crowdworkers:
Synthesizing Open-Domain Dialogues in Several Languages With No Examples in Targets and No Machine
Translation", SIGDIAL 2025, arXiv:2503.03462.
Does: a crowd writes personas in each language -> doubles go -> pairs get a kind of talk and a
common ground, every combination equally often -> a whole conversation in one call, after examples
in the source language -> turns in another language, pasted facts and harm drop it, tried again ->
doubles go -> fluency, coherence and culture are rated.
Differs: instructions are English whatever the source language; kinds of talk that strangers cannot
have are not given to strangers; languages are told by rule, which lets short turns pass. No native
speaker and no translated Persona-Chat is compared: `annotate` and `compare` do that.
"""

from __future__ import annotations

import functools
from pathlib import Path

from dramaturg import critique, generate, loop, pairing, persona, scorers
from dramaturg.models import ChatModel, capacity
from dramaturg.recipes.crowd_figures import (
    RANGES,
    TASKS,
    figures_by_language,
    groups_of,
    multilingual_crowd_calls,
    workers_needed,
)
from dramaturg.recipes.finish import finished
from dramaturg.recipes.recipe import Made, recipe


@recipe(
    tasks=TASKS,
    estimate=multilingual_crowd_calls,
    ranges=RANGES,
    ordered=(("min_turns", "max_turns"),),
    example="-n 30 --target-lang fr,ko,de --model openai:gpt-4.1-mini --out crowd",
)
async def multilingual_crowd(
    writer: ChatModel,
    critic: ChatModel,
    *,
    target_lang: str = "fr,de,ko",  # languages to write in, by code or English name
    source_lang: str = "en",  # the language of the examples
    demonstrations: Path | None = None,  # examples in it, JSON lines; none = ours, English
    scenes: bool = True,  # give each pair a kind of talk and a common ground
    events: Path | None = None,  # kinds of talk, "NAME: text" a line; none = ours
    grounds: Path | None = None,  # what two people share, likewise
    conversations: int = 100,  # pairs to write for, in all languages together
    people: int | None = None,  # personas in each language; none = enough
    partners: int = 3,  # talks that each person opens
    shown: int = 2,  # examples in each prompt, drawn anew
    min_turns: int = 8,  # turns asked for, at least
    max_turns: int = 14,  # and at most
    tries: int = 2,  # drafts of a pair until one passes
    seed: int = 13,
) -> Made:
    busy = capacity(writer, critic)
    source, targets = scorers.find_language(source_lang), scorers.find_languages(target_lang)
    examples = generate.load_demonstrations(demonstrations, source)
    kinds, shared = pairing.load_scenes(events, grounds) if scenes else ([], [])
    work = functools.partial(persona.crowd_persona, writer=writer, examples=examples, seed=seed)
    each = people or workers_needed(conversations, len(targets), partners)
    crowd = persona.crowd(targets, each, source=source)
    made = await loop.each(crowd, work, at_once=busy, step="personas", kind="persona")
    cast, cut = persona.without_doubles(made.results), loop.cut_of(made)
    said = [f"{len(cast)} of {len(crowd)} personas could be used"]
    if cut or len(cast) < 2:
        return finished([], cast, asked=conversations, seed=seed, notes=said, cut=cut)
    within = groups_of(cast, seed)
    pairs = pairing.each_meets(cast, each=partners, count=conversations, within=within, seed=seed)
    pairs = pairing.with_scenes(pairs, kinds, shared, seed=seed)
    turns = (min_turns, max_turns)
    filters = [scorers.in_language(source), scorers.persona_copy(), scorers.toxicity(critic)]
    best = await loop.improve(
        pairs,
        propose=generate.write_in(writer, shown=shown, turns=turns, recipe="multilingual-crowd"),
        judge=critique.panel(filters, []),
        pool=examples,  # and nothing else: one round, so that no target is an example
        rounds=1,
        retries=tries - 1,
        finish=functools.partial(critique.rated, scorers=scorers.fluency(critic), seed=seed),
        concurrency=busy,
        seed=seed,
    )
    talks = critique.different(best.kept)
    return finished(
        talks,
        cast,
        asked=conversations,
        seed=seed,
        figures=figures_by_language(talks, best, targets, critic.ref),
        critics={"toxicity, in_target": critic.ref},
        steps={"personas": len(cast), "pairs": len(pairs), "languages": len(targets)},
        notes=[one.caution(source) for one in targets if not one.known],
        cut=best.cut,
    )
