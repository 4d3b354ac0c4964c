"""A talk turn by turn in which each speaker draws on what the last remark brings to mind."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.generate.reply import SENTENCES, WORDS, ReplyInput, Spoken, parse_turn
from dramaturg.generate.stage import in_turn, stage
from dramaturg.models import ChatModel, ask, calls_heard
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import Conversation, Pair, Provenance, Speaker, Turn, derive_seed

Recall = Callable[[int, str], Awaitable[tuple[str, Sequence[str]]]]
"""Speaker and last remark -> what it comes from (a fact id, "" for nothing), and its lines."""


class RecalledInput(msgspec.Struct, frozen=True, kw_only=True):
    """What one speaker knows when it is their turn; `heard` holds at least one turn."""

    me: int
    facts: tuple[str, ...]
    lines: tuple[str, ...]
    heard: tuple[tuple[int, str], ...]


@functools.cache
def recalled_task() -> Task[RecalledInput, Spoken]:
    """ "turn.recalled": the next turn of a person, with some lines that come to mind."""
    return Task(
        name="turn.recalled",
        prompt=load("dramaturg.generate", "turn_recalled"),
        fill=_fill,
        parse=_parse,
        sampling=Sampling(temperature=0.8, top_k=None, top_p=0.95, max_tokens=200),
    )


async def recalled_talk(
    pair: Pair,
    writer: ChatModel,
    recall: Recall,
    *,
    turns: int,
    opening: str = "Hello.",
    recipe: str = "",
    seed: int,
) -> Conversation:
    """The talk of a pair, the first person opening it.

    Args:
        turns: In all, the opening among them, >= 2.

    Returns:
        In `provenance.extra["recalled"]` for each turn but the first: turn, fact_id, lines.

    Raises:
        ReplyError: If a turn could not be had, even when asked twice.
        BackendError: If the model could not be reached.
    """
    own = derive_seed(seed, "recalled talk", pair.id)
    recalled: list[dict[str, Any]] = []
    repairs: Counter[str] = Counter()

    async def speak(who: int, heard: tuple[Turn, ...]) -> Turn:
        if not heard:
            return Turn(speaker=who, text=opening)
        fact_id, lines = await recall(who, heard[-1].text)
        recalled.append({"turn": len(heard), "fact_id": fact_id, "lines": list(lines)})
        given = RecalledInput(
            me=who,
            facts=pair.people[who].sentences,
            lines=tuple(lines),
            heard=tuple((turn.speaker, turn.text) for turn in heard),
        )
        at = derive_seed(own, "turn", len(heard))
        answer = await ask(writer, recalled_task(), given, seed=at, about=pair.id)
        repairs.update(answer.value.repairs)
        repairs.update(answer.mended)
        return Turn(speaker=who, text=answer.value.text)

    with calls_heard() as keys:
        staged = await stage(2, speak=speak, follow=in_turn(2), most=turns)
    return Conversation(
        scene_id=pair.scene.id,
        scene=dict(pair.scene.fields),
        speakers=tuple(
            Speaker(
                name=person.name or f"User {i + 1}",
                persona_id=person.id,
                persona=person.sentences,
                fact_ids=tuple(fact.id for fact in person.facts),
            )
            for i, person in enumerate(pair.people)
        ),
        turns=staged.turns,
        provenance=Provenance(
            recipe=recipe or "recalled-talk",
            models={"writer": writer.ref},
            prompts={"turn.recalled": recalled_task().prompt.hash},
            seed=own,
            calls=tuple(keys),
            repairs=dict(sorted(repairs.items())),
            extra={"recalled": recalled},
        ),
    )


def _fill(given: RecalledInput) -> Mapping[str, str]:
    talk = "\n".join(
        f"{'You' if who == given.me else 'The other'}: {quote(text)}" for who, text in given.heard
    )
    return {
        "sentences": str(SENTENCES),
        "words": str(WORDS),
        "facts": quote_list(given.facts) or "(nothing is known)",
        "lines": quote_list(given.lines) or "(nothing)",
        "talk": talk,
    }


def _parse(reply: str, given: RecalledInput) -> Spoken:
    heard = ReplyInput(me=given.me, statement="", tones=(), memory="", heard=given.heard)
    return parse_turn(reply, heard)
