"""G-Eval: a criterion with evaluation steps; the expected value over the allowed scores.

Source: Liu et al. 2023, "G-Eval: NLG evaluation using GPT-4 with better human alignment", as used
by Jandaghi et al. 2023, arXiv:2312.10007. The probabilities of the scores are estimated by
drawing several answers at temperature 1, which is what the source does where an endpoint gives no
token probabilities.
"""

from __future__ import annotations

from collections import Counter

from dramaturg.errors import NotJudged, ReplyError, UserError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.prompts import Sampling
from dramaturg.records import Conversation, Cost, Verdict, derive_seed
from dramaturg.scorers.asked import Score, need_words, score_task
from dramaturg.scorers.base import PROMPTED, Scorer, timeless
from dramaturg.scorers.together import paid, together
from dramaturg.scorers.yes_no import judge_input, needs

G_EVAL = {"relevance": 5, "fluency": 3, "consistent": 5, "coherent": 5, "faithfulness": 5}
SAMPLES = 20
_DRAW = Sampling(temperature=1.0, top_k=None, max_tokens=8)


def g_eval(criterion: str, model: ChatModel, *, samples: int = SAMPLES) -> Scorer:
    """One criterion: the mean of `samples` answers from 1 to 5 (fluency: to 3).

    Args:
        samples: Calls a conversation, >= 1. The standard error of the value is the spread of the
            answers over the square root of this.

    Raises:
        UserError: If there is no such criterion, or the model cannot be asked.
    """
    if criterion not in G_EVAL:
        raise UserError(
            f"G-Eval has no criterion {criterion!r}", fix=f"use one of {', '.join(G_EVAL)}"
        )
    if samples < 1:
        raise UserError("G-Eval needs at least one answer", fix="give samples of 1 or more")
    return _GEval(criterion, model, samples)


class _GEval:
    version, cost_rank, low = "prompt-1", PROMPTED, 1.0

    def __init__(self, criterion: str, model: ChatModel, samples: int) -> None:
        self.name, self.model, self.samples = f"g_eval_{criterion}", model, samples
        self.high = float(G_EVAL[criterion])
        name, prompt = f"judge.g_eval.{criterion}", f"g_eval_{criterion}"
        self.task = score_task(name, prompt, 1, self.high)
        needs(model, self.task.name)

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        if "facts_2" in self.task.prompt.places and len(conversation.speakers) > 2:
            raise NotJudged("this prompt shows two profiles", kind="more than two speakers")
        answers = await together(
            self._one(conversation, derive_seed(seed, draw)) for draw in range(self.samples)
        )
        cost = sum(
            (paid(a) if isinstance(a, ReplyError) else timeless(a.cost) for a in answers), Cost()
        )
        values = [a.value.value for a in answers if not isinstance(a, ReplyError)]
        if not values:
            none = ReplyError("no answer was a score", kind="no score")
            none.cost = cost
            raise none
        spread = ", ".join(f"{value:g}: {n}" for value, n in sorted(Counter(values).items()))
        lost = f"; {len(answers) - len(values)} no score" if len(values) < len(answers) else ""
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(sum(values) / len(values), 6),
            low=self.low,
            high=self.high,
            reasons=(f"answers {spread}{lost}",),
            model=self.model.ref,
            cost=cost,
        )

    async def _one(self, conversation: Conversation, seed: int) -> Answer[Score] | ReplyError:
        try:
            return await ask(
                self.model,
                self.task,
                judge_input(conversation),
                seed=seed,
                about=conversation.id,
                sampling=_DRAW,
            )
        except ReplyError as error:
            return error
