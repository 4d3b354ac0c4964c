"""What a run may spend: money, calls, tokens. At a limit it stops cleanly and can go on."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from dramaturg.errors import BackendError, OutOfBudget, UserError
from dramaturg.models.base import Call, ChatModel, Reply
from dramaturg.models.prices import unknown_price
from dramaturg.models.reckoning import Reckoning
from dramaturg.records import Cost


class Budget:
    """The limits of a run, shared by all of its models.

    What is spent and the most that the calls that are out can take are together never more than a
    limit: so it is not passed, whatever the replies are like. Calls that have to wait for room are
    let through in the order in which they came.

    Args:
        max_usd, max_calls, max_tokens: Over the whole run; tokens are input and output together;
            None = no limit.
        already: What earlier sessions of the same run spent.

    Attributes:
        spent: What is booked, `already` included.
        reserved: The most that the calls that are out can take.
        exhausted: Which limit was reached and what was spent, in words; "" while there is room.
    """

    def __init__(
        self,
        max_usd: float | None = None,
        max_calls: int | None = None,
        max_tokens: int | None = None,
        *,
        already: Cost | None = None,
    ) -> None:
        for name, limit in (("cost", max_usd), ("calls", max_calls), ("tokens", max_tokens)):
            if limit is not None and not limit >= 0:
                raise UserError(f"--max-{name} is {limit}", fix="give a number of 0 or more")
        self.max_usd, self.max_calls, self.max_tokens = max_usd, max_calls, max_tokens
        self.spent = already or Cost()
        self.reserved = Cost()
        self.exhausted = ""
        self._fix = ""
        self._waiting: deque[tuple[Callable[[], Cost], asyncio.Future[Cost]]] = deque()

    def carry_over(self, already: Cost) -> None:
        """Count what earlier sessions of the run spent. Call it before the first call."""
        self.spent += already

    async def reserve(self, most: Callable[[], Cost]) -> Cost:
        """Sets aside the most that a call can take, and returns it; `book` gives it back.

        Where only calls that are out stand in the way, waits for them, behind those that wait
        already.

        Args:
            most: Asked again while it waits: meanwhile more may be known.

        Raises:
            OutOfBudget: If the limit does not leave room; from then on always.
        """
        if not self.exhausted and not self._waiting:
            asked = most()
            over = self._over(self.spent + self.reserved + asked)
            if over is None:
                self.reserved += asked
                return asked
            if not self.reserved.calls:
                self._exhaust(*over)
        if self.exhausted:
            raise self._error()
        future: asyncio.Future[Cost] = asyncio.get_running_loop().create_future()
        self._waiting.append((most, future))
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self.book(future.result(), Cost())  # it was let through and gives up all the same
            else:
                future.cancel()
                self._serve()
            raise

    def book(self, reserved: Cost, real: Cost) -> None:
        """A call ended: what was set aside is given back and what it took is counted."""
        self.spent += real
        self.reserved += Cost(
            calls=-reserved.calls,
            tokens_in=-reserved.tokens_in,
            tokens_out=-reserved.tokens_out,
            usd=-reserved.usd,
        )
        if not self.reserved.calls:
            self.reserved = Cost()  # no dust of rounding
        self._serve()

    def _serve(self) -> None:
        """Lets those that wait through, from the first on, as far as there is room."""
        while self._waiting:
            most, future = self._waiting[0]
            if future.done():
                self._waiting.popleft()
                continue
            if self.exhausted:
                future.set_exception(self._error())
                continue
            asked = most()
            over = self._over(self.spent + self.reserved + asked)
            if over is None:
                self.reserved += asked
                future.set_result(asked)
            elif self.reserved.calls:
                return
            else:
                self._exhaust(*over)

    def _over(self, cost: Cost) -> tuple[str, str, str] | None:
        tokens = cost.tokens_in + cost.tokens_out
        spent = self.spent
        if self.max_calls is not None and cost.calls > self.max_calls:
            return "calls", f"{self.max_calls:,} calls", f"{spent.calls:,} calls"
        if self.max_tokens is not None and tokens > self.max_tokens:
            used = spent.tokens_in + spent.tokens_out
            return "tokens", f"{self.max_tokens:,} tokens", f"{used:,} tokens"
        if self.max_usd is not None and cost.usd > self.max_usd and cost.usd > spent.usd:
            return "cost", f"${self.max_usd:,.2f}", f"${spent.usd:,.4f}"
        return None

    def _exhaust(self, name: str, limit: str, used: str) -> None:
        self.exhausted = f"the limit of {limit} is reached: {used} spent"
        self._fix = f"run the same command with a higher --max-{name}: it resumes"

    def _error(self) -> OutOfBudget:
        why = "the next call might go over the limit"
        return OutOfBudget(self.exhausted, why=why, fix=self._fix)


class Budgeted:
    """A chat model that asks the budget before each call and books what it took.

    Put it inside `Recorded`: a replayed call costs nothing and never comes here.

    Raises:
        UserError: If money is limited and the model's price is not known.
    """

    def __init__(self, model: ChatModel, budget: Budget) -> None:
        self.model = model
        self.budget = budget
        self.ref = model.ref
        self._reckoning = Reckoning(model)
        # Models in this process have no price and cost nothing; endpoints say theirs.
        if budget.max_usd is not None and hasattr(model, "price") and model.price is None:
            raise UserError(
                f"--max-cost cannot be kept with {model.ref}",
                why=f"its price is {unknown_price(model.ref.partition(':')[2] or model.ref)}",
                fix="list its price, or limit --max-calls or --max-tokens",
            )

    def native(self, task: str) -> bool:
        """Whether the model behind it does the task natively."""
        return self.model.native(task)

    def follows_prompts(self) -> bool:
        """Whether the model behind it follows prompts."""
        return self.model.follows_prompts()

    async def answer(self, call: Call) -> Reply:
        """The reply of the model. Raises OutOfBudget when the limit leaves no room for it."""
        size = sum(len(m.content.encode(errors="replace")) for m in call.messages)
        longest = call.sampling.max_tokens
        reserved = await self.budget.reserve(lambda: self._reckoning.most(call.task, size, longest))
        real = Cost()
        try:
            reply = await self.model.answer(call)
            real = reply.cost
            self._reckoning.saw(call.task, size, real)
        except BackendError:
            real = Cost(calls=1)  # asked for, if not answered
            raise
        finally:
            self.budget.book(reserved, self._reckoning.with_unanswered(real, size))
        return reply
