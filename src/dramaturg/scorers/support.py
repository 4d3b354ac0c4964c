"""Did a talk help who came with a worry? And how does somebody feel who says this?

Source: Tu et al. 2023, "CharacterChat": three scores of 1 to 5 whose mean is how well two people
match; a mood of 0 to 5 after each turn of the one who looks for support.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Task, load, quote
from dramaturg.scorers.asked import JUDGING, Score, parse_score
from dramaturg.scorers.base import Scorer
from dramaturg.scorers.dimensions import dimensions
from dramaturg.scorers.yes_no import JudgeInput, needs

SUPPORT = ("mood_improved", "problem_solved", "active")
MOOD = (0.0, 5.0)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says, and what they were answering."""

    text: str
    before: str = ""


def support_rubric(judge: ChatModel) -> list[Scorer]:
    """How much a talk helped its first speaker, 1 to 5 each, one call a conversation.

    "support_mood_improved", "support_problem_solved" and "support_active" (the first speaker
    takes part). The first speaker is shown as "Seeker", the second as "Supporter".
    """
    return dimensions(
        judge, name="support", prompt="support", names=SUPPORT, lines=_seeker_and_supporter
    )


def mood_task() -> Task[Said, Score]:
    """ "judge.mood": how somebody feels who says this, 0 hopeless to 5 confident."""
    return Task(
        name="judge.mood",
        prompt=load("dramaturg.scorers", "mood"),
        fill=lambda said: {"before": quote(said.before) or "(nothing)", "text": quote(said.text)},
        parse=lambda reply, _: parse_score(reply, *MOOD),
        sampling=JUDGING,
    )


def mood_by(judge: ChatModel) -> Callable[[str, str, int], Awaitable[float]]:
    """What is said, what it answers, and a seed -> the mood of who says it, 0 to 5.

    The function raises ReplyError if two replies hold no number from 0 to 5.
    """
    task = mood_task()
    needs(judge, task.name)

    async def mood(text: str, before: str, seed: int) -> float:
        answer = await ask(judge, task, Said(text=text, before=before), seed=seed)
        return answer.value.value

    return mood


def _seeker_and_supporter(inputs: JudgeInput) -> str:
    names = ("Seeker", "Supporter")
    return "\n".join(f"{names[who % 2]}: {quote(text)}" for who, text in inputs.turns)
