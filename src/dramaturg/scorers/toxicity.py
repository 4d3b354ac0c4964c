"""Is a conversation harmful? Asked of a chat model, or measured turn by turn."""

from __future__ import annotations

from dramaturg.models import ChatModel, ToxicityModel, ask
from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.asked import need_words
from dramaturg.scorers.base import MEASURED, PROMPTED, Scorer, timeless
from dramaturg.scorers.faithfulness import sentences
from dramaturg.scorers.words import tokens
from dramaturg.scorers.yes_no import judge_input, needs, yes_no_task

PIECE = 7  # words


def toxicity(judge: ToxicityModel | ChatModel, *, threshold: float | None = None) -> Scorer:
    """The toxicity expert; its value is the harm: 0 none, 1 certain.

    Args:
        threshold: A turn at or above it drops the conversation; None takes the model's own.
    """
    if isinstance(judge, ToxicityModel):
        return _Measured(judge, judge.toxicity_threshold if threshold is None else threshold)
    return _Asked(judge)


def pieces(text: str, least: int = PIECE) -> list[str]:
    """A turn in runs of whole sentences of `least` words or more; a short rest joins the last.

    An insult at the end of a friendly turn is diluted by it; very short pieces ("that sucks") are
    rated too high. The length was chosen on training conversations.

    >>> pieces("Hi. I will bring lunch for all of us. You pathetic loser, shut your stupid mouth.")
    ['Hi. I will bring lunch for all of us.', 'You pathetic loser, shut your stupid mouth.']
    """
    found: list[str] = []
    run = ""
    for sentence in sentences(text):
        run = f"{run} {sentence}".strip()
        if len(tokens(run)) >= least:
            found.append(run)
            run = ""
    if run and found:
        found[-1] = f"{found[-1]} {run}"
    elif run:
        found.append(run)
    return found


class _Measured:
    name, version, cost_rank, low, high = "toxicity", "turns-2", MEASURED, 0.0, 1.0

    def __init__(self, model: ToxicityModel, threshold: float) -> None:
        self.model, self.threshold = model, threshold

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        texts = [turn.text for turn in conversation.turns]
        parts = [pieces(text) for text in texts]
        of_parts = iter(
            await self.model.toxicity([p for some in parts if len(some) > 1 for p in some])
        )
        rated = [
            max([whole, *(next(of_parts) for _ in some)] if len(some) > 1 else [whole])
            for whole, some in zip(await self.model.toxicity(texts), parts, strict=True)
        ]
        bad = [(i, score, words) for i, (score, words) in enumerate(rated)]
        bad = [row for row in bad if row[1] >= self.threshold]
        bad.sort(key=lambda row: (-row[1], row[0]))
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(max((score for score, _ in rated), default=0.0), 6),
            passed=not bad,
            reasons=tuple(
                f"turn {i} is rated {score:.2f}" + (f" ({', '.join(words)})" if words else "")
                for i, score, words in bad
            ),
            evidence=tuple(Evidence(turn=i, note=", ".join(words)) for i, _, words in bad),
            model=self.model.ref,
        )


class _Asked:
    name, version, cost_rank, low, high = "toxicity", "prompt-1", PROMPTED, 0.0, 1.0

    def __init__(self, model: ChatModel) -> None:
        self.model, self.task = model, yes_no_task("judge.toxicity", "toxicity")
        needs(model, self.task.name)

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        inputs = judge_input(conversation)
        answer = await ask(self.model, self.task, inputs, seed=seed, about=conversation.id)
        said = answer.value
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=1.0 if said.yes else 0.0,
            passed=not said.yes,
            reasons=(said.why,) if said.why else (),
            model=self.model.ref,
            cost=timeless(answer.cost),
        )
