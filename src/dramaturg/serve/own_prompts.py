"""Dramaturg's own prompts, read backwards: from the filled prompt to the task's typed input.

`--model openai:embedded@...` sends a task as its prompt, as to any other endpoint. The model cannot
follow it, but it can do the task; so the prompts of the tasks that it does natively are recognised
word for word, in the version that is installed here. Nothing is guessed: one word more or less, and
the request is refused like any other instruction.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from dramaturg.models.base import Call
from dramaturg.models.embedded.bpe import Bpe
from dramaturg.models.embedded.continuation import Spelling, Token
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.prompts import Prompt, Sampling, load
from dramaturg.serve.outlet import Ended, Item, Outlet

_PLACE = re.compile(r"\{\{(\w+)\}\}")
_SPOKEN = re.compile(r"Person ([12]): ?(.*)")
_SOURCES = {
    "conversation.write": ("dramaturg.generate", "write"),
    "fact.further": ("dramaturg.persona", "further"),
    "fact.negate": ("dramaturg.profile", "negate"),
    "persona.answer": ("dramaturg.persona", "answer"),
    "query.induce": ("dramaturg.persona", "induce"),
    "query.more": ("dramaturg.persona", "more"),
    "turn.next": ("dramaturg.generate", "next_turn"),
}


@dataclass(frozen=True)
class Known:
    """A task with its typed input."""

    task: str
    inputs: Mapping[str, Any]


def recognised(messages: Any) -> Known | None:
    """The task whose filled prompt these messages are, or None."""
    told = _plain(messages)
    if not told:
        return None
    for task, prompt in _prompts().items():
        size = len(prompt.messages)
        rest = [role for role, _ in told[size:]]  # a reply that was refused, and why
        if len(told) < size or rest != ["assistant", "user"] * (len(rest) // 2):
            continue
        values: dict[str, str] = {}
        for (role, text), message in zip(told, prompt.messages, strict=False):
            found = unfilled(message.content, text) if role == message.role else None
            if found is None:
                break
            values |= found
        else:
            inputs = _READ[task](values)
            return None if inputs is None else Known(task, inputs)
    return None


def unfilled(template: str, text: str) -> dict[str, str] | None:
    """What stands at each place of a filled template, or None where the text is no such.

    From the end to the front, so that the last occurrence of the words between two places counts;
    in time that grows with the length of the text alone.

    >>> unfilled("Of {{one}} and {{two}}.", "Of cats and dogs.")
    {'two': 'dogs', 'one': 'cats'}
    """
    parts = _PLACE.split(template)
    fixed, names = parts[::2], parts[1::2]
    if not names:
        return {} if template == text else None
    if not (text.startswith(fixed[0]) and text.endswith(fixed[-1])):
        return None
    end = len(text) - len(fixed[-1])
    values: dict[str, str] = {}
    for place in range(len(names) - 1, -1, -1):
        words = fixed[place]
        start = text.rfind(words, 0, end) if place else 0
        if start < 0 or start + len(words) > end:
            return None
        values[names[place]] = text[start + len(words) : end]
        end = start
    return values


async def performed(
    known: Known, seeds: Sequence[str], sampling: Sampling, stops: Sequence[str], bpe: Bpe
) -> AsyncGenerator[tuple[int, Item], None]:
    """The task done once a seed, by the embedded model as in a run without an endpoint."""
    model = EmbeddedModel()
    for index, seed in enumerate(seeds):
        number = int(seed.partition("/")[0]) + index * 1_000_003
        call = Call(task=known.task, inputs=known.inputs, seed=number, sampling=sampling)
        reply = await model.answer(call)
        ready: list[Token] = []
        outlet, spelling = Outlet(stops, ready.extend), Spelling(bpe, drop_space=False)
        reason, count = "stop", 0
        for token in bpe.encode(reply.text, spaced=False):
            if count == sampling.max_tokens:
                reason = "length"
                break
            count += 1
            if outlet.say(Token(spelling.add(token))):
                break
        outlet.end()
        if ready:
            yield index, ready
        yield index, Ended(reason, reply.cost.tokens_in, count)


@cache
def _prompts() -> dict[str, Prompt]:
    return {task: load(*source) for task, source in _SOURCES.items()}


def _plain(messages: Any) -> list[tuple[str, str]] | None:
    if not isinstance(messages, list):
        return None
    told: list[tuple[str, str]] = []
    for one in messages:
        role, content = (one.get("role"), one.get("content")) if isinstance(one, dict) else (0, 0)
        if not isinstance(role, str) or not isinstance(content, str):
            return None
        told.append((role, content))
    return told


def _list(text: str) -> list[str]:
    return [line.removeprefix("- ").strip() for line in text.splitlines() if line.strip()]


def _write(values: Mapping[str, str]) -> dict[str, Any] | None:
    if not (values["low"].isdecimal() and values["high"].isdecimal()):
        return None
    return {
        "facts_1": _list(values["facts_1"]),
        "facts_2": _list(values["facts_2"]),
        "turns_low": min(int(values["low"]), 40),
        "turns_high": min(int(values["high"]), 41),
    }


def _turn(values: Mapping[str, str]) -> dict[str, Any] | None:
    heard = [_SPOKEN.fullmatch(line) for line in values["talk"].splitlines() if line.strip()]
    if not heard or None in heard:
        return None
    said = [(int(hit[1]) - 1, hit[2]) for hit in heard if hit]
    return {"facts": _list(values["facts"]), "heard": said}


_READ: dict[str, Callable[[Mapping[str, str]], dict[str, Any] | None]] = {
    "conversation.write": _write,
    "fact.further": lambda values: {"facts": _list(values["facts"])},
    "fact.negate": lambda values: {"fact": values["fact"]},
    "persona.answer": lambda values: {"facts": _list(values["facts"]), "query": values["query"]},
    "query.induce": lambda values: {"answers": _list(values["answers"])},
    "query.more": lambda values: {"queries": _list(values["queries"])},
    "turn.next": _turn,
}
