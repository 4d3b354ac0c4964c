"""What a recipe about lives in time is made of beside the rooms: people, questions, tables."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from dramaturg import dataset, evaluate, generate, store
from dramaturg.errors import ReplyError
from dramaturg.evaluate import Asked, History
from dramaturg.generate import DraftQuestion
from dramaturg.loop import Check, Done, each, until_passes
from dramaturg.models import ChatModel
from dramaturg.recipes.recipe import Step
from dramaturg.records import Conversation, Event, OptionQuestion, Persona, derive_seed

T = TypeVar("T")
Read = Literal["nothing", "without", "both"]
Periods = Literal[
    "none", "week", "month", "year", "week,month", "week,year", "month,year", "week,month,year"
]
_MOST_FILLER = 20_000
_LONG_ENOUGH = 0.9  # of the tokens asked for
GENERAL = "life in general"
ANY = 10**9
MEM_RANGES = {
    **dict.fromkeys(["people", "topics_each", "events", "questions", "tries"], (1, ANY)),
    "changing": (0, 1),
    "year": (1950, 2200),
    "tokens": (0, ANY),
}


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """A person with their timeline, the sessions that tell it, and what is asked of them."""

    person: Persona
    events: Sequence[Event]
    sessions: Sequence[Conversation]
    history: History
    plan: Sequence[Asked] = ()
    questions: Sequence[OptionQuestion] = ()


def read_people(personas: Path | None, count: int) -> list[Persona]:
    """A short note for each life: a person of the file, or one fact of it. Bad lines are noted.

    Raises:
        UserError: If the file cannot be used.
    """
    loaded = dataset.load_personas(personas or dataset.starter_people())
    for drop in loaded.drops:
        store.notes.note(drop)
    people = loaded.people or [Persona(facts=(fact,)) for fact in loaded.facts]
    return list({person.id: person for person in people}.values())[:count]


def read_filler(path: Path | None) -> Sequence[Conversation]:
    """Unrelated talk: the conversations of a file, 20,000 at most, or the few of the package.

    Raises:
        UserError: If the file cannot be used.
    """
    if path is None:
        return generate.starter_pool()
    return list(itertools.islice(dataset.load_conversations(path, store.notes.note), _MOST_FILLER))


def read_periods(text: str) -> list[str]:
    """The setting --periods as a list; "none" is an empty one."""
    return [] if text == "none" else text.split(",")


def going_on(done: Done[T]) -> Sequence[T]:
    """The results of a step inside an item's work. Raises what cut it off, so that all ends."""
    if done.cut is not None:
        raise done.cut
    return done.results


async def with_questions(writer: ChatModel, life: Life, *, tries: int, seed: int) -> Life:
    """The life with the questions of its plan, the right option first.

    One whose options give the right one away is written again with the complaint, `tries` times at
    most; then it is dropped with the last complaint.
    """

    async def one(asked: Asked) -> OptionQuestion:
        own = derive_seed(seed, life.person.id, asked.kind, asked.event.id)

        async def make(attempt: int, complaints: Sequence[str]) -> DraftQuestion:
            answer = await generate.write_question(
                writer, life.person, asked.path, asked.kind,
                complaints=complaints, seed=derive_seed(own, attempt),
            )  # fmt: skip
            return answer.value

        async def fair(draft: DraftQuestion) -> Check:
            why = generate.question_faults(draft)
            return Check(not why, why)

        made = await until_passes(make, [fair], tries=tries)
        if made.value is None:
            kind, _, what = made.complaints[-1].partition(": ")
            raise ReplyError(f"{what}, after {made.tries} tries", kind=kind)
        return OptionQuestion(
            text=made.value.text,
            options=(made.value.right, *(text for text, _ in made.value.wrong)),
            right=0,
            kind=asked.kind,
            why=("right", *(why for _, why in made.value.wrong)),
            person=life.person.id,
            history=life.history.id,
            ends=life.history.ends[asked.session],
            date=asked.date,
            sessions_ago=asked.sessions_ago,
            tokens_ago=asked.tokens_ago,
            evidence=tuple(event.id for event in asked.path),
        )

    done = await each(
        life.plan, one, at_once=8, step="questions", kind="question",
        about=lambda asked: asked.event.about,
    )  # fmt: skip
    return msgspec.structs.replace(life, questions=tuple(going_on(done)))


def shortfall(
    lives: Sequence[Life], notes: Sequence[Persona], people: int, questions: int, tokens: int
) -> list[str]:
    """Why there is less than was asked for, where nothing was dropped for it."""
    said = []
    if len(notes) < people:
        said.append(f"{len(notes)} notes for {people} lives: give more people, or ask for fewer")
    few = [life for life in lives if len(life.plan) < questions]
    if few:
        cases = sum(len(life.plan) for life in few)
        said.append(
            f"{len(few)} lives have cases for {cases} questions, not {len(few) * questions}: tell "
            "more of them (--events, --topics-each)"
        )
    short = [life for life in lives if life.history.tokens < _LONG_ENOUGH * tokens]
    if short:
        mean = round(sum(life.history.tokens for life in short) / len(short))
        said.append(
            f"{len(short)} histories have {mean:,} tokens on average, not {tokens:,}: there is no "
            "more unrelated talk; give some (--filler)"
        )
    return said


def placed(lives: Sequence[Life], *, seed: int) -> list[OptionQuestion]:
    """All questions, whose right option stood first, with every letter right equally often."""
    drafts = [question for life in lives for question in life.questions]
    size = max((len(draft.options) for draft in drafts), default=2)
    places = evaluate.balanced_places(len(drafts), size, seed=seed)
    found = []
    for number, (draft, place) in enumerate(zip(drafts, places, strict=True)):
        order = evaluate.arranged(draft.options[0], draft.options[1:], place, seed=seed + number)
        found.append(
            msgspec.structs.replace(
                draft,
                options=tuple(draft.options[i] for i in order),
                why=tuple(draft.why[i] for i in order),
                right=place,
                id="",
            )
        )
    return found


def with_splits(
    lives: Sequence[Life], questions: Sequence[OptionQuestion], *, seed: int
) -> dict[str, list[Any]]:
    """The tables "questions" and "histories", each row in the split of its person."""
    sessions = [session for life in lives for session in life.sessions]
    by_id = dataset.apart_by_persona(sessions, seed=seed).by_id
    split = {session.speakers[0].persona_id: by_id[session.id] for session in sessions}

    def inside(row: Any) -> Any:
        return msgspec.structs.replace(row, split=split.get(row.person, ""))

    return {
        "questions": [inside(question) for question in questions],
        "histories": [inside(life.history) for life in lives],
    }


def persona_mem_calls(s: Mapping[str, Any], notes: int) -> list[Step]:
    """Every period brings events and one session; one try in ten of a question is a second one."""
    lives = min(s["people"], notes) if notes else s["people"]
    topics, periods = s["topics_each"] + 1, len(read_periods(s["periods"]))
    blocks = lives * topics * (periods + 1)
    asked = lives * s["questions"]
    told = 60 * s["events"]
    reads = {"nothing": 0, "without": asked, "both": 2 * asked}[s["read"]]
    seen = s["tokens"] // 2 if s["read"] == "both" else 0
    return [
        Step("portraits", "writer", lives, 260, 220, "persona.portrait"),
        Step("pasts", "writer", lives * topics, 480, told, "life.past"),
        Step("periods", "writer", lives * topics * periods, 900, told, "life.evolve"),
        Step("sessions", "writer", blocks, 500 + told, 130 * s["events"], "session.write"),
        Step("questions", "writer", round(1.1 * asked), 700, 250, "question.options"),
        Step("readings", "reader", reads, 250 + seen // 2, 60, "option.choose"),
    ]
