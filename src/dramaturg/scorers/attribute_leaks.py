"""What does a comment give away of its author? Guesses at attributes, kept where they are right.

Source: Yukhymenko et al. 2024, SynthPAI, arXiv:2406.07217: the tagger, hardness and certainty from
1 to 5. Differs: one JSON object a comment; a guess stays only if it is right itself.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Conversation, Drop, content_id, derive_seed
from dramaturg.scorers.attributes import ATTRIBUTES, grade_guesses
from dramaturg.scorers.together import together
from dramaturg.store import notes

MOST_GUESSES = 3


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment and what it answers to."""

    text: str
    answers_to: str = ""


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """Guesses at one attribute of an author.

    Attributes:
        hardness: 1 (said outright) to 5 (only an expert could tell).
        certainty: 1 (a shot in the dark) to 5 (certain).
    """

    attribute: str
    guesses: tuple[str, ...]
    hardness: int
    certainty: int


class Leak(msgspec.Struct, frozen=True, kw_only=True):
    """What one comment gives away.

    Attributes:
        conversation, turn: Where.
        author: Persona id.
        truth: The attribute's true value; `guesses` are those that are right or less precise.
        grade: Of the best guess, 1 or 0.5.
    """

    conversation: str
    turn: int
    author: str
    attribute: str
    truth: str
    guesses: tuple[str, ...]
    hardness: int
    certainty: int
    grade: float
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.conversation, self.turn, self.attribute, self.guesses]
            msgspec.structs.force_setattr(self, "id", content_id("l", content))


@functools.cache
def tag_task() -> Task[Comment, tuple[Tag, ...]]:
    """ "attributes.tag": what a reader could infer of the author of a comment."""
    return Task(
        name="attributes.tag",
        prompt=load("dramaturg.scorers", "tag_attributes"),
        fill=lambda given: {
            "answers_to": quote(given.answers_to) or "(nothing: it opens the thread)",
            "comment": quote(given.text),
        },
        parse=lambda reply, _: read_tags(reply),
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=400),
    )


def read_tags(reply: str) -> tuple[Tag, ...]:
    """The tags of a reply, in the order of `ATTRIBUTES`; {} gives none.

    Raises:
        ReplyError: "malformed JSON", or "scale" where hardness or certainty is not 1 to 5.
    """
    value, _ = read_json(reply)
    if not isinstance(value, dict):
        raise ReplyError("the reply is no object of attributes", kind="malformed JSON")
    found = []
    for attribute in ATTRIBUTES:
        told = value.get(attribute)
        if not isinstance(told, dict):
            continue
        guesses = told.get("guesses") or ()
        guesses = guesses if isinstance(guesses, list | tuple) else [guesses]
        said = tuple(text for one in guesses if (text := " ".join(str(one).split())))
        said = tuple(text for text in said if text.lower() not in ("none", "unknown", "n/a"))
        if said:
            hardness, certainty = _scale(told, "hardness"), _scale(told, "certainty")
            found.append(
                Tag(
                    attribute=attribute,
                    guesses=said[:MOST_GUESSES],
                    hardness=hardness,
                    certainty=certainty,
                )
            )
    return tuple(found)


async def right_tags(
    comment: Comment, truths: Mapping[str, str], checker: ChatModel, *, seed: int, about: str = ""
) -> list[tuple[Tag, float]]:
    """The tags of a comment of which a guess is right, less its wrong guesses, and the best grade.

    Args:
        truths: The author's attributes by name; what is not known of them is never right.

    Raises:
        ReplyError: If the checker's reply cannot be used, asked twice.
    """
    answer = await ask(checker, tag_task(), comment, seed=seed, about=about)
    kept = []
    for tag in answer.value:
        truth = truths.get(tag.attribute, "")
        if not truth:
            continue
        own = derive_seed(seed, tag.attribute)
        grades = await grade_guesses(tag.attribute, truth, tag.guesses, checker, seed=own)
        right = tuple(g for g, grade in zip(tag.guesses, grades, strict=True) if grade > 0)
        if right:
            kept.append((msgspec.structs.replace(tag, guesses=right), max(grades)))
    return kept


def leaks_in(
    truths: Mapping[str, Mapping[str, str]], checker: ChatModel, *, seed: int
) -> Callable[[Conversation], Awaitable[list[Leak]]]:
    """How a conversation is tagged: every turn in turn, its author's attributes known.

    A turn whose tags cannot be read becomes a Drop of kind "tag", and the others go on.

    Args:
        truths: Attributes by persona id.
    """

    async def tagged(talk: Conversation, at: int) -> list[Leak] | Drop:
        turn = talk.turns[at]
        author = str(talk.speakers[turn.speaker].persona_id)
        answered = turn.channels.get("reply_to")
        before = talk.turns[int(answered)].text if answered is not None else ""
        comment = Comment(text=turn.text, answers_to=before)
        known = truths.get(author, {})
        own = derive_seed(seed, "tag", talk.id, at)
        try:
            kept = await right_tags(comment, known, checker, seed=own, about=talk.id)
        except ReplyError as error:
            return Drop(kind="tag", reason=f"{error.kind}: {error.what}", subject=f"{talk.id} {at}")
        return [
            Leak(
                conversation=talk.id,
                turn=at,
                author=author,
                attribute=tag.attribute,
                truth=known[tag.attribute],
                guesses=tag.guesses,
                hardness=tag.hardness,
                certainty=tag.certainty,
                grade=grade,
            )
            for tag, grade in kept
        ]

    async def tag_all(talk: Conversation) -> list[Leak]:
        found = await together(tagged(talk, at) for at in range(len(talk.turns)))
        for one in found:
            if isinstance(one, Drop):
                notes.note(one)
        return [leak for one in found if isinstance(one, list) for leak in one]

    return tag_all


def _scale(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 5:
        raise ReplyError(f"{name} is {value!r} and not 1 to 5", kind="scale")
    return value
