"""The task "conversation.write": two profiles and some examples in, the turns of a talk out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.generate.language import language_of
from dramaturg.generate.parse import Parsed, parse_conversation
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import Conversation

_COPIED = 0.5  # this share of a draft's long turns stands in one demonstration: copied
_SLACK = 3  # turns may be this many times too few or too many: models do not count well
_DIFFERENT = 0.6  # fewer different turns than this share: the draft repeats itself


class Demonstration(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation shown as an example, with the two profiles behind it."""

    facts_1: tuple[str, ...]
    facts_2: tuple[str, ...]
    turns: tuple[tuple[int, str], ...]


class WriteInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a conversation is to be written from.

    Attributes:
        turns_low, turns_high: More than `low` and fewer than `high` turns are asked for.
        hints: Optional topics to touch.
    """

    facts_1: tuple[str, ...]
    facts_2: tuple[str, ...]
    demonstrations: tuple[Demonstration, ...] = ()
    turns_low: int = 5
    turns_high: int = 8
    hints: tuple[str, ...] = ()


def demonstration(conversation: Conversation) -> Demonstration:
    """A conversation as an example to show."""
    return Demonstration(
        facts_1=conversation.speakers[0].persona,
        facts_2=conversation.speakers[1].persona,
        turns=tuple((turn.speaker, turn.text) for turn in conversation.turns),
    )


def write_task() -> Task[WriteInput, Parsed]:
    """The task, with its prompt file and the paper's decoding: top-k 40, temperature 0.7."""
    return Task(
        name="conversation.write",
        prompt=load("dramaturg.generate", "write"),
        fill=_fill,
        parse=_parse,
        cut="last line",
        sampling=Sampling(temperature=0.7, top_k=40, max_tokens=1_200),
    )


def _fill(inputs: WriteInput) -> dict[str, str]:
    shown = "\n\n".join(_shown(i, demo) for i, demo in enumerate(inputs.demonstrations, 1))
    topics = quote_list(inputs.hints)
    return {
        "low": str(inputs.turns_low),
        "high": str(inputs.turns_high),
        "demonstrations": shown + "\n\n" if shown else "",
        "hints": f"They may touch on:\n<topics>\n{topics}\n</topics>\n" if topics else "",
        "facts_1": quote_list(inputs.facts_1),
        "facts_2": quote_list(inputs.facts_2),
    }


def _shown(number: int, demo: Demonstration) -> str:
    talk = "\n".join(f"User {who + 1}: {quote(text)}" for who, text in demo.turns)
    return (
        f"<example_{number}>\n"
        f"<profile_of_user_1>\n{quote_list(demo.facts_1)}\n</profile_of_user_1>\n"
        f"<profile_of_user_2>\n{quote_list(demo.facts_2)}\n</profile_of_user_2>\n"
        f"<conversation>\n{talk}\n</conversation>\n"
        f"</example_{number}>"
    )


def _parse(reply: str, inputs: WriteInput) -> Parsed:
    parsed = parse_conversation(reply, facts=(inputs.facts_1, inputs.facts_2))
    _check_length(len(parsed.turns), inputs)
    _check_language([text for _, text in parsed.turns], inputs)
    check_own_words(parsed, inputs.demonstrations)
    return parsed


def check_own_words(parsed: Parsed, shown: Sequence[Demonstration]) -> None:
    """Raises ReplyError where a talk copies one that was shown, or says itself again."""
    said = [_plain(text) for _, text in parsed.turns]
    long = [text for text in said if len(text.split()) >= 4]
    for demo in shown:
        theirs = {_plain(text) for _, text in demo.turns}
        if len(long) >= 2 and sum(text in theirs for text in long) >= _COPIED * len(long):
            raise ReplyError(
                "the conversation copies an example",
                kind="copied demonstration",
                fix="write new turns",
            )
    most = Counter(said).most_common(1)[0][1]
    if len(said) >= 6 and (len(set(said)) < _DIFFERENT * len(said) or most > len(said) / 3):
        raise ReplyError("the conversation repeats its own turns", kind="repetition")


def _check_length(turns: int, inputs: WriteInput) -> None:
    """Raises ReplyError where the number of turns is nowhere near what was asked for."""
    least, most = inputs.turns_low + 1, inputs.turns_high - 1
    if turns * _SLACK < least or turns > most * _SLACK:
        raise ReplyError(
            f"it has {turns} turns instead of {least} to {most}", kind="wrong number of turns"
        )


def _check_language(turns: Sequence[str], inputs: WriteInput) -> None:
    """Raises ReplyError where the talk is plainly in another language than its profiles."""
    wanted = language_of(" ".join((*inputs.facts_1, *inputs.facts_2)))
    got = language_of(" ".join(turns)) if wanted else None
    if wanted and got and got != wanted:
        raise ReplyError(
            f"it is in another language ({got}) than the profiles ({wanted})",
            kind="wrong language",
        )


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
