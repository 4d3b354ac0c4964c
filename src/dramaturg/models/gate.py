"""A gate before a model: once closed, no new call starts; those in flight finish."""

from __future__ import annotations

from collections.abc import Callable

from dramaturg.errors import Interrupted
from dramaturg.models.base import Call, ChatModel, Reply


class Gate:
    """Open until someone closes it.

    Attributes:
        closed: Whether it was closed.
    """

    def __init__(self) -> None:
        self.closed = False
        self._told: list[Callable[[], None]] = []

    def close(self) -> None:
        """Let no further call through, nor one that waits for a slot or its next try."""
        self.closed = True
        for tell in self._told:
            tell()

    def when_closed(self, tell: Callable[[], None]) -> None:
        """Call this when the gate closes; each once."""
        if tell not in self._told:
            self._told.append(tell)


def stopped_by_user() -> Interrupted:
    """The error of every call that the user's stop kept from going out."""
    return Interrupted(
        "stopped by the user",
        why="Ctrl-C or a stop signal came",
        fix="type the same command again to go on; nothing finished is repeated",
    )


class Gated:
    """A chat model behind a gate."""

    def __init__(self, model: ChatModel, gate: Gate) -> None:
        self.ref = model.ref
        self.model, self._gate = model, gate
        inner: object = model
        while inner is not None:
            if hasattr(inner, "stop"):
                gate.when_closed(inner.stop)
            inner = getattr(inner, "model", None)

    def native(self, task: str) -> bool:
        return self.model.native(task)

    def follows_prompts(self) -> bool:
        return self.model.follows_prompts()

    async def answer(self, call: Call) -> Reply:
        """The model's answer. Raises Interrupted once the gate is closed."""
        if self._gate.closed:
            raise stopped_by_user()
        return await self.model.answer(call)
