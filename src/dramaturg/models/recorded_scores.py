"""A model of log-probabilities whose every answer is kept: paid for once, and within the budget."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from dramaturg.errors import BackendError, Interrupted
from dramaturg.models.base import Call, LogProbModel, Odds, Scored
from dramaturg.models.budget import Budget
from dramaturg.models.gate import Gate
from dramaturg.models.prices import Price
from dramaturg.models.recorded import CallJournal, call_key
from dramaturg.records import Cost, content_id, to_json

A = TypeVar("A", Scored, Odds)
_CHARS_A_TOKEN = 4  # for the estimate only


class RecordedScores:
    """Looks into the journal first; what is not there is asked for, and kept."""

    def __init__(
        self, model: LogProbModel, role: str, journal: CallJournal, gate: Gate, budget: Budget
    ) -> None:
        self.model, self.ref = model, model.ref
        self._role, self._journal, self._gate, self._budget = role, journal, gate, budget
        self._price: Price | None = getattr(model, "price", None)

    async def score(self, before: str, text: str) -> Scored:
        """The log-probabilities of `text` after `before`. Raises what the model raises."""
        key = content_id("k", [self._role, self.ref, "score", before, text])
        asked = to_json([before, text])
        length = len(before + text)
        return await self._once(
            key, "score", asked, length, Scored, lambda: self.model.score(before, text)
        )

    async def odds(self, call: Call, words: Sequence[str]) -> Odds:
        """How likely the reply begins with each word. Raises what the model raises."""
        key = content_id("k", [call_key(self._role, self.ref, call), "odds", list(words)])
        asked = to_json({"call": msgspec.to_builtins(call), "words": list(words)})
        length = sum(len(m.content) for m in call.messages)
        return await self._once(
            key, f"{call.task} odds", asked, length, Odds, lambda: self.model.odds(call, words)
        )

    async def _once(
        self,
        key: str,
        task: str,
        asked: str,
        length: int,
        kind: type[A],
        make: Callable[[], Awaitable[A]],
    ) -> A:
        row = self._journal.find(key)
        if row is not None and row["state"] == "done":
            return msgspec.json.decode(row["reply"], type=kind)
        if self._gate.closed:
            raise Interrupted("stopped by the user", fix="the same command goes on")
        tokens = length // _CHARS_A_TOKEN + 1
        usd = self._price.usd(tokens, 1) if self._price else 0.0
        estimate = Cost(calls=1, tokens_in=tokens, tokens_out=1, usd=usd)
        await self._budget.reserve(estimate)
        real = Cost()
        self._journal.intend(
            key, role=self._role, model=self.ref, task=task, prompt_hash="", request=asked
        )
        try:
            found = await make()
            real = found.cost
        except BackendError as error:
            real = Cost(calls=1)
            self._journal.fail(key, str(error))
            raise
        finally:
            self._budget.book(estimate, real)
        self._journal.finish(
            key,
            to_json(found),
            tokens_in=real.tokens_in,
            tokens_out=real.tokens_out,
            usd=real.usd,
            seconds=real.seconds,
        )
        return found
