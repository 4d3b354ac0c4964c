"""A model whose every call is kept: made once, found again ever after."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from dramaturg.errors import DramaturgError, RecordError
from dramaturg.models.base import Call, ChatModel, Reply
from dramaturg.models.held import release_all, until_kept
from dramaturg.records import Cost, content_id

_replies = msgspec.json.Decoder(Reply)


class CallJournal(Protocol):
    """Where calls are kept; `store.Journal` is one."""

    def find(self, key: str) -> Mapping[str, Any] | None:
        """The call's row: `state` is "done" when `reply` holds the reply's JSON."""
        ...

    def intend(
        self, key: str, *, role: str, model: str, task: str, prompt_hash: str, request: str
    ) -> None:
        """A call is about to be made."""
        ...

    def finish(
        self,
        key: str,
        reply_json: str,
        *,
        tokens_in: int,
        tokens_out: int,
        usd: float,
        seconds: float,
        then: Callable[[], None] | None = None,
    ) -> None:
        """The reply came; `then` is called once it is committed."""
        ...

    def fail(self, key: str, error: str) -> None:
        """No reply was to be had."""
        ...


class Totals(msgspec.Struct):
    """How the calls of one role were answered.

    Attributes:
        made: By the model. `cost` is what these took.
        replayed: By the journal: no call, nothing spent.
        shared: By an identical call that was already out.
        failed: Not at all.
    """

    made: int = 0
    replayed: int = 0
    shared: int = 0
    failed: int = 0
    cost: Cost = msgspec.field(default_factory=Cost)


def call_key(role: str, ref: str, call: Call) -> str:
    """The name of a call's content: all that can change its reply, so not `about`."""
    asked = call.messages or call.inputs
    content = [role, ref, call.task, asked, call.sampling, call.seed, call.attempt, call.schema]
    try:
        # Made for every call: several times faster than `content_id`, which sorts in Python.
        text = msgspec.json.encode(content, order="deterministic")
    except UnicodeEncodeError:  # half a character; the record of the call will say so
        return content_id("k", content)
    return f"k-{hashlib.blake2b(text, digest_size=8).hexdigest()}"


class Recorded:
    """A chat model with a journal before it.

    A call that the journal has a reply to is answered from there, byte for byte as it was made:
    its cost too, so that records are the same whether a run was resumed or not. What this session
    spent is in `totals` and in the budget. Identical calls at the same time are made once. A call
    that failed or was cut off is made again.

    Attributes:
        totals: How the calls were answered so far.
    """

    def __init__(self, model: ChatModel, role: str, journal: CallJournal) -> None:
        self.model = model
        self.role = role
        self.ref = model.ref
        self.totals = Totals()
        self._journal = journal
        self._out: dict[str, asyncio.Task[Reply]] = {}

    def native(self, task: str) -> bool:
        """Whether the model behind it does the task natively."""
        return self.model.native(task)

    def follows_prompts(self) -> bool:
        """Whether the model behind it follows prompts."""
        return self.model.follows_prompts()

    async def answer(self, call: Call) -> Reply:
        """The reply, from the journal or the model. Raises what the model raises.

        A call that is out is finished and kept even if whoever asked for it gives up: it is paid.
        """
        key = call_key(self.role, self.ref, call)
        task = self._out.get(key)
        if task is not None:
            self.totals.shared += 1
            return await asyncio.shield(task)
        row = self._journal.find(key)
        if row is not None and row["state"] == "done":
            self.totals.replayed += 1
            return msgspec.structs.replace(_replies.decode(row["reply"]), key=key)
        task = self._out[key] = asyncio.create_task(self._make(key, call))
        task.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(task)

    async def drain(self, *, stop: bool = False) -> None:
        """Wait for the calls that are out; with `stop`, cut them off instead."""
        tasks = list(self._out.values())
        if stop:
            for task in tasks:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, key: str, task: asyncio.Task[Reply]) -> None:
        self._out.pop(key, None)
        if not task.cancelled():
            task.exception()  # seen: nobody may be waiting any more

    async def _make(self, key: str, call: Call) -> Reply:
        self._journal.intend(
            key,
            role=self.role,
            model=self.ref,
            task=call.task,
            prompt_hash=call.prompt_hash,
            request=_text(msgspec.structs.replace(call, about="")),
        )
        with until_kept() as releases:
            try:
                found = await self.model.answer(call)
            except DramaturgError as error:
                self.totals.failed += 1
                self._journal.fail(key, str(error))
                raise
            reply = msgspec.structs.replace(found, key=key)
            cost = reply.cost
            self._journal.finish(
                key,
                _text(reply),
                tokens_in=cost.tokens_in,
                tokens_out=cost.tokens_out,
                usd=cost.usd,
                seconds=cost.seconds,
                then=functools.partial(release_all, releases) if releases else None,
            )
        self.totals.made += 1
        self.totals.cost += cost
        return reply


def _text(value: msgspec.Struct) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError as error:
        raise RecordError(
            "a text holds half a character, which can be neither sent nor kept",
            why=str(error)[:200],
            fix="the text it was made from was cut or decoded wrongly: clean that row",
        ) from None
