"""GPT-Score as the paper used it: a yes/no question a criterion; the share of yes is the figure.

Source: Fu et al. 2023, "GPTScore: evaluate as you desire", as used by Jandaghi et al. 2023,
arXiv:2312.10007. Differs: the original reads the probability of the text under the model; asked
for a word, a conversation gets 1 or 0, and the mean over a dataset is the share of yes.
"""

from __future__ import annotations

from dramaturg.errors import UserError
from dramaturg.models import ChatModel, ask
from dramaturg.records import Conversation, Verdict
from dramaturg.scorers.asked import JUDGING, need_words
from dramaturg.scorers.base import PROMPTED, Scorer, timeless
from dramaturg.scorers.yes_no import judge_input, needs, yes_no_task

GPT_SCORE = ("fluency", "consistent", "coherent", "depth", "diversity", "likeable")


def gpt_score(criterion: str, model: ChatModel) -> Scorer:
    """One criterion: 1 for yes, 0 for no.

    Raises:
        UserError: If there is no such criterion, or the model cannot be asked.
    """
    if criterion not in GPT_SCORE:
        raise UserError(
            f"GPT-Score has no criterion {criterion!r}", fix=f"use one of {', '.join(GPT_SCORE)}"
        )
    return _GPTScore(criterion, model)


class _GPTScore:
    version, cost_rank, low, high = "prompt-1", PROMPTED, 0.0, 1.0

    def __init__(self, criterion: str, model: ChatModel) -> None:
        self.name, self.model = f"gpt_score_{criterion}", model
        self.task = yes_no_task(f"judge.gpt_score.{criterion}", f"gpt_score_{criterion}")
        needs(model, self.task.name)

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        answer = await ask(
            self.model,
            self.task,
            judge_input(conversation),
            seed=seed,
            about=conversation.id,
            sampling=JUDGING,
        )
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=float(answer.value.yes),
            reasons=(answer.value.why,) if answer.value.why else (),
            model=self.model.ref,
            cost=timeless(answer.cost),
        )
