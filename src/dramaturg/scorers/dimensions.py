"""Several numbers about one conversation from one reply, on a scale whose ends are said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import Task, load
from dramaturg.records import Conversation, Cost, Verdict
from dramaturg.scorers.asked import JUDGING, need_words
from dramaturg.scorers.base import PROMPTED, Scorer, timeless
from dramaturg.scorers.once import Once
from dramaturg.scorers.yes_no import JudgeInput, judge_input, needs, talk

Talk = Callable[[JudgeInput], str]


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers by name, and why in the judge's words."""

    scores: dict[str, float]
    why: str = ""


def dimensions(
    judge: ChatModel,
    *,
    name: str,
    prompt: str,
    names: Sequence[str],
    low: float = 1,
    high: float = 5,
    given: Mapping[str, str] | None = None,
    lines: Talk | None = None,
) -> list[Scorer]:
    """A scorer for each of `names`; together they take one call a conversation.

    Args:
        name: Of the family: the scorers are called `name_dimension`, the task `judge.name`.
        prompt: A prompt file of this room that asks for a JSON object with exactly these names
            (and "why"), and says what `low` and `high` mean.
        given: Further places of the prompt, already safe to be shown.
        lines: How the turns are shown; None = "User N: ...".

    Raises:
        UserError: If the judge cannot do the task.
    """
    loaded = load("dramaturg.scorers", prompt)

    def fill(inputs: JudgeInput) -> Mapping[str, str]:
        shown = (lines or (lambda given: talk(given.turns)))(inputs)
        return {"conversation": shown, **(given or {})}

    task: Task[JudgeInput, Rating] = Task(
        name=f"judge.{name}",
        prompt=loaded,
        fill=fill,
        parse=lambda reply, _: parse_rating(reply, names, low, high),
        sampling=JUDGING,
        schema=_schema(names, low, high),
    )
    needs(judge, task.name)

    async def look(conversation: Conversation, seed: int) -> Answer[Rating]:
        inputs = judge_input(conversation)
        return await ask(judge, task, inputs, seed=seed, about=conversation.id)

    shared = Once(look)
    return [_Dimension(f"{name}_{one}", one, judge, shared, low, high) for one in names]


class _Dimension:
    version, cost_rank = "prompt-1", PROMPTED

    def __init__(
        self,
        name: str,
        dimension: str,
        model: ChatModel,
        shared: Once[Answer[Rating]],
        low: float,
        high: float,
    ) -> None:
        self.name, self.low, self.high = name, low, high
        self._dimension, self._model, self._shared = dimension, model, shared

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        answer, first = await self._shared(conversation, seed)
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=answer.value.scores[self._dimension],
            low=self.low,
            high=self.high,
            reasons=(answer.value.why,) if answer.value.why else (),
            model=self._model.ref,
            cost=timeless(answer.cost) if first else Cost(),
        )


def parse_rating(reply: str, names: Sequence[str], low: float, high: float) -> Rating:
    """The numbers of the JSON object in a reply.

    A number may stand in quotes or as "4/5"; one that is missing, no number, or off the scale
    makes the reply unusable, for a mean of what is left would be another measure.

    Raises:
        ReplyError: kind "malformed JSON", "no scores" or "off the scale".

    >>> parse_rating('{"mood": "4/5", "why": "She thanks him."}', ["mood"], 1, 5)
    Rating(scores={'mood': 4.0}, why='She thanks him.')
    """
    value, _ = read_json(reply)
    if not isinstance(value, dict):
        raise ReplyError("the reply is no JSON object", kind="no scores")
    plain = {str(key).strip().lower(): one for key, one in value.items()}
    scores = {name: _number(plain.get(name.lower()), name) for name in names}
    for name, score in scores.items():
        if not low <= score <= high:
            raise ReplyError(
                f"{name} is {score:g}, not on the scale from {low:g} to {high:g}",
                kind="off the scale",
            )
    why = plain.get("why") or plain.get("reason") or ""
    return Rating(scores=scores, why=" ".join(str(why).split())[:500])


def _number(value: Any, name: str) -> float:
    if isinstance(value, str):
        value = value.strip().partition("/")[0]
    try:
        if isinstance(value, bool):
            raise ValueError(value)
        return float(value)
    except (TypeError, ValueError):
        raise ReplyError(f"there is no number for {name!r}", kind="no scores") from None


def _schema(names: Sequence[str], low: float, high: float) -> dict[str, Any]:
    number = {"type": "number", "minimum": low, "maximum": high}
    return {
        "type": "object",
        "properties": {**dict.fromkeys(names, number), "why": {"type": "string"}},
        "required": [*names, "why"],
        "additionalProperties": False,
    }
