"""The two functions of the front door: `run` and `arun`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dramaturg.errors import Interrupted, OutOfBudget
from dramaturg.models.budget import Budget
from dramaturg.models.resolve import Limits
from dramaturg.runner.perform import Run, perform
from dramaturg.runner.plan import plan


async def arun(
    recipe: str,
    *,
    model: str | Sequence[str] = (),
    out: str | Path | None = None,
    n: int | None = None,
    max_cost: float | None = None,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    batch: bool = False,
    share_limits: str | None = None,
    **settings: Any,
) -> Run:
    """Make a dataset; see `run`."""
    if n is not None:
        settings["n"] = n
    models = [model] if isinstance(model, str) else list(model)
    planned = plan(recipe, settings, models, out, limits=Limits(share=share_limits))
    budget = Budget(max_usd=max_cost, max_calls=max_calls, max_tokens=max_tokens)
    batches = None
    if batch:
        from dramaturg.models.batch import BatchSettings

        batches = BatchSettings()
    result = await perform(planned, budget=budget, batch=batches)
    if result.error is not None and not isinstance(result.error, OutOfBudget | Interrupted):
        raise result.error
    return result


def run(recipe: str, **arguments: Any) -> Run:
    """Make a dataset, and wait for it.

    Args:
        recipe: A recipe's name, e.g. "synthetic-persona-chat".
        arguments: `model` (a reference or several, e.g. "openai:gpt-4.1-mini", "nli=embedded"),
            `out` (the run folder), `n` (how many to make), `max_cost` in US dollars, `max_calls`,
            `max_tokens`, `batch` (drafts and verdicts at half the price, within a day),
            `share_limits` (a name: all runs of that name on this machine, in this process too,
            are one client to an endpoint), and the recipe's settings, such as `personas` and
            `seed`.

    Returns:
        The run: its folder, its report, and whether it finished.

    Raises:
        UserError: If something is wrong before the first call.
        BackendError: If a model failed for good; what was finished is in the folder.
    """
    return asyncio.run(arun(recipe, **arguments))
