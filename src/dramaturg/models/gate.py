"""A gate before a model: once closed, no new call starts; those in flight finish."""

from __future__ import annotations

from dramaturg.errors import Interrupted
from dramaturg.models.base import Call, ChatModel, Reply


class Gate:
    """Open until someone closes it.

    Attributes:
        closed: Whether it was closed.
    """

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        """Let no further call through."""
        self.closed = True


class Gated:
    """A chat model behind a gate."""

    def __init__(self, model: ChatModel, gate: Gate) -> None:
        self.ref = model.ref
        self.model, self._gate = model, gate

    def native(self, task: str) -> bool:
        return self.model.native(task)

    def follows_prompts(self) -> bool:
        return self.model.follows_prompts()

    async def answer(self, call: Call) -> Reply:
        """The model's answer. Raises Interrupted once the gate is closed."""
        if self._gate.closed:
            raise Interrupted(
                "stopped by the user",
                why="Ctrl-C or a stop signal came",
                fix="type the same command again to go on; nothing finished is repeated",
            )
        return await self.model.answer(call)
