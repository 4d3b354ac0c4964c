"""Tasks of one speaker: choose what to bring up, reply, say goodbye."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Mapping

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.generate.echo import sentences, without_echo
from dramaturg.prompts import Sampling, Task, load, quote, quote_list

SENTENCES, WORDS = 2, 40  # asked for
_MOST_SENTENCES, _MOST_WORDS = 4, 80  # still taken: models do not count well
_REFUSAL = re.compile(
    r"(?i)\b(as an? (?:ai\b(?! \w+er\b)|language model)|i(?:'m| am) (?:just |only )?an? "
    r"(?:ai\b(?! (?:\w+er|\w+ist|\w+ant|student)\b)|virtual assistant)|language model)"
)
_MARKUP = "\"'“”‘’«»*_` \t"


class ChooseInput(msgspec.Struct, frozen=True, kw_only=True):
    """What was just said, and the names of what may be brought up."""

    before: str
    names: tuple[str, ...]


class ReplyInput(msgspec.Struct, frozen=True, kw_only=True):
    """What one speaker knows when it is their turn.

    Attributes:
        me: Own index.
        memory: What to bring up; "" for nothing.
        heard: (speaker, text) of all turns so far, at least one.
        name: Own name: a label of a line, not part of it.
    """

    me: int
    statement: str
    tones: tuple[str, ...]
    memory: str
    heard: tuple[tuple[int, str], ...]
    name: str = ""


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A turn's text, and what was mended."""

    text: str
    repairs: dict[str, int] = msgspec.field(default_factory=dict)


@functools.cache
def choose_task() -> Task[ChooseInput, str]:
    """ "memory.choose": the name of one memory, or "" for none."""
    return Task(
        name="memory.choose",
        prompt=load("dramaturg.generate", "choose_memory"),
        fill=lambda given: {
            "before": quote(given.before),
            "names": quote_list([name.replace("_", " ") for name in given.names]),
        },
        parse=lambda reply, given: parse_choice(reply, given.names),
        sampling=Sampling(temperature=0.3, top_k=None, max_tokens=24),
        cut="fine",
    )


@functools.cache
def reply_task(role: str) -> Task[ReplyInput, Spoken]:
    """ "turn.reply": the next turn of the speaker in this role."""
    return Task(
        name="turn.reply",
        prompt=load("dramaturg.generate", f"reply_{role}"),
        fill=_fill,
        parse=parse_turn,
        sampling=Sampling(temperature=0.8, top_k=None, top_p=0.95, max_tokens=200),
    )


@functools.cache
def farewell_task(role: str) -> Task[ReplyInput, Spoken]:
    """ "turn.farewell": the last turn of the speaker in this role."""
    return Task(
        name="turn.farewell",
        prompt=load("dramaturg.generate", f"farewell_{role}"),
        fill=lambda given: {k: v for k, v in _fill(given).items() if k != "memory"},
        parse=functools.partial(parse_turn, may_echo=True),
        sampling=Sampling(temperature=0.8, top_k=None, top_p=0.95, max_tokens=200),
    )


def parse_choice(reply: str, names: tuple[str, ...]) -> str:
    """The one name that a reply gives, as a whole; "" where it says none.

    Raises:
        ReplyError: kind "no choice" or "several choices".

    >>> parse_choice("**Social life**.", ("hobby", "social_life"))
    'social_life'
    """
    said = _words(reply)
    found = [name for name in names if f" {_words(name).strip()} " in said]
    found = [
        name for name in found
        if not any(name != other and _words(name).strip() in _words(other) for other in found)
    ]  # fmt: skip
    if len(found) == 1:
        return found[0]
    if found:
        raise ReplyError(f"{len(found)} of the list are named", kind="several choices")
    if re.search(r"\b(none|nothing|no one of them)\b", said):
        return ""
    raise ReplyError("nothing of the list is named, nor NONE", kind="no choice")


def parse_turn(reply: str, given: ReplyInput, *, may_echo: bool = False) -> Spoken:
    """One turn: labels, quotes and stage directions go, an echo of the partner goes.

    Args:
        may_echo: A reply that is nothing but an echo stays: "Take care!" answers "Take care!".

    Raises:
        ReplyError: kind "empty", "out of character", "too long" or "echo".
    """
    repairs: Counter[str] = Counter()
    text = " ".join(reply.split())
    label = re.match(rf"(?i)^[\W_]*(?:{_labels(given.name)})[*_\s]*[:：]\s*", text)
    if label:
        repairs["label"] += 1
        text = text[label.end() :]
    text, directions = re.subn(r"\*[^*]{1,80}\*|\([^()]{1,80}\)|\[[^\[\]]{1,80}\]", " ", text)
    if directions:
        repairs["stage direction"] += directions
    text = " ".join(text.split()).strip(_MARKUP)
    if not re.search(r"\w", text):
        raise ReplyError("the reply says nothing", kind="empty")
    if _REFUSAL.search(text):
        raise ReplyError("the reply speaks as a model, not as the person", kind="out of character")
    rest, echo = without_echo(text, given.heard[-1][1])
    if re.search(r"\w", rest):
        text = rest
        repairs.update({"echo": 1} if echo else {})
    elif not may_echo:
        raise ReplyError("the reply only repeats what was said to it", kind="echo")
    if len(sentences(text)) > _MOST_SENTENCES or len(text.split()) > _MOST_WORDS:
        raise ReplyError(
            f"the reply is longer than {SENTENCES} sentences and {WORDS} words", kind="too long"
        )
    return Spoken(text=text, repairs=dict(sorted(repairs.items())))


def _fill(given: ReplyInput) -> Mapping[str, str]:
    lines = [f"{'You' if who == given.me else 'They'}: {quote(text)}" for who, text in given.heard]
    return {
        "statement": quote(given.statement),
        "tones": quote_list(given.tones) or "(none)",
        "memory": quote(given.memory) or "(nothing in particular)",
        "talk": "\n".join(lines),
        "sentences": str(SENTENCES),
        "words": str(WORDS),
    }


def _labels(name: str) -> str:
    parts = [name, *name.split()] if name.strip() else []
    return "|".join(re.escape(one) for one in ["you", "me", "seeker", "supporter", *parts])


def _words(text: str) -> str:
    found = re.findall(r"[^\W_]+", text.casefold())
    return f" {' '.join(found)} "
