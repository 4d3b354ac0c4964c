"""Have a reader choose among options, with a history before its eyes or with none."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import msgspec

from dramaturg.models import ChatModel, LogProbModel, ask
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import LETTERS, OptionQuestion

Said = tuple[str, str]


class ChooseInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader sees: (role, text) of the turns so far, the question, the options."""

    history: tuple[Said, ...]
    question: str
    options: tuple[str, ...]


@functools.cache
def choose_task() -> Task[ChooseInput, str]:
    """ "option.choose": the reply as it came; what it chose is read by the one who scores it."""
    return Task(
        name="option.choose",
        prompt=load("dramaturg.generate", "choose_option"),
        fill=lambda given: {
            "history": _history(given.history),
            "question": quote(given.question),
            "options": "\n".join(
                f"({letter}) {quote(text)}"
                for letter, text in zip(LETTERS, given.options, strict=False)
            ),
        },
        parse=lambda reply, _: reply,
        cut="fine",
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=300),
    )


async def choose_option(
    reader: ChatModel, question: OptionQuestion, history: Sequence[Said] = (), *, seed: int
) -> str:
    """The reader's reply to a question, as it came.

    Args:
        history: What the reader may see, (role, text) a turn; empty asks how far the options
            give themselves away.

    Raises:
        ReplyError: If there were two empty replies.
        BackendError: If the reader could not be reached.
    """
    given = ChooseInput(history=tuple(history), question=question.text, options=question.options)
    return (await ask(reader, choose_task(), given, seed=seed, about=question.id)).value


async def likeliest_option(
    model: LogProbModel, question: OptionQuestion, history: Sequence[Said] = ()
) -> int:
    """The option that a model finds likeliest as the next reply, by its mean log-probability.

    The mean over the option's tokens, so that a longer option is at no disadvantage.

    Raises:
        BackendError: If the model cannot score a given text.
    """
    before = f"{_history(history)}\nuser: {quote(question.text)}\nassistant:"
    values: list[float] = []
    for option in question.options:
        scored = await model.score(before, f" {option}")
        values.append(scored.total / max(1, len(scored.logprobs)))
    return max(range(len(values)), key=values.__getitem__)


def _history(turns: Sequence[Said]) -> str:
    return "\n".join(f"{role}: {quote(text)}" for role, text in turns) or "(nothing)"
