"""Topics to subtopics to people likely to talk about them, and a reasoned talk of each pair.

Source: Suresh, Wu, Pranav and Chng 2024, "DiaSynth: Synthetic Dialogue Generation Framework for
Low Resource Dialogue Applications", arXiv:2409.19020.
Does: topics -> subtopics -> people who are likely to talk about each, lists without entries that
are too alike -> every pair of a subtopic's people -> ten characteristics of their talk, each
decided with a reason -> the talk, after example conversations of your domain -> a rating of 1 to
10 and a summary of each.
Differs: a reply without its tags is refused, where the released program keeps all of it, reasoning
included; examples are drawn anew for each talk; what is too alike costs no place in a list, and a
bad reply its own branch only, not the topic; the judge is shown the topic. Fewer talks than the
tree has pairs are spread over all branches. The scores that need token probabilities stand in
`scorers` and training on the result in `evaluate.in_domain`. The embedded model reads no prompts
and cannot play the writer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from dramaturg import generate, pairing, persona, scorers
from dramaturg.models import ChatModel
from dramaturg.recipes.estimates_texts import DIASYNTH_RANGES, diasynth_calls
from dramaturg.recipes.finish import finished
from dramaturg.recipes.reading import read_talks, read_topics
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.recipes.steps import Steps
from dramaturg.recipes.tables import indexed, verdict_on, with_scores, with_tables
from dramaturg.recipes.texts_figures import of_ratings, of_talks

WRITER = ("topic.split", "topic.people", "conversation.reasoned", "conversation.summarise")


@recipe(
    tasks={"writer": WRITER, "judge": ("judge.overall",)},
    estimate=diasynth_calls,
    ranges=DIASYNTH_RANGES,
    example="--topics topics.txt -n 100 --model openai:gpt-4.1-mini",
)
async def diasynth(
    writer: ChatModel,
    judge: ChatModel,
    *,
    topics: Path | None = None,  # file with a topic a line
    conversations: int = 100,  # at most; spread over topics and subtopics (paper: 1,440)
    subtopics: int = 6,  # of each topic; 0 = the topic itself
    people: int = 6,  # likely to talk about a subtopic: 6 people are 15 pairs
    alike: float = 0.5,  # ROUGE-L from which an entry of a list says what an earlier one says
    examples: Path | None = None,  # conversations of your domain; none = the starter pool
    shown: int = 4,  # examples shown for each talk, drawn anew
    reasoning: bool = True,  # decide on the setting before the talk is written
    show_people: bool = True,  # tell the writer who talks
    ratings: bool = True,  # have each talk rated from 1 to 10
    summaries: bool = True,  # have each talk summarised, as a table beside the talks
    seed: int = 13,
) -> Made:
    each, pool = Steps(writer, seed), read_talks(examples) or generate.starter_pool()
    named = read_topics(topics)
    split = await each("subtopic", persona.subtopics, named, count=subtopics, alike=alike)
    branches = persona.evenly(split.results, conversations)
    groups = await each("people", persona.topic_people, branches, count=people, alike=alike)
    met = [
        pairing.every_pair(cast, fields=msgspec.structs.asdict(branches[i]))
        for i, cast in indexed(groups)
    ]
    how: dict[str, Any] = {"examples": pool, "shown": shown, "recipe": "diasynth"}
    how |= {"personas": show_people, "reasoning": reasoning}
    pairs = persona.evenly(met, conversations)
    talked = await each("conversation", generate.reasoned, pairs, **how)
    judged = talked.results if ratings else []
    rated = await each("verdict", verdict_on, judged, by=judge, scorer=scorers.overall)
    summed = talked.results if summaries else []
    told = await each("summary", generate.summarise, summed)
    talks = with_scores(talked.results, rated.results)
    means, warnings = of_ratings(talks, "overall", judge.ref)
    made = finished(
        talks,
        [person for cast in groups.results for person in cast],
        asked=conversations,
        seed=seed,
        figures=of_talks(talks, pool) + means,
        critics={"overall": judge.ref} if ratings else {},
        steps={"topics": len(named), "subtopics": len(branches), "pairs": sum(map(len, met))},
        notes=warnings,
        cut=each.cut,
    )
    return with_tables(made, {"summaries": told.results} if summaries else {}, seed=seed)
