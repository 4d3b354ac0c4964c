"""A task: the one way to ask a model for something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import msgspec

from dramaturg.prompts.prompt import Prompt

I = TypeVar("I", bound=msgspec.Struct)  # noqa: E741  (I for input, O for output)
O = TypeVar("O")  # noqa: E741

Cut: TypeAlias = Literal["refuse", "last line", "fine"]
"""A reply that ended at the length limit: refused, read without its last line, or read as it is
(where the answer comes first and only the reason may be cut)."""


class Sampling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How to draw from a model.

    Attributes:
        temperature: >= 0; 0 takes the likeliest token.
        top_k: Keep this many tokens, None = all (servers that know no top-k ignore it).
        top_p: Keep this much probability, in (0, 1].
        max_tokens: The longest reply, > 0.
        stop: Texts at which a reply ends.
    """

    temperature: float = 0.7
    top_k: int | None = 40
    top_p: float = 1.0
    max_tokens: int = 512
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task(Generic[I, O]):
    """What is wanted, its typed input and output, and the words that ask for it.

    A model performs a task by following the prompt, or natively: it then reads the input itself
    and answers in the form that the prompt asks for, so that one parser reads both.

    Attributes:
        name: E.g. "conversation.write"; natively able models list such names.
        prompt: The versioned prompt file.
        fill: Input -> the text for each place of the prompt; quotes what is data.
        parse: Reply and input -> output; raises ReplyError on what it cannot use.
        sampling: Defaults; an `ask` may override them.
        schema: JSON schema of the reply where a provider can enforce one.
        cut: What a reply that ended at the length limit is good for.
    """

    name: str
    prompt: Prompt
    fill: Callable[[I], Mapping[str, str]]
    parse: Callable[[str, I], O]
    sampling: Sampling = field(default_factory=Sampling)
    schema: Mapping[str, Any] | None = None
    cut: Cut = "refuse"
