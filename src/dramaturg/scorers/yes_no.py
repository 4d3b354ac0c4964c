"""Ask a chat model a yes/no question about one conversation."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from dramaturg.errors import ReplyError, UserError
from dramaturg.models import ChatModel, can_do
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import Conversation

_ANSWER = re.compile(
    r"(?i)(?:^|\banswer\W{0,6}|\bverdict\W{0,6}|\*\*|\n)\W{0,4}(yes|no)\b(?!\s+(?:doubt|one|idea))"
)
_WHY = re.compile(r"(?i)^[\W_]*(?:yes|no)?[\W_]*(?:(?:why|because|reason|explanation)\b[\W_]*)?")


class JudgeInput(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as a judge sees it."""

    facts_1: tuple[str, ...]
    facts_2: tuple[str, ...]
    turns: tuple[tuple[int, str], ...]


class YesNo(msgspec.Struct, frozen=True, kw_only=True):
    """A yes or a no, and why in the judge's words."""

    yes: bool
    why: str


def judge_input(conversation: Conversation) -> JudgeInput:
    """The conversation with the profiles of the first two speakers; a missing one is empty."""
    personas = [*(speaker.persona for speaker in conversation.speakers), (), ()]
    return JudgeInput(
        facts_1=personas[0],
        facts_2=personas[1],
        turns=tuple((turn.speaker, turn.text) for turn in conversation.turns),
    )


def talk(turns: tuple[tuple[int, str], ...]) -> str:
    """The turns as lines for a prompt, each quoted so that it stays one line of one speaker."""
    return "\n".join(f"User {who + 1}: {quote(text)}" for who, text in turns)


def yes_no_task(name: str, prompt: str) -> Task[JudgeInput, YesNo]:
    """A task that asks the question of a prompt file of this room."""
    loaded = load("dramaturg.scorers", prompt)

    def fill(inputs: JudgeInput) -> Mapping[str, str]:
        places = {
            "facts_1": quote_list(inputs.facts_1),
            "facts_2": quote_list(inputs.facts_2),
            "conversation": talk(inputs.turns),
        }
        return {place: places[place] for place in loaded.places}

    return Task(
        name=name,
        prompt=loaded,
        fill=fill,
        parse=lambda reply, _: parse_yes_no(reply),
        cut="fine",
        sampling=Sampling(temperature=0.7, top_k=40, max_tokens=200),
    )


def parse_yes_no(reply: str) -> YesNo:
    """The first yes or no that stands as an answer.

    Raises:
        ReplyError: kind "no verdict", when there is none, or both.

    >>> parse_yes_no("**Yes.** Why: turn 3 denies the dog.")
    YesNo(yes=True, why='turn 3 denies the dog.')
    """
    hit = _ANSWER.search(reply)
    if not hit or re.match(r"(?i)\s*(?:/|or)\s*(?:yes|no)\b", reply[hit.end() :]):
        raise ReplyError("the reply says neither yes nor no", kind="no verdict")
    why = _WHY.sub("", " ".join(reply[hit.end() :].split()))
    return YesNo(yes=hit[1].lower() == "yes", why=why[:500].strip("* "))


def needs(judge: ChatModel, task: str) -> None:
    """Raises UserError at once if this judge cannot do the task, before any work is paid for."""
    if not can_do(judge, task):
        raise UserError(
            f"{judge.ref} cannot do {task!r}",
            why="it does not follow instructions and has no native form of this task",
            fix="give this role an instruction model, or one of the embedded experts",
        )
