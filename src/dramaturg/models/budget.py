"""What a run may spend: money, calls, tokens. At a limit it stops cleanly and can go on."""

from __future__ import annotations

import asyncio

from dramaturg.errors import BackendError, OutOfBudget, UserError
from dramaturg.models.base import Call, ChatModel, Reply
from dramaturg.models.prices import Price, unknown_price
from dramaturg.records import Cost

_ENOUGH = 5  # replies of a task after which its average replaces the longest possible
_CHARS_A_TOKEN = 4


class Budget:
    """The limits of a run, shared by all of its models.

    Args:
        max_usd, max_calls, max_tokens: Over the whole run; tokens are input and output together;
            None = no limit.
        already: What earlier sessions of the same run spent.

    Attributes:
        spent: What is booked, `already` included.
        reserved: Estimates for the calls that are out.
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
        self._changed = asyncio.Event()

    def carry_over(self, already: Cost) -> None:
        """Count what earlier sessions of the run spent. Call it before the first call."""
        self.spent += already

    async def reserve(self, estimate: Cost) -> None:
        """Sets the estimate aside; where only calls that are out stand in the way, waits for them.

        Raises:
            OutOfBudget: If the limit does not leave room; from then on always.
        """
        while not self.exhausted:
            over = self._over(self.spent + self.reserved + estimate)
            if over is None:
                self.reserved += estimate
                return
            if not self.reserved.calls:
                self._exhaust(*over)
                break
            await self._changed.wait()
        raise OutOfBudget(
            self.exhausted, why="the next call might go over the limit", fix=self._fix
        )

    def book(self, estimate: Cost, real: Cost) -> None:
        """A call ended: its estimate is given back and what it took is counted."""
        self.spent += real
        self.reserved += Cost(
            calls=-estimate.calls,
            tokens_in=-estimate.tokens_in,
            tokens_out=-estimate.tokens_out,
            usd=-estimate.usd,
        )
        if not self.reserved.calls:
            self.reserved = Cost()  # no dust of rounding
        self._tell()

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
        self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


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
        # Models in this process have no price and cost nothing; endpoints say theirs.
        self._price: Price | None = getattr(model, "price", None)
        if budget.max_usd is not None and hasattr(model, "price") and self._price is None:
            raise UserError(
                f"--max-cost cannot be kept with {model.ref}",
                why=f"its price is {unknown_price(model.ref.partition(':')[2] or model.ref)}",
                fix="list its price, or limit --max-calls or --max-tokens",
            )
        self._tokens_out: dict[str, tuple[int, int]] = {}

    def native(self, task: str) -> bool:
        """Whether the model behind it does the task natively."""
        return self.model.native(task)

    def follows_prompts(self) -> bool:
        """Whether the model behind it follows prompts."""
        return self.model.follows_prompts()

    async def answer(self, call: Call) -> Reply:
        """The reply of the model. Raises OutOfBudget when the limit leaves no room for it."""
        estimate = self._estimate(call)
        await self.budget.reserve(estimate)
        real = Cost()
        try:
            reply = await self.model.answer(call)
            real = reply.cost
        except BackendError:
            real = Cost(calls=1)  # asked for, if not answered
            raise
        finally:
            self.budget.book(estimate, real)
        calls, tokens = self._tokens_out.get(call.task, (0, 0))
        self._tokens_out[call.task] = (calls + 1, tokens + real.tokens_out)
        return reply

    def _estimate(self, call: Call) -> Cost:
        """Until its task is known, a call counts as the longest that it may be."""
        tokens_in = sum(len(m.content) for m in call.messages) // _CHARS_A_TOKEN
        calls, tokens = self._tokens_out.get(call.task, (0, 0))
        longest = call.sampling.max_tokens
        tokens_out = min(longest, tokens // calls) if calls >= _ENOUGH else longest
        usd = self._price.usd(tokens_in, tokens_out) if self._price else 0.0
        return Cost(calls=1, tokens_in=tokens_in, tokens_out=tokens_out, usd=usd)
