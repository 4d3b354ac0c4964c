"""Tables beside conversations: each row in the split of the person or the talk that it is of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from dramaturg import dataset, loop, scorers
from dramaturg.models import ChatModel
from dramaturg.recipes.recipe import Made
from dramaturg.records import Conversation, Verdict, derive_seed
from dramaturg.store import notes

R = TypeVar("R")

_PEOPLE_TO_DIVIDE = 20  # fewer people are one split: a tenth of them is no test set


def with_tables(made: Made, tables: Mapping[str, Sequence[msgspec.Struct]], *, seed: int) -> Made:
    """The same with these tables, their rows divided so that no split shares a person.

    A row with a `conversation` goes where that talk went, one with a `persona_id` where that
    person's talks went; people without a talk are divided among themselves. Other rows, and all
    where there are few people and no talk, stay as they are or are "train".
    """
    by_talk = {talk.id: talk.split for talk in made.conversations}
    by_person = {
        speaker.persona_id: talk.split for talk in made.conversations for speaker in talk.speakers
    }
    alone = [person for person in made.people if person.id not in by_person]
    shares = dataset.SHARES if len(alone) >= _PEOPLE_TO_DIVIDE else {"train": 1.0}
    by_person.update(dataset.people_apart(alone, shares, seed=seed) if alone else {})

    def divided(row: msgspec.Struct) -> msgspec.Struct:
        split = by_talk.get(getattr(row, "conversation", ""))
        split = split or by_person.get(getattr(row, "persona_id", None))
        return msgspec.structs.replace(row, split=split) if split else row

    rows: dict[str, list[Any]] = {name: list(map(divided, some)) for name, some in tables.items()}
    return dataclasses.replace(made, tables={**made.tables, **rows})


def indexed(done: loop.Done[R]) -> Iterator[tuple[int, R]]:
    """Each result with the place of its item."""
    return zip(done.indexes, done.results, strict=True)


async def verdict_on(
    talk: Conversation,
    judge: ChatModel,
    *,
    scorer: Callable[[ChatModel], scorers.Scorer],
    seed: int,
) -> Verdict:
    """What a scorer says of a talk; it is noted with the run. Raises ReplyError for no verdict."""
    rate = scorer(judge)
    verdict = await rate(talk, seed=derive_seed(seed, rate.name, talk.id))
    notes.note(verdict)
    return verdict


def with_scores(talks: Sequence[Conversation], verdicts: Sequence[Verdict]) -> list[Conversation]:
    """The talks with what the scorers said of them; a talk without a verdict stays without."""
    said: dict[str, dict[str, float]] = {}
    for verdict in verdicts:
        said.setdefault(verdict.subject, {})[verdict.scorer] = verdict.value
    return [
        msgspec.structs.replace(talk, scores={**talk.scores, **said.get(talk.id, {})})
        for talk in talks
    ]
