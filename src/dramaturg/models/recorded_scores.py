"""A model of log-probabilities whose every answer is kept: paid for once, and within the budget."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from dramaturg.errors import BackendError, Interrupted
from dramaturg.models.base import Call, LogProbModel, Odds, Scored
from dramaturg.models.budget import Budget
from dramaturg.models.gate import Gate
from dramaturg.models.held import release_all, until_kept
from dramaturg.models.reckoning import Reckoning
from dramaturg.models.recorded import CallJournal, call_key
from dramaturg.records import Cost, content_id, to_json

A = TypeVar("A", Scored, Odds)


class RecordedScores:
    """Looks into the journal first; what is not there is asked for, and kept."""

    def __init__(
        self, model: LogProbModel, role: str, journal: CallJournal, gate: Gate, budget: Budget
    ) -> None:
        self.model, self.ref = model, model.ref
        self._role, self._journal, self._gate, self._budget = role, journal, gate, budget
        self._reckoning = Reckoning(model)

    async def score(self, before: str, text: str) -> Scored:
        """The log-probabilities of `text` after `before`. Raises what the model raises."""
        key = content_id("k", [self._role, self.ref, "score", before, text])
        asked = to_json([before, text])
        size = _size(before + text)
        return await self._once(
            key, "score", asked, size, Scored, lambda: self.model.score(before, text)
        )

    async def odds(self, call: Call, words: Sequence[str]) -> Odds:
        """How likely the reply begins with each word. Raises what the model raises."""
        key = content_id("k", [call_key(self._role, self.ref, call), "odds", list(words)])
        asked = to_json({"call": msgspec.to_builtins(call), "words": list(words)})
        size = sum(_size(m.content) for m in call.messages)
        return await self._once(
            key, f"{call.task} odds", asked, size, Odds, lambda: self.model.odds(call, words)
        )

    async def _once(
        self,
        key: str,
        task: str,
        asked: str,
        size: int,
        kind: type[A],
        make: Callable[[], Awaitable[A]],
    ) -> A:
        row = self._journal.find(key)
        if row is not None and row["state"] == "done":
            return msgspec.json.decode(row["reply"], type=kind)
        if self._gate.closed:
            raise Interrupted("stopped by the user", fix="the same command goes on")
        reserved = await self._budget.reserve(lambda: self._reckoning.most(task, size, 1))
        real = Cost()
        self._journal.intend(
            key, role=self._role, model=self.ref, task=task, prompt_hash="", request=asked
        )
        with until_kept() as releases:
            try:
                found = await make()
                real = found.cost
                self._reckoning.saw(task, size, real)
            except BackendError as error:
                real = Cost(calls=1)
                self._journal.fail(key, str(error))
                raise
            finally:
                self._budget.book(reserved, self._reckoning.with_unanswered(real, size))
            self._journal.finish(
                key,
                to_json(found),
                tokens_in=real.tokens_in,
                tokens_out=real.tokens_out,
                usd=real.usd,
                seconds=real.seconds,
                then=functools.partial(release_all, releases) if releases else None,
            )
        return found


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))
