"""Ask a chat model for a number about one conversation, on a scale whose ends are said."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from dramaturg.errors import NotJudged, ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote_list
from dramaturg.records import Conversation, Verdict
from dramaturg.scorers.base import PROMPTED, timeless
from dramaturg.scorers.yes_no import JudgeInput, judge_input, needs, talk

_NUMBER = re.compile(r"(?<![\w.,/-])(\d{1,3}(?:\.\d+)?)(?![\w%]|[.,]\d)")
_NAMED = re.compile(r"(?i)\b(?:score|rating|answer|verdict)\W{1,6}(?=\d)")
_OUT_OF = re.compile(r"\s*(?:/|out of)\s*\d+")
JUDGING = Sampling(temperature=0.0, top_k=None, max_tokens=200)


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A number on the scale that the prompt names, and why in the judge's words."""

    value: float
    why: str


def parse_score(reply: str, low: float, high: float) -> Score:
    """The number that stands as an answer: named as the score, or the first of the reply.

    Raises:
        ReplyError: kind "no score" when there is none, "off the scale" when it lies outside.

    >>> parse_score("**4** Why: both ask back.", 1, 5)
    Score(value=4.0, why='both ask back.')
    """
    named = _NAMED.search(reply)
    hit = _NUMBER.search(reply, named.end() if named else 0)
    if hit is None:
        raise ReplyError("the reply holds no number", kind="no score")
    value = float(hit[1])
    if not low <= value <= high:
        raise ReplyError(
            f"{value:g} is not on the scale from {low:g} to {high:g}", kind="off the scale"
        )
    rest = _OUT_OF.sub("", reply[hit.end() :], count=1)
    why = re.sub(r"(?i)^[\W_]*(?:(?:why|because|reason)\b[\W_]*)?", "", " ".join(rest.split()))
    return Score(value=value, why=why[:500].strip("* "))


def score_task(name: str, prompt: str, low: float, high: float) -> Task[JudgeInput, Score]:
    """A task that asks for a number by a prompt file of this room."""
    loaded = load("dramaturg.scorers", prompt)

    def fill(inputs: JudgeInput) -> Mapping[str, str]:
        values = {
            "facts_1": quote_list(inputs.facts_1) or "(nothing is known)",
            "facts_2": quote_list(inputs.facts_2) or "(nothing is known)",
            "conversation": talk(inputs.turns),
        }
        return {place: values[place] for place in loaded.places}

    return Task(
        name=name,
        prompt=loaded,
        fill=fill,
        parse=lambda reply, _: parse_score(reply, low, high),
        sampling=JUDGING,
    )


class AskedScore:
    """A scorer that asks for a number once.

    Args:
        prompt: Name of the prompt file.
        low, high: The scale that the prompt describes; also the range of the verdict.
    """

    version, cost_rank = "prompt-1", PROMPTED

    def __init__(
        self, name: str, model: ChatModel, task: str, prompt: str, low: float, high: float
    ) -> None:
        self.name, self.model = name, model
        self.low, self.high = low, high
        self.task = score_task(task, prompt, low, high)
        needs(model, self.task.name)

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        answer = await ask(
            self.model, self.task, judge_input(conversation), seed=seed, about=conversation.id
        )
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=answer.value.value,
            low=self.low,
            high=self.high,
            reasons=(answer.value.why,) if answer.value.why else (),
            model=self.model.ref,
            cost=timeless(answer.cost),
        )


def need_words(conversation: Conversation) -> None:
    """Raises NotJudged where nothing at all is said."""
    if not any(any(ch.isalnum() for ch in turn.text) for turn in conversation.turns):
        raise NotJudged("nothing is said in any turn", kind="no words")


def need_two_speakers(conversation: Conversation) -> None:
    """Raises NotJudged where fewer than two speakers say something."""
    if len({turn.speaker for turn in conversation.turns if turn.text.strip()}) < 2:
        raise NotJudged("only one speaker says something", kind="one speaker")


def need_personas(conversation: Conversation) -> None:
    """Raises NotJudged where no speaker has a persona."""
    if not any(speaker.persona for speaker in conversation.speakers):
        raise NotJudged("no speaker has a persona", kind="no persona")
