"""One line and its answer: the shortest conversation, in which a character can show.

Source: the scenes and single replies of Li et al. 2024, arXiv:2410.16491.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import (
    Conversation,
    Ensemble,
    Persona,
    Provenance,
    Speaker,
    Turn,
    derive_seed,
)
from dramaturg.scorers.degenerate import repeats_itself
from dramaturg.scorers.words import STOP, tokens

_ACTION = re.compile(
    r"\*+[^*\n]{1,200}\*+|[(\[][^()\[\]\n]{1,200}[)\]]|(?<!\w)_[^_\n]{3,200}_(?!\w)"
)
_FRAME = STOP | {"very"}  # what holds a description together
_QUOTES = '"“”„«»'
_LINES = Sampling(temperature=0.8, top_k=None, max_tokens=200)


class OpenInput(msgspec.Struct, frozen=True, kw_only=True):
    """A situation, who speaks first and to whom."""

    scene: str
    speaker: str
    partner: str
    words: int


class ReplyInput(msgspec.Struct, frozen=True, kw_only=True):
    """A situation, what was said in it, and who answers.

    Attributes:
        who: What the one who answers is like, in the second person.
        complaints: What was wrong with the answers before this one.
    """

    scene: str
    speaker: str
    partner: str
    said: str
    who: str
    words: int
    complaints: tuple[str, ...] = ()


@functools.cache
def open_task() -> Task[OpenInput, str]:
    """ "line.open": the first thing that is said."""

    def fill(given: OpenInput) -> Mapping[str, str]:
        values = {k: quote(v) for k, v in msgspec.to_builtins(given).items() if k != "words"}
        return {**values, "words": str(given.words)}

    return Task(
        name="line.open",
        prompt=load("dramaturg.generate", "open_scene"),
        fill=fill,
        parse=lambda reply, given: spoken(reply, given.speaker, given.partner),
        sampling=_LINES,
    )


@functools.cache
def reply_task() -> Task[ReplyInput, str]:
    """ "line.reply": the answer, in character."""

    def fill(given: ReplyInput) -> Mapping[str, str]:
        values = {
            k: quote(v)
            for k, v in msgspec.to_builtins(given).items()
            if k not in ("words", "complaints")
        }
        wrong = "; ".join(quote(one) for one in given.complaints)
        again = f"\nEarlier answers were not taken: {wrong}. Write another one.\n" if wrong else ""
        return {**values, "words": str(given.words), "complaints": again}

    return Task(
        name="line.reply",
        prompt=load("dramaturg.generate", "reply_as"),
        fill=fill,
        parse=lambda reply, given: spoken(reply, given.speaker, given.partner),
        sampling=_LINES,
    )


async def open_scene(
    scene: Ensemble, writer: ChatModel, *, words: int = 50, seed: int
) -> Answer[str]:
    """What the first of the scene's two people says first. Raises ReplyError."""
    first, second = scene.people
    given = OpenInput(
        scene=str(scene.scene.fields["setting"]),
        speaker=first.name,
        partner=second.name,
        words=words,
    )
    own_seed = derive_seed(seed, "open", scene.id)
    return await ask(writer, open_task(), given, seed=own_seed, about=scene.id)


async def reply_as(
    scene: Ensemble,
    said: str,
    writer: ChatModel,
    *,
    who: str,
    words: int = 50,
    attempt: int = 0,
    complaints: Sequence[str] = (),
    seed: int,
) -> Answer[str]:
    """What the second of the scene's two people answers, being like `who`. Raises ReplyError."""
    first, second = scene.people
    given = ReplyInput(
        scene=str(scene.scene.fields["setting"]),
        speaker=second.name,
        partner=first.name,
        said=said,
        who=who,
        words=words,
        complaints=tuple(complaints),
    )
    own_seed = derive_seed(seed, "reply", scene.id, who, attempt)
    return await ask(writer, reply_task(), given, seed=own_seed, about=scene.id)


def spoken(reply: str, speaker: str = "", partner: str = "") -> str:
    """The words that are spoken: without a tag, quotation marks, *actions* and (asides).

    Raises:
        ReplyError: If nothing is left ("empty"), or the other one speaks as well
            ("two speakers").

    >>> spoken('Ada: "Well, *sighs* I knew (of course)."', "Ada")
    'Well, I knew.'
    """
    lines = [line.strip() for line in reply.strip().splitlines() if line.strip()]
    if partner and any(_tagged(line, partner) for line in lines):
        raise ReplyError(
            f"{partner} speaks in it as well", kind="two speakers", fix=f"write {speaker} only"
        )
    text = " ".join(_untagged(line, speaker) for line in lines)
    text = re.sub(r"\s+", " ", _ACTION.sub(" ", text)).strip()
    text = re.sub(r" ([,.!?;:…])", r"\1", text)
    if text[:1] in _QUOTES and text[-1:] in _QUOTES:
        text = text[1:-1].strip()
    if not any(ch.isalnum() for ch in text):
        raise ReplyError("nothing is said in it", kind="empty")
    return text


def broken_line(text: str, *, words: int, who: str = "", trait: str = "") -> str:
    """What is wrong with the form of a line, or "": too long, in circles, or told outright."""
    if repeats_itself(text):
        return "it goes round in circles"
    return too_long(text, words) or (says_outright(text, who, trait) if trait else "")


def exchange(
    scene: Ensemble,
    said: Answer[str],
    reply: Answer[str],
    *,
    answering: Persona,
    made: Provenance,
    fields: Mapping[str, Any],
    scores: Mapping[str, float],
) -> Conversation:
    """The line and its answer as a conversation of the scene.

    Args:
        answering: The second person, with the views that the answer was written for.
        made: What is known of its making; the calls and prompts of both lines are added.
        fields: What the scene is beside its setting.
    """
    speakers = (scene.people[0], answering)
    return Conversation(
        scene_id=scene.id,
        scene={**scene.scene.fields, **fields},
        speakers=tuple(Speaker(name=who.name, persona_id=who.id) for who in speakers),
        turns=(Turn(speaker=0, text=said.value), Turn(speaker=1, text=reply.value)),
        scores=dict(scores),
        provenance=msgspec.structs.replace(
            made,
            prompts={"line.open": said.prompt_hash, "line.reply": reply.prompt_hash},
            calls=tuple(key for key in (*said.keys, *reply.keys) if key),
        ),
    )


def too_long(text: str, words: int) -> str:
    """Why a line is too long, or "".

    >>> too_long("one two three", 2)
    'it has 3 words, 2 are the most'
    """
    found = len(tokens(text))
    return f"it has {found} words, {words} are the most" if found > words else ""


def says_outright(text: str, who: str, trait: str) -> str:
    """Why a line tells a character instead of showing it, or "".

    It names the trait ("extraversion", "an extravert"), or says three words in a row of the
    description, two of them at least of some content: "you are very" is said by everybody.
    """
    words, told = tokens(text), tokens(who)
    root = re.sub(r"(?:ness|ism|sion)$", "", trait.lower())
    root = root if len(root) > 4 else trait.lower()  # "open" is said of doors
    if any(word.replace("extrov", "extrav").startswith(root) for word in words):
        return f"it names the trait ({trait})"
    runs = {tuple(told[i : i + 3]) for i in range(len(told) - 2)}
    runs = {run for run in runs if sum(word not in _FRAME for word in run) > 1}
    for i in range(len(words) - 2):
        if tuple(words[i : i + 3]) in runs:
            return f"it says {' '.join(words[i : i + 3])!r} of the description"
    return ""


def _tagged(line: str, name: str) -> bool:
    return bool(re.match(rf"(?i)\W*{re.escape(name)}\W{{0,3}}:", line))


def _untagged(line: str, name: str) -> str:
    if not name:
        return line
    return re.sub(rf"(?i)^\W*{re.escape(name)}\W{{0,3}}:(?:\**\s+|\s*)", "", line)
