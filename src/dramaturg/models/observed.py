"""A model whose calls are seen by others: the log, a tracer. It is left out when none looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from dramaturg.models.base import Call, ChatModel, Reply

Ended: TypeAlias = Callable[[Reply | None, BaseException | None, float], None]
"""Told the reply or the error of a call, and the seconds that it took."""


class Observer(Protocol):
    """Sees each call that is really made; a reply from the journal is none."""

    def begins(self, role: str, ref: str, call: Call) -> Ended:
        """A call begins; what is returned is called when it has ended."""
        ...


class Observed:
    """A chat model with observers before it."""

    def __init__(self, model: ChatModel, role: str, observers: Sequence[Observer]) -> None:
        self.model = model
        self.ref = model.ref
        self._role, self._observers = role, tuple(observers)

    def native(self, task: str) -> bool:
        """Whether the model behind it does the task natively."""
        return self.model.native(task)

    def follows_prompts(self) -> bool:
        """Whether the model behind it follows prompts."""
        return self.model.follows_prompts()

    async def answer(self, call: Call) -> Reply:
        """The reply of the model, seen by all. Raises what the model raises."""
        begun = time.perf_counter()
        ended = [observer.begins(self._role, self.ref, call) for observer in self._observers]
        try:
            reply = await self.model.answer(call)
        except BaseException as error:
            for end in ended:
                end(None, error, time.perf_counter() - begun)
            raise
        for end in ended:
            end(reply, None, time.perf_counter() - begun)
        return reply
