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

from dramaturg import generate, loop, pairing, persona, scorers
from dramaturg.models import ChatModel, capacity
from dramaturg.recipes.estimates_texts import DIASYNTH_RANGES, diasynth_calls
from dramaturg.recipes.finish import finished
from dramaturg.recipes.reading import read_talks, read_topics
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.recipes.tables import indexed, verdict_on, with_scores, with_tables
from dramaturg.recipes.texts_figures import of_ratings, of_talks


@recipe(
    tasks={
        "writer": ("topic.split", "topic.people", "conversation.reasoned"),
        "judge": ("judge.overall",),
    },
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
    named, pool = read_topics(topics), read_talks(examples) or generate.starter_pool()
    at_once = capacity(writer, judge)
    split = await loop.each(
        named,
        lambda topic: persona.subtopics(topic, writer, count=subtopics, alike=alike, seed=seed),
        at_once=at_once,
        step="subtopics",
        kind="topic",
    )
    under = [[(named[i], sub) for sub in subs] for i, subs in indexed(split)]
    branches = persona.evenly(under, conversations)
    groups = await loop.each(
        branches,
        lambda branch: persona.topic_people(
            branch[1], writer, count=people, alike=alike, seed=seed
        ),
        at_once=at_once,
        step="people",
        kind="subtopic",
        about=" / ".join,
    )
    met = [
        pairing.every_pair(cast, fields={"topic": branches[i][0], "subtopic": branches[i][1]})
        for i, cast in indexed(groups)
    ]
    talked = await loop.each(
        persona.evenly(met, conversations),
        lambda pair: generate.reasoned(
            pair,
            writer,
            pool,
            shown=shown,
            personas=show_people,
            reasoning=reasoning,
            recipe="diasynth",
            seed=seed,
        ),
        at_once=at_once,
        step="talks",
        kind="conversation",
    )
    rater = scorers.overall(judge)
    rated = await loop.each(
        talked.results if ratings else [],
        lambda talk: verdict_on(talk, rater, seed=seed),
        at_once=at_once,
        step="ratings",
        kind="verdict",
    )
    told = await loop.each(
        talked.results if summaries else [],
        lambda talk: generate.summarise(talk, writer, seed=seed),
        at_once=at_once,
        step="summaries",
        kind="summary",
    )
    talks = with_scores(talked.results, rated.results)
    means, warnings = of_ratings(talks, rater.name, judge.ref)
    made = finished(
        talks,
        [person for cast in groups.results for person in cast],
        asked=conversations,
        seed=seed,
        figures=of_talks(talks, pool) + means,
        critics={f"{rater.name} {rater.version}": judge.ref} if ratings else {},
        steps={"topics": len(named), "subtopics": len(branches), "pairs": sum(map(len, met))},
        notes=warnings,
        cut=loop.cut_of(split, groups, talked, rated, told),
    )
    return with_tables(made, {"summaries": told.results} if summaries else {}, seed=seed)
