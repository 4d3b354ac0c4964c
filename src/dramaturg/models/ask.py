"""Ask a model for a task: render, call, parse, ask once more, or drop with a reason."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Generic, TypeVar

import msgspec

from dramaturg.errors import BackendError, ReplyError, UserError
from dramaturg.models.base import Call, ChatModel, Reply
from dramaturg.models.unusable import classified, usable
from dramaturg.prompts import Message, Sampling, Task, load
from dramaturg.records import BadReply, Cost
from dramaturg.store import notes

I = TypeVar("I", bound=msgspec.Struct)  # noqa: E741
O = TypeVar("O")  # noqa: E741

_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)
_SHOWN_BACK = 2_000  # characters of an unusable reply that the re-ask shows


class Answer(msgspec.Struct, Generic[O], frozen=True, kw_only=True):
    """A task's output and what it took.

    Attributes:
        problems: Class of each reply that could not be used before this one ("no turns", ...).
        keys: Journal keys of the calls.
        mended: What was done to the reply before it was read ("truncated": its cut end removed).
    """

    value: O
    cost: Cost
    problems: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    prompt_hash: str = ""
    mended: tuple[str, ...] = ()


@contextlib.contextmanager
def calls_heard() -> Iterator[list[str]]:
    """The journal keys of all replies that are asked for inside, in tasks started there too."""
    keys: list[str] = []
    token = _heard.set(keys)
    try:
        yield keys
    finally:
        _heard.reset(token)


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
    reply and what is wrong with it, a native one draws again with the next seed. Each such reply
    is noted as a `BadReply` with what became of it.

    Raises:
        UserError: If the model can do the task neither by prompt nor natively.
        ReplyError: If the second reply cannot be used either; `kind` is its class, `cost` what
            both took.
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
    bad: list[BadReply] = []
    for attempt in range(2):
        try:
            reply = await model.answer(call)
        except BackendError:
            _tell(bad, "unanswered")
            raise
        cost, keys = cost + reply.cost, (*keys, reply.key)
        heard = _heard.get()
        if heard is not None and reply.key:
            heard.append(reply.key)
        try:
            text, mended = usable(reply, task.cut)
            value = task.parse(text, inputs)
        except ReplyError as found:
            error = classified(found, reply)
            bad.append(_bad(call, reply, error.kind))
            if attempt == 1:
                _tell(bad, "in vain", "dropped")
                error.cost = cost
                raise error from None
            call = _again(call, reply, error)
            continue
        _tell(bad, "helped")
        _tell([_bad(call, reply, kind) for kind in _mended(mended, value)], "repaired")
        return Answer(
            value=value,
            cost=cost,
            problems=tuple(one.kind for one in bad),
            keys=keys,
            prompt_hash=call.prompt_hash,
            mended=mended,
        )
    raise AssertionError("unreachable")


_BROKEN = {  # repairs that mend a bad reply, by its class
    "truncated": "truncated",
    "json": "another form",
    "comma": "malformed JSON",
    "quotes": "malformed JSON",
    "unclosed": "malformed JSON",
}


def _mended(mended: tuple[str, ...], value: object) -> list[str]:
    """Classes of what was wrong with a reply that is used all the same; style is none."""
    repairs = (*mended, *(getattr(value, "repairs", None) or ()))
    return list(dict.fromkeys(_BROKEN[name] for name in repairs if name in _BROKEN))


def _bad(call: Call, reply: Reply, kind: str) -> BadReply:
    return BadReply(
        task=call.task, kind=kind, outcome="", seed=call.seed, about=call.about, key=reply.key
    )


def _tell(bad: list[BadReply], *outcomes: str) -> None:
    """Notes each bad reply with what became of it."""
    for one, outcome in zip(bad, outcomes, strict=False):
        notes.note_now(msgspec.structs.replace(one, outcome=outcome))


def _again(call: Call, reply: Reply, error: ReplyError) -> Call:
    messages = call.messages
    if messages:
        complaint = load("dramaturg.models", "reask").render({"problem": error.what})
        shown = Message(role="assistant", content=reply.text[:_SHOWN_BACK] or "(nothing)")
        messages = (*messages, shown, *complaint)
    return msgspec.structs.replace(call, messages=messages, attempt=1, seed=call.seed + 1)
