"""Lives in time: tastes change over many sessions, and a test asks what holds now.

Source: Jiang et al. 2025, "Know Me, Respond to Me: Benchmarking LLMs for Dynamic User Profiling and
Personalized Responses at Scale", arXiv:2504.14225 (PersonaMem).
Does: a note -> a portrait with likes and dislikes -> dated events, period after period, many of
which turn round what was so -> a session for each part of life and period, in which every event
comes up at a known turn -> histories filled up to a length -> questions with four options, each
asked while its answer holds, at some distance -> what the options give away is measured.
Differs: sessions stand in order of their dates over all topics (there: within a topic), so that
nothing before a question is dated after it; the right answer follows from what was told, not from
what has happened; letters are balanced; options must be equally long, or are written again; an
event that cannot be true beside the timeline is dropped with its reason. One call writes a
question with its options. Tokens are counted as 4 characters.
"""

from __future__ import annotations

from pathlib import Path

from dramaturg import evaluate, generate, loop, persona, profile
from dramaturg.models import ChatModel, capacity
from dramaturg.recipes import life_readings
from dramaturg.recipes import lives as of_lives
from dramaturg.recipes.finish import finished
from dramaturg.recipes.lives import Life, Periods, Read
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.records import Persona, derive_seed

NAME = "persona-mem"
WRITER = ("persona.portrait", "life.past", "life.evolve", "session.write", "question.options")


@recipe(
    tasks={"writer": WRITER, "reader": ("option.choose",)},
    estimate=of_lives.persona_mem_calls,
    ranges=of_lives.MEM_RANGES,
    count="people",
    makes="questions",
    example="--personas people.txt -n 20 --out memories",
)
async def persona_mem(
    writer: ChatModel,
    reader: ChatModel,
    *,
    personas: Path | None = None,  # notes on people, one a line; none = the starter facts
    people: int = 20,  # lives, one for each note (paper: 20)
    topics: Path | None = None,  # parts of life, one a line; none = the fifteen of the package
    topics_each: int = 3,  # drawn for each life, beside life in general
    year: int = 2024,  # the past goes up to its first day
    periods: Periods = "week,month,year",  # told after the past, in this order
    events: int = 10,  # for each part of life and period (paper: 10)
    changing: float = 0.5,  # more than this share of a period's events turn round what was so
    questions: int = 50,  # for each life, kinds in turn
    tries: int = 3,  # for a question whose options give the right one away
    tokens: int = 32_000,  # a history is filled up to; 4 characters a token
    filler: Path | None = None,  # conversations to fill it with; none = the eight of the package
    read: Read = "without",  # who answers: the reader without histories, with them too, or nobody
    seed: int = 13,
) -> Made:
    notes, talk = of_lives.read_people(personas, people), of_lives.read_filler(filler)
    parts, spans = profile.load_topics(topics), of_lives.read_periods(periods)

    async def live(note: Persona) -> Life:
        own = derive_seed(seed, note.id)
        born = await persona.portrait(note.sentences, writer, year=year, seed=own)
        drawn = (of_lives.GENERAL, *profile.draw_topics(parts, topics_each, seed=own))
        told = await profile.whole_life(
            born, writer, topics=drawn, begin=f"{year}-01-01", periods=spans, count=events,
            changing=changing, seed=own,
        )  # fmt: skip
        person = profile.with_timeline(born, told, writer.ref)
        sessions = await generate.write_sessions(writer, person, told, recipe=NAME, seed=own)
        history = evaluate.join_sessions(sessions, filler=talk, tokens=tokens, seed=own)
        plan = evaluate.plan_questions(history, told, count=questions, seed=own)
        life = Life(person=person, events=told, sessions=sessions, history=history, plan=plan)
        return await of_lives.with_questions(writer, life, tries=tries, seed=own)

    made = await loop.each(notes, live, at_once=capacity(writer), step="lives", kind="life")
    asked = of_lives.placed(lives := list(made.results), seed=seed)
    readings = await life_readings.readings(reader, asked, made, read, seed=seed)
    return finished(
        [session for life in lives for session in life.sessions],
        [life.person for life in lives],
        asked=people * questions, made=len(asked), seed=seed,
        tables=of_lives.with_splits(lives, asked, seed=seed),
        figures=life_readings.option_figures(lives, asked, readings, reader.ref),
        steps=life_readings.counts(lives),
        notes=of_lives.shortfall(lives, notes, people, questions, tokens),
        cut=loop.cut_of(made, readings),
    )  # fmt: skip
