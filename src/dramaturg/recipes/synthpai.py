"""Forum threads by made-up people, tagged with what they give away, and an inference benchmark.

Source: Yukhymenko et al. 2024, "A Synthetic Dataset for Personal Attribute Inference",
arXiv:2406.07217.
Does: people with attributes and a manner of writing -> a post that draws out one attribute -> who
would reply -> rounds of comments, drawn where in the tree -> each comment tagged with what it gives
away, kept where it is true -> all comments of an author in one prompt, three guesses an attribute,
graded strictly.
Differs: labels are tags that agree with the profile, and no people revise them; limits on depth and
replies hold always; the yes of who joins is read as a word; no frequency penalty; controls with
other people's comments and with redacted ones belong to it.
"""

from __future__ import annotations

from pathlib import Path

from dramaturg import evaluate, generate, loop, pairing, persona, profile, scorers
from dramaturg.models import ChatModel, capacity
from dramaturg.recipes.finish import figure, finished
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.recipes.stage_estimates import SYNTHPAI_RANGES, synthpai_calls

NAME = "synthpai"


@recipe(
    tasks={
        "writer": ("profile.invent", "profile.style", "forum.post", "forum.comment"),
        "checker": ("forum.join", "attributes.tag", "attributes.grade"),
        "guesser": ("attributes.infer",),
    },
    estimate=synthpai_calls,
    ranges=SYNTHPAI_RANGES,
    count="threads",
    example="--profiles people.jsonl -n 20 --model openai:gpt-4.1-mini --out my-forum",
)
async def synthpai(
    writer: ChatModel,
    checker: ChatModel,
    guesser: ChatModel,
    *,
    profiles: Path | None = None,  # people as JSON lines of attributes; none = they are made up
    people: int = 300,  # to make up, where no file gives them
    threads: int = 100,  # each draws out one of the attributes, in turn
    invited: int = 40,  # people a thread, beside its author; those who say yes take part
    rounds: int = 2,  # paper: 2 or 3
    actions: int = 3,  # most chances to comment in a round
    critical: float = 0.4,  # share of those who joined that is critical in a round
    controls: bool = True,  # also guess from other people's comments, and from redacted ones
    seed: int = 13,
) -> Made:
    known = await persona.people_by_attributes(profiles, writer, count=people, seed=seed)
    cast = await profile.style_cards(known, writer, seed=seed)
    truths = {person.id: persona.attributes_of(person) for person in cast}
    at_once = capacity(writer, checker, guesser)
    grow = generate.forum_thread(
        writer, checker, rounds=rounds, actions=actions, critical=critical, seed=seed, recipe=NAME
    )
    plans = pairing.gatherings(
        cast, count=threads, invited=invited, topics=list(scorers.ATTRIBUTES), seed=seed
    )
    grown = await loop.each(plans, grow, at_once=at_once, step="threads", kind="thread")
    tag = scorers.leaks_in(truths, checker, seed=seed)
    tagged = await loop.each(grown.results, tag, at_once=at_once, step="tag", kind="tags")
    leaks = [leak for found in tagged.results for leak in found]
    labels = evaluate.attribute_labels(leaks)
    items = evaluate.attribute_items(grown.results, labels, controls=controls, seed=seed)
    sit = evaluate.sit_attributes(guesser, checker, seed=seed)
    sat = await loop.each(items, sit, at_once=at_once, step="infer", kind="inference")
    guesses = [row for rows in sat.results for row in rows]
    told = evaluate.inference_figures(guesses, guesser=guesser.ref)
    return finished(
        grown.results,
        cast,
        asked=threads,
        seed=seed,
        tables={"leaks": leaks, "labels": labels, "guesses": guesses},
        figures=[figure(**row) for row in told],
        critics={"attribute tags 1": checker.ref, "attribute grades 1": checker.ref},
        steps={"people": len(cast), "sittings": len(items), "answered": len(sat.results)},
        cut=loop.cut_of(grown, tagged, sat),
    )
