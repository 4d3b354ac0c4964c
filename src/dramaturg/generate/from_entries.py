"""Write a short talk of two people out of something that each of them wrote.

Source: the single prompt of Pal et al. 2024, arXiv:2412.11250: common ground, equal shares, short
turns.
Differs: a model that follows no prompts is given the sentences in which the writers speak of
themselves as their facts, and as it cannot be told a length, its turns end with the last sentence
that fits.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import msgspec

from dramaturg.generate.parse import Parsed
from dramaturg.generate.write import WriteInput, write_task
from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Task, load, quote
from dramaturg.records import (
    Conversation,
    Evidence,
    Fact,
    Pair,
    Provenance,
    Speaker,
    Turn,
    derive_seed,
)
from dramaturg.scorers.faithfulness import sentences
from dramaturg.scorers.words import tokens

LONGEST_SENTENCE = 60  # words; what has no full stop is cut there
_NATIVE_FACTS = 5
_MYSELF = re.compile(r"(?i)\b(i|i'm|i've|my|me|we|our)\b")


class EntriesInput(WriteInput, frozen=True, kw_only=True):
    """Two entries as sentences (`facts_1`, `facts_2`), and the form of the talk.

    Attributes:
        turns, words: Exactly so many turns, so many words a turn at most.
        complaints: What was wrong with the talks before this one.
    """

    turns: int
    words: int
    complaints: tuple[str, ...] = ()


def entries_task() -> Task[EntriesInput, Parsed]:
    """ "conversation.write" from two entries."""
    plain = write_task()
    return Task(
        name=plain.name,
        prompt=load("dramaturg.generate", "write_from_entries"),
        fill=_fill,
        parse=plain.parse,
        sampling=msgspec.structs.replace(plain.sampling, temperature=1.0, top_k=None),
        cut=plain.cut,
    )


_task = functools.cache(entries_task)


async def from_entries(
    pair: Pair,
    writer: ChatModel,
    *,
    turns: int = 8,
    words: int = 20,
    attempt: int = 0,
    complaints: Sequence[str] = (),
    recipe: str = "",
    seed: int,
) -> Conversation:
    """The talk of two people whose facts are the sentences of what they wrote.

    The form is asked for, not made sure of: see `scorers.TurnFormat`.

    Raises:
        ReplyError: If no reply is a conversation.
    """
    task = _task()
    sides: list[Sequence[str]] = [person.sentences for person in pair.people]
    if not writer.follows_prompts():
        sides = [of_themselves(side) for side in sides]
    given = EntriesInput(
        facts_1=tuple(sides[0]),
        facts_2=tuple(sides[1]),
        turns_low=turns - 1,
        turns_high=turns + 1,
        turns=turns,
        words=words,
        complaints=tuple(complaints),
    )
    own_seed = derive_seed(seed, "entries", pair.id, attempt)
    answer = await ask(writer, task, given, seed=own_seed, about=pair.id)
    said, repairs = answer.value.turns, dict(answer.value.repairs)
    if not writer.follows_prompts():
        short = tuple((who, leading(text, words)) for who, text in said)
        repairs["cut to length"] = sum(a != b for a, b in zip(said, short, strict=True))
        said = short
    return Conversation(
        scene_id=pair.id,
        scene=dict(pair.scene.fields),
        speakers=tuple(
            Speaker(
                name=f"User {n}",
                persona_id=person.id,
                persona=person.sentences,
                fact_ids=tuple(fact.id for fact in person.facts),
            )
            for n, person in enumerate(pair.people, 1)
        ),
        turns=tuple(Turn(speaker=who, text=text) for who, text in said),
        provenance=Provenance(
            recipe=recipe or "from-entries",
            models={"writer": writer.ref},
            prompts={task.name: answer.prompt_hash},
            seed=own_seed,
            draft=attempt,
            calls=tuple(key for key in answer.keys if key),
            repairs={kind: count for kind, count in repairs.items() if count},
            extra={"complaints": list(complaints), "reasked": list(answer.problems)},
        ),
    )


def facts_of(text: str, document: str, *, words: int = 300) -> tuple[Fact, ...]:
    """The first sentences of a text as facts, at most `words` words together, at least one.

    Args:
        document: Id of the text, for the evidence.
    """
    found: list[Fact] = []
    left = words
    for sentence in _pieces(text):
        size = len(sentence.split())
        if found and size > left:
            break
        left -= size
        found.append(Fact(text=sentence, evidence=(Evidence(document=document),)))
    return tuple(dict.fromkeys(found))


def of_themselves(said: Sequence[str], most: int = _NATIVE_FACTS) -> list[str]:
    """The first sentences of usual length in which the writer speaks of themselves.

    >>> of_themselves(["It rained.", "I baked some bread today."], most=1)
    ['I baked some bread today.']
    """
    usual = [s for s in said if 4 <= len(s.split()) <= 25]
    personal = [s for s in usual if _MYSELF.search(s.replace("’", "'"))]
    return (personal or usual or list(said))[:most]


def leading(text: str, words: int) -> str:
    """The first sentences of a turn that have at most so many words together, at least one.

    >>> leading("Yes. I walked to the sea. Did you?", 6)
    'Yes. I walked to the sea.'
    """
    kept: list[str] = []
    for sentence in sentences(text):
        if kept and len(tokens(" ".join([*kept, sentence]))) > words:
            break
        kept.append(sentence)
    return " ".join(kept) or text


def _pieces(text: str) -> list[str]:
    found = []
    for line in text.split("\n"):
        for sentence in sentences(line):
            parts = sentence.split()
            found += [
                " ".join(parts[i : i + LONGEST_SENTENCE])
                for i in range(0, len(parts), LONGEST_SENTENCE)
            ]
    return found


def _fill(given: EntriesInput) -> dict[str, str]:
    wrong = "; ".join(quote(one) for one in given.complaints)
    again = f"\nEarlier attempts were not taken: {wrong}. Write another one.\n" if wrong else ""
    return {
        "turns": str(given.turns),
        "words": str(given.words),
        "complaints": again,
        "entry_1": quote(" ".join(given.facts_1)),
        "entry_2": quote(" ".join(given.facts_2)),
    }
