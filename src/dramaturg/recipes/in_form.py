"""Talks out of two entries, written until they have the form that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dramaturg import generate, loop, scorers
from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, NLIModel
from dramaturg.records import Check, Conversation, Pair

SPARE = 2  # more turns than asked for that are let pass


@dataclass(frozen=True)
class InForm:
    """Writes one talk a pair; called for each."""

    writer: ChatModel
    nli: NLIModel
    turns: int
    words: int
    copied: int
    tries: int
    seed: int
    recipe: str

    async def __call__(self, pair: Pair) -> Conversation:
        """The talk, its turns marked with the sentences that they show.

        Raises:
            ReplyError: Kind "not in form", when no try was kept.
        """
        form = scorers.TurnFormat(
            words=self.words, turns=(self.turns, self.turns + SPARE), copied=self.copied
        )

        async def write(attempt: int, wrong: Sequence[str]) -> Conversation:
            return await generate.from_entries(
                pair, self.writer, turns=self.turns, words=self.words, attempt=attempt,
                complaints=wrong[-1:], recipe=self.recipe, seed=self.seed,
            )  # fmt: skip

        async def formed(talk: Conversation) -> Check:
            verdict = await form(talk)
            return Check(bool(verdict.passed), "; ".join(verdict.reasons))

        done = await loop.until_passes(write, [formed], tries=self.tries)
        if done.value is None:
            raise ReplyError(done.complaints[-1], kind="not in form")
        return await scorers.ground(done.value, self.nli)
