"""Ask a model for a task: render, call, parse, ask once more, or drop with a reason."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from dramaturg.errors import ReplyError, UserError
from dramaturg.models.base import Call, ChatModel, Reply
from dramaturg.prompts import Message, Sampling, Task, load
from dramaturg.records import Cost

I = TypeVar("I", bound=msgspec.Struct)  # noqa: E741
O = TypeVar("O")  # noqa: E741

_SHOWN_BACK = 2_000  # characters of an unusable reply that the re-ask shows


class Answer(msgspec.Struct, Generic[O], frozen=True, kw_only=True):
    """A task's output and what it took.

    Attributes:
        problems: Class of each reply that could not be used before this one ("no turns", ...).
        keys: Journal keys of the calls.
    """

    value: O
    cost: Cost
    problems: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    prompt_hash: str = ""


async def ask(
    model: ChatModel,
    task: Task[I, O],
    inputs: I,
    *,
    seed: int,
    about: str = "",
    sampling: Sampling | None = None,
) -> Answer[O]:
    """The task's output from this model.

    A reply that cannot be used is asked for once more: a prompt-following model is shown its
    reply and what is wrong with it, a native one draws again with the next seed.

    Raises:
        UserError: If the model can do the task neither by prompt nor natively.
        ReplyError: If the second reply cannot be used either; `kind` is its class.
        BackendError: If no reply was to be had.
    """
    native = model.native(task.name)
    if not native and not model.follows_prompts():
        raise UserError(
            f"{model.ref} cannot do {task.name!r}",
            why="it does not follow instructions and has no native form of this task",
            fix="give the role an instruction model, e.g. --model openai:gpt-4.1-mini",
        )
    call = Call(
        task=task.name,
        inputs=msgspec.to_builtins(inputs) if native else {},
        messages=() if native else task.prompt.render(task.fill(inputs)),
        prompt_hash="" if native else task.prompt.hash,
        sampling=sampling or task.sampling,
        seed=seed,
        schema=None if native else task.schema,
        about=about,
    )
    cost = Cost()
    keys: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    for attempt in range(2):
        reply = await model.answer(call)
        cost, keys = cost + reply.cost, (*keys, reply.key)
        try:
            value = task.parse(_usable(reply), inputs)
        except ReplyError as error:
            if attempt == 1:
                raise
            problems = (*problems, error.kind)
            call = _again(call, reply, error)
            continue
        return Answer(
            value=value, cost=cost, problems=problems, keys=keys, prompt_hash=call.prompt_hash
        )
    raise AssertionError("unreachable")


def _usable(reply: Reply) -> str:
    if reply.finish in ("refusal", "content_filter"):
        raise ReplyError("the model refused", kind="refusal")
    if not reply.text.strip():
        raise ReplyError("the reply is empty", kind="empty")
    return reply.text


def _again(call: Call, reply: Reply, error: ReplyError) -> Call:
    messages = call.messages
    if messages:
        complaint = load("dramaturg.models", "reask").render({"problem": error.what})
        shown = Message(role="assistant", content=reply.text[:_SHOWN_BACK] or "(nothing)")
        messages = (*messages, shown, *complaint)
    return msgspec.structs.replace(call, messages=messages, attempt=1, seed=call.seed + 1)
