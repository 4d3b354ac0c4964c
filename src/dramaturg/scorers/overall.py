"""One number from 1 to 10 for a conversation, given its topic and who talks.

Source: the judge of Suresh et al. 2024, "DiaSynth", arXiv:2409.19020.
Differs: the judge is shown the topic where the released program shows it the talk a second time;
a reply without a number on the scale is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Task, load, quote, quote_list
from dramaturg.records import Conversation, Verdict
from dramaturg.scorers.asked import JUDGING, Score, need_words, parse_score
from dramaturg.scorers.base import PROMPTED, Scorer, timeless
from dramaturg.scorers.yes_no import JudgeInput, judge_input, needs, talk

LOW, HIGH = 1, 10


class OverallInput(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as the judge sees it, with what it is about."""

    conversation: JudgeInput
    topic: str = ""


def overall(model: ChatModel) -> Scorer:
    """How good a conversation is in all, 1 to 10.

    Raises:
        UserError: If the model cannot be asked.
    """
    return _Overall(model)


def _fill(inputs: OverallInput) -> Mapping[str, str]:
    unknown = "(nothing is known)"
    return {
        "topic": quote(inputs.topic) or unknown,
        "facts_1": quote_list(inputs.conversation.facts_1) or unknown,
        "facts_2": quote_list(inputs.conversation.facts_2) or unknown,
        "conversation": talk(inputs.conversation.turns),
    }


class _Overall:
    name, version, cost_rank = "overall", "prompt-1", PROMPTED
    low, high = float(LOW), float(HIGH)

    def __init__(self, model: ChatModel) -> None:
        self.model = model
        self.task: Task[OverallInput, Score] = Task(
            name="judge.overall",
            prompt=load("dramaturg.scorers", "overall"),
            fill=_fill,
            parse=lambda reply, _: parse_score(reply, LOW, HIGH),
            sampling=JUDGING,
        )
        needs(model, self.task.name)

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        told = (conversation.scene.get(name) for name in ("topic", "subtopic"))
        inputs = OverallInput(
            conversation=judge_input(conversation),
            topic=", ".join(text for text in told if isinstance(text, str)),
        )
        answer = await ask(self.model, self.task, inputs, seed=seed, about=conversation.id)
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
