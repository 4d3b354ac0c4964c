"""Answer a request as it suits a user who is known from earlier rounds only, by several layouts."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.generate.implicit_round import Round
from dramaturg.generate.personal import (
    PersonalAnswer,
    Request,
    RequestKind,
    plain_name,
    read_answer,
)
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.scorers import rounds_text

Layout = Literal["direct", "filter", "types", "all", "task_related", "gold"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)


class ReadInput(msgspec.Struct, frozen=True, kw_only=True):
    """A request, and what a reader may know of the user.

    Attributes:
        history: Earlier rounds of (user, assistant); empty = nothing is known.
        grid: The possible values of each attribute; with the layout "gold" the right ones.
    """

    history: tuple[Round, ...]
    grid: dict[str, tuple[str, ...]]
    kind: RequestKind
    request: str


@functools.cache
def personal_answer_task(layout: Layout) -> Task[ReadInput, PersonalAnswer]:
    """ "request.answer.LAYOUT": attributes (but for "direct" and "gold"), analysis, answer."""
    return Task(
        name=f"request.answer.{layout}",
        prompt=load("dramaturg.generate", f"answer_{layout}"),
        fill=lambda given: {
            "history": rounds_text(given.history) or "(nothing)",
            "grid": quote_list([f"{k}: {' / '.join(v)}" for k, v in given.grid.items()]),
            "request": quote(given.request),
            "form": quote(given.kind.form),
        },
        parse=lambda reply, given: _read(reply, given, layout),
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=900),
    )


async def personal_answer(
    reader: ChatModel,
    request: Request,
    history: Sequence[Round],
    grid: Mapping[str, Sequence[str]],
    *,
    layout: Layout = "task_related",
    seed: int,
    about: str = "",
) -> PersonalAnswer:
    """The reader's answer, with the attributes that it says it rests on.

    Args:
        grid: The values that each attribute may have. With the layout "gold" give the right ones
            alone: it shows what is lost in answering rather than in telling who the user is.
        layout: In which order a reader thinks: "direct" (straight to the answer), "filter" (all
            attributes, then those that matter), "types" (which matter, then their values), "all"
            (all attributes, then the answer), "task_related" (those that matter, with values).

    Raises:
        ReplyError: If the second reply cannot be used either.
        BackendError: If the reader could not be reached.

    Source: the five reasoning layouts of IP-Dialog (2025), arXiv:2506.02449.
    """
    given = ReadInput(
        history=tuple(history),
        grid={name: tuple(values) for name, values in grid.items()},
        kind=request.kind,
        request=request.text,
    )
    return (await ask(reader, personal_answer_task(layout), given, seed=seed, about=about)).value


def _read(reply: str, given: ReadInput, layout: Layout) -> PersonalAnswer:
    found, _ = read_json(reply)
    if not isinstance(found, dict):
        raise ReplyError("it is no JSON object", kind="malformed JSON")
    attributes = (
        {} if layout in ("direct", "gold") else _attributes(found.get("attributes"), given.grid)
    )
    return PersonalAnswer(
        attributes=attributes,
        analysis=" ".join(str(found.get("analysis") or "").split()),
        answer=read_answer(found.get("answer"), given.kind.answer, given.request),
    )


def _attributes(value: Any, known: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Value by attribute, from an object or from a list of "attribute: value".

    A name is written as in the grid where it differs in spelling only; another stays as it is.
    """
    if isinstance(value, list):
        value = dict(str(one).partition(":")[::2] for one in value if ":" in str(one))
    if not isinstance(value, dict):
        raise ReplyError("'attributes' is no object", kind="malformed JSON")
    names = {plain_name(name): name for name in known}
    found = {" ".join(str(k).split()): " ".join(str(v).split()) for k, v in value.items()}
    return {names.get(plain_name(name), name): text for name, text in found.items()}
