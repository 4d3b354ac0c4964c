"""Write several drafts for a pair, each after other demonstrations drawn from the pool.

Source: Jandaghi et al. 2023, arXiv:2312.10007, on the generator.
Differs: a draft that copies a demonstration or repeats itself is refused and counted.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from dramaturg.errors import BackendError, ReplyError
from dramaturg.generate.metered import Metered
from dramaturg.generate.parse import Parsed
from dramaturg.generate.starter import starter_pool
from dramaturg.generate.write import WriteInput, demonstration, write_task
from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Sampling, Task
from dramaturg.records import (
    Conversation,
    Drop,
    Pair,
    Provenance,
    Speaker,
    Turn,
    derive_seed,
    to_json,
)
from dramaturg.scorers import costs_one_item, lost_call
from dramaturg.store import notes

Inputs: TypeAlias = Callable[[Pair, Sequence[Conversation], tuple[int, int]], msgspec.Struct]


@dataclass(frozen=True)
class FewShot:
    """Proposes drafts; made by `few_shot`."""

    writer: ChatModel
    drafts: int
    demonstrations: int
    turns: tuple[int, int]
    sampling: Sampling
    at_first: int
    recipe: str = ""
    task: Task[Any, Parsed] = field(default_factory=write_task)
    inputs: Inputs | None = None

    async def propose(
        self,
        pair: Pair,
        pool: Sequence[Conversation],
        *,
        round: int,
        seed: int,
        attempt: int = 0,
    ) -> AsyncGenerator[Conversation, None]:
        """The drafts that could be read, each as it is finished; the others become Drops.

        The first `at_first` are written at the same time; each further one only once the reader
        asks for more than those have given. A reader that has enough closes the generator.

        Args:
            pool: Demonstrations are drawn from here; an empty pool means the starter pool.
            round: Counted from 1; goes into the provenance.
            attempt: 0, or the number of the retry: other seeds, other demonstrations.

        Raises:
            BackendError: If the model cannot be used at all; a call that may succeed later and
                did not is a Drop.
        """
        drops: dict[int, Drop] = {}
        writing: dict[asyncio.Task[Conversation | Drop], int] = {}
        waiting = iter(range(self.drafts))

        def write(count: int) -> None:
            for index in itertools.islice(waiting, count):
                one = self._draft(pair, pool, round, seed, attempt, index)
                writing[asyncio.create_task(one)] = index

        write(self.at_first)
        try:
            while writing:
                done, _ = await asyncio.wait(writing, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(done, key=writing.__getitem__):
                    index, made = writing.pop(task), task.result()
                    if isinstance(made, Drop):
                        drops[index] = made
                    else:
                        yield made
                if not writing:
                    write(1)
        finally:
            for task in writing:
                task.cancel()
            await asyncio.gather(*writing, return_exceptions=True)
            for index in sorted(drops):
                notes.note(drops[index])

    async def _draft(
        self,
        pair: Pair,
        pool: Sequence[Conversation],
        round: int,
        seed: int,
        attempt: int,
        index: int,
    ) -> Conversation | Drop:
        own_seed = derive_seed(seed, "draft", pair.id, round, attempt, index)
        shown = draw_demonstrations(
            pool or starter_pool(), self.demonstrations, without=pair, seed=own_seed
        )
        make = self.inputs or _write_input
        inputs = make(pair, shown, self.turns)
        writer = Metered(self.writer)
        try:
            answer = await ask(
                writer,
                self.task,
                inputs,
                seed=own_seed,
                about=pair.id,
                sampling=self.sampling,
            )
        except ReplyError as error:
            return _dropped(pair, round, own_seed, f"{error.kind}: {error.what}", writer)
        except BackendError as error:
            if not costs_one_item(error):
                raise
            return _dropped(pair, round, own_seed, lost_call(error), writer)
        parsed = answer.value
        return Conversation(
            scene_id=pair.scene.id,
            scene=dict(pair.scene.fields),
            speakers=speakers_of(pair),
            turns=tuple(Turn(speaker=who, text=text) for who, text in parsed.turns),
            provenance=Provenance(
                recipe=self.recipe or "few-shot",
                models={"writer": self.writer.ref},
                prompts={self.task.name: answer.prompt_hash},
                seed=own_seed,
                round=round,
                draft=attempt * self.drafts + index,
                demonstrations=tuple(c.id for c in shown),
                calls=tuple(key for key in answer.keys if key),
                repairs=_repairs(parsed.repairs, answer.mended),
                extra={
                    "attempt": attempt,
                    "turns_wanted": list(self.turns),
                    "reasked": list(answer.problems),
                    "cost": writer.spent(),
                },
            ),
        )


def _write_input(pair: Pair, shown: Sequence[Conversation], turns: tuple[int, int]) -> WriteInput:
    topic = pair.scene.fields.get("topic", ())
    hints = (topic,) if isinstance(topic, str) else tuple(str(t) for t in topic)
    return WriteInput(
        facts_1=pair.first.sentences,
        facts_2=pair.second.sentences,
        demonstrations=tuple(demonstration(c) for c in shown),
        turns_low=turns[0],
        turns_high=turns[1],
        hints=hints,
    )


def few_shot(
    writer: ChatModel,
    *,
    drafts: int = 4,
    demonstrations: int = 5,
    turns: tuple[int, int] = (5, 8),
    temperature: float = 0.7,
    top_k: int | None = 40,
    max_tokens: int = 1_200,
    at_first: int | None = None,
    recipe: str = "",
    task: Task[Any, Parsed] | None = None,
    inputs: Inputs | None = None,
) -> FewShot:
    """Drafts by one model that is shown a few conversations: the paper's generator.

    Args:
        drafts: A pair, round and attempt.
        demonstrations: Shown to each draft; drawn anew for each.
        turns: More than the first and fewer than the second are asked for. Models do not keep
            to it: what was wanted and what was got stands in each conversation's provenance.
        at_first: Drafts written at the same time, before any is asked for more; None = all. Give
            it with a panel that stops once it has enough.
        recipe: Name for the provenance.
        task: Another task that writes a whole conversation; None = "conversation.write".
        inputs: Makes that task's input of a pair, the conversations shown and `turns`.
    """
    task = task or write_task()
    sampling = msgspec.structs.replace(
        task.sampling, temperature=temperature, top_k=top_k, max_tokens=max_tokens
    )
    return FewShot(
        writer=writer,
        drafts=drafts,
        demonstrations=demonstrations,
        turns=turns,
        sampling=sampling,
        at_first=drafts if at_first is None else at_first,
        recipe=recipe,
        task=task,
        inputs=inputs,
    )


def draw_demonstrations(
    pool: Sequence[Conversation], count: int, *, without: Pair, seed: int
) -> list[Conversation]:
    """At most `count` different conversations of the pool, none with a person of the pair.

    A person is known by id and by facts, so that a copy under another id is left out as well.
    """
    ids = {person.id for person in without.people}
    profiles = {person.sentences for person in without.people}
    draw = random.Random(seed)
    found: list[Conversation] = []
    seen: set[int] = set()
    while len(found) < count and len(seen) < len(pool):
        index = draw.randrange(len(pool))
        if index in seen:
            continue
        seen.add(index)
        made = pool[index]
        theirs = made.speakers
        if made.scene_id != without.id and not any(
            s.persona_id in ids or s.persona in profiles for s in theirs
        ):
            found.append(made)
    return found


def speakers_of(pair: Pair) -> tuple[Speaker, ...]:
    """Both as speakers, "User 1" and "User 2", each with the persona they are written for."""
    return tuple(
        Speaker(
            name=f"User {i + 1}",
            persona_id=person.id,
            persona=person.sentences,
            fact_ids=tuple(fact.id for fact in person.facts),
        )
        for i, person in enumerate(pair.people)
    )


def _repairs(parsed: dict[str, int], mended: Sequence[str]) -> dict[str, int]:
    """What the parser mended, and what was mended before it read."""
    count = Counter(parsed)
    count.update(mended)
    return dict(sorted(count.items()))


def _dropped(pair: Pair, round: int, seed: int, reason: str, writer: Metered) -> Drop:
    detail = _Failed(pair_id=pair.id, seed=seed, reply=writer.last, cost=writer.spent())
    return Drop(kind="draft", reason=reason, subject=pair.id, round=round, detail=to_json(detail))


class _Failed(msgspec.Struct, frozen=True, kw_only=True):
    pair_id: str
    seed: int
    reply: str
    cost: dict[str, float]
