"""What a model can do is its type.

`ChatModel` answers tasks (by prompt or natively), `NLIModel` judges pairs of sentences,
`Embedder` turns sentences into vectors, `LogProbModel` says how likely a given text is,
`ToxicityModel` rates a text, `QualityModel` compares two conversations, `QualityRater` rates one.
One object may be several of these; `isinstance` tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import msgspec

from dramaturg.prompts import Message, Sampling
from dramaturg.records import Conversation, Cost

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Label = Literal["entail", "contradict", "neutral"]


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request to a model, complete: the same call with the same seed is the same work.

    Attributes:
        task: The task's name.
        inputs: The task's typed input as JSON values, for models that are natively able.
        messages: The rendered prompt; empty for a native call.
        prompt_hash: Hash of the prompt file, "" for a native call.
        seed: Draws differ by seed; a server that takes a seed is given it.
        attempt: 0, or 1 for the one re-ask.
        schema: JSON schema of the reply, or None.
        about: Id of the item the call is for; for logs only, not part of what the call is.
    """

    task: str
    inputs: Mapping[str, Any] = msgspec.field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    prompt_hash: str = ""
    sampling: Sampling = msgspec.field(default_factory=Sampling)
    seed: int = 0
    attempt: int = 0
    schema: Mapping[str, Any] | None = None
    about: str = ""


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came back.

    Attributes:
        finish: "stop", "length", "refusal" or the server's own word.
        key: Journal key of the call, "" when nothing records.
    """

    text: str
    model: str = ""
    finish: str = "stop"
    cost: Cost = msgspec.field(default_factory=Cost)
    key: str = ""


class Judgement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Does a premise entail, contradict or leave open a hypothesis?

    Attributes:
        p_entail, p_contradict, p_neutral: In [0, 1], summing to 1.
        why: The cue, in words.
    """

    label: Label
    p_entail: float
    p_contradict: float
    p_neutral: float
    why: str = ""


@runtime_checkable
class ChatModel(Protocol):
    """Answers tasks.

    Attributes:
        ref: `provider:name`, as given on the command line.
    """

    ref: str

    def native(self, task: str) -> bool:
        """Whether it performs this task from the typed input, without reading a prompt."""
        ...

    def follows_prompts(self) -> bool:
        """Whether it can perform any task by following its prompt."""
        ...

    async def answer(self, call: Call) -> Reply:
        """The reply to one call. Raises BackendError when there is none to be had."""
        ...


@runtime_checkable
class NLIModel(Protocol):
    """Judges premise against hypothesis."""

    ref: str

    async def judge(self, pairs: Sequence[tuple[str, str]], *, seed: int = 0) -> list[Judgement]:
        """One judgement a pair of (premise, hypothesis), in order."""
        ...


@runtime_checkable
class Embedder(Protocol):
    """Turns sentences into vectors."""

    ref: str

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit-length rows, shape `(len(texts), dim)`, in order."""
        ...


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """How likely a model finds a given text after another.

    Attributes:
        tokens: The given text as the model cuts it; joined they are the text.
        logprobs: For each token its natural logarithm of probability, <= 0.
    """

    tokens: tuple[str, ...]
    logprobs: tuple[float, ...]
    cost: Cost = msgspec.field(default_factory=Cost)

    @property
    def total(self) -> float:
        """Log-probability of the whole text, in nats."""
        return sum(self.logprobs)


class Odds(msgspec.Struct, frozen=True, kw_only=True):
    """How likely a model begins its reply with each of some words.

    Attributes:
        logprobs: Natural logarithm by word, for the words among the likeliest tokens.
        unseen: Words that were not among them: no more is known than `ceiling`.
        ceiling: No unseen word is likelier than this.
    """

    logprobs: dict[str, float]
    unseen: tuple[str, ...]
    ceiling: float
    cost: Cost = msgspec.field(default_factory=Cost)


@runtime_checkable
class LogProbModel(Protocol):
    """Says how likely a text is: never an estimate, where the model cannot say it raises."""

    ref: str

    async def score(self, before: str, text: str) -> Scored:
        """The log-probabilities of `text` after `before`. Raises BackendError, RecordError."""
        ...

    async def odds(self, call: Call, words: Sequence[str]) -> Odds:
        """How likely the reply to a call begins with each word. Raises BackendError."""
        ...


@runtime_checkable
class ToxicityModel(Protocol):
    """Rates how toxic a text is."""

    ref: str
    toxicity_threshold: float

    async def toxicity(self, texts: Sequence[str]) -> list[tuple[float, tuple[str, ...]]]:
        """For each text its score in [0, 1] and the words that weigh most."""
        ...


@runtime_checkable
class QualityModel(Protocol):
    """Compares two conversations under one quality policy by measured features."""

    ref: str

    async def compare(
        self, policy: str, first: Conversation, second: Conversation
    ) -> tuple[Literal[0, 1] | None, str]:
        """Which is better (0 or 1, None for a tie), and why."""
        ...


@runtime_checkable
class QualityRater(Protocol):
    """Rates one conversation under each quality policy by measured features."""

    ref: str

    async def qualities(self, conversation: Conversation) -> Mapping[str, float]:
        """A value in [0, 1] by policy, higher is better."""
        ...


class Rated(msgspec.Struct, frozen=True, kw_only=True):
    """A quality in [0, 1] with what made it, and the turns that count against it."""

    value: float
    reasons: tuple[str, ...] = ()
    turns: tuple[int, ...] = ()


@runtime_checkable
class QualityExplainer(Protocol):
    """A rater that says what its values are made of."""

    async def rated(self, conversation: Conversation) -> Mapping[str, Rated]:
        """The same values as `qualities`, each with its reasons."""
        ...


def can_do(model: object, task: str) -> bool:
    """Whether `model` can perform the task, by prompt or natively."""
    return isinstance(model, ChatModel) and (model.follows_prompts() or model.native(task))
