"""A model that counts what it was asked, replies that could not be used included."""

from __future__ import annotations

from dramaturg.models import Call, ChatModel, Reply
from dramaturg.records import Cost


class Metered:
    """Stands before a model for the length of one piece of work.

    Attributes:
        cost: Of all replies so far.
        last: Text of the last reply.
    """

    def __init__(self, model: ChatModel) -> None:
        self.ref = model.ref
        self.cost = Cost()
        self.last = ""
        self._model = model

    def native(self, task: str) -> bool:
        return self._model.native(task)

    def follows_prompts(self) -> bool:
        return self._model.follows_prompts()

    async def answer(self, call: Call) -> Reply:
        """The model's reply, counted."""
        reply = await self._model.answer(call)
        self.cost = self.cost + reply.cost
        self.last = reply.text
        return reply

    def spent(self) -> dict[str, float]:
        """Calls, tokens and money; no seconds, so that the same run gives the same record."""
        return {
            "calls": self.cost.calls,
            "tokens_in": self.cost.tokens_in,
            "tokens_out": self.cost.tokens_out,
            "usd": self.cost.usd,
        }
