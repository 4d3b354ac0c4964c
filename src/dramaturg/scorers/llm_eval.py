"""LLM-Eval: one call, four criteria from 0 to 100.

Source: Lin and Chen 2023, "LLM-Eval: unified multi-dimensional automatic evaluation", as used by
Jandaghi et al. 2023, arXiv:2312.10007. Differs: the words of the prompt are ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.prompts import Task, load
from dramaturg.records import Conversation, Cost, Verdict
from dramaturg.scorers.asked import JUDGING, need_words
from dramaturg.scorers.base import PROMPTED, Scorer, timeless
from dramaturg.scorers.once import Once
from dramaturg.scorers.yes_no import JudgeInput, judge_input, needs, talk


class LLMEval(msgspec.Struct, frozen=True, kw_only=True):
    """The four numbers, and what the judge said beside them."""

    scores: dict[str, float]
    why: str = ""


LLM_EVAL = ("content", "grammar", "relevance", "appropriateness")
_OBJECT = re.compile(r"\{[^{}]*\}")


def llm_eval(model: ChatModel) -> list[Scorer]:
    """The four scorers of LLM-Eval, 0 to 100; they share one call a conversation."""
    needs(model, _TASK.name)

    async def look(conversation: Conversation, seed: int) -> Answer[LLMEval]:
        inputs = judge_input(conversation)
        return await ask(model, _TASK, inputs, seed=seed, about=conversation.id)

    shared = Once(look)
    return [_Criterion(name, model, shared) for name in LLM_EVAL]


class _Criterion:
    version, cost_rank, low, high = "prompt-1", PROMPTED, 0.0, 100.0

    def __init__(self, criterion: str, model: ChatModel, shared: Once[Answer[LLMEval]]) -> None:
        self.name = f"llm_eval_{criterion}"
        self._criterion, self._model, self._shared = criterion, model, shared

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        answer, first = await self._shared(conversation, seed)
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=answer.value.scores[self._criterion],
            high=self.high,
            reasons=(answer.value.why,) if answer.value.why else (),
            model=self._model.ref,
            cost=timeless(answer.cost) if first else Cost(),
        )


def parse_llm_eval(reply: str, _: JudgeInput) -> LLMEval:
    """The four numbers of the JSON object in a reply, and any reason in or around it.

    Raises:
        ReplyError: kind "no scores" without such an object, "off the scale" outside 0 to 100.
    """
    for text in reversed(_OBJECT.findall(reply)):
        try:
            given: dict[str, Any] = json.loads(text)
            found = {name: float(given[name]) for name in LLM_EVAL}
        except (ValueError, TypeError, KeyError):
            continue
        if not all(0 <= value <= 100 for value in found.values()):
            raise ReplyError("a score is not between 0 and 100", kind="off the scale")
        return LLMEval(scores=found, why=_why(given, reply.replace(text, " ")))
    raise ReplyError(f"the reply holds no JSON object with {', '.join(LLM_EVAL)}", kind="no scores")


def _why(given: Mapping[str, Any], around: str) -> str:
    """A reason from a text field of the object, else from the text around it."""
    fields = [text for key, text in given.items() if isinstance(text, str) and key not in LLM_EVAL]
    told = " ".join(fields)
    said = told or re.sub(r"```(?:json)?", " ", around)
    why = re.sub(r"(?i)^[\W_]*(?:(?:why|because|reasons?)\b[\W_]*)?", "", " ".join(said.split()))
    return why[:500].strip("* ") if len(why.split()) > 2 else ""  # "Sure:" is no reason


def _fill(inputs: JudgeInput) -> Mapping[str, str]:
    return {"conversation": talk(inputs.turns)}


_TASK: Task[JudgeInput, LLMEval] = Task(
    name="judge.llm_eval",
    prompt=load("dramaturg.scorers", "llm_eval"),
    fill=_fill,
    parse=parse_llm_eval,
    sampling=JUDGING,
)
