"""What a run will take, without a call: calls, tokens, money and time."""

from __future__ import annotations

import inspect
from typing import Any

from dramaturg.models import ChatModel
from dramaturg.models.prices import FREE, Price
from dramaturg.runner.plan import Plan

EMBEDDED_TOKENS_PER_S = 600.0  # two cores, measured: docs/embedded-model.md
ASSUMED_REPLY_S = 4.0  # an endpoint's reply; an assumption, `dramaturg doctor` measures yours
IN_FLIGHT = 64
BATCHED = ("drafts", "faithfulness", "toxicity", "quality votes")


def estimate(planned: Plan, *, batch: bool = False) -> dict[str, Any]:
    """The calls of each step by role, and their sum.

    Args:
        batch: Drafts and verdicts go through the batch API: their share of the price, and a day.

    Returns:
        "steps": for each its role, model, calls, tokens_in and tokens_out (totals), usd (None
        where the price is not known or the step is free of calls). "totals": the same summed,
        "seconds", and "assumptions": sentences that say what the figures rest on.
    """
    rows: list[dict[str, Any]] = []
    settings = dict(planned.settings)
    if "conversations" in settings:
        settings["conversations"] = min(settings["conversations"], planned.most)
    for step in planned.recipe.estimate(settings, planned.facts):
        ref = planned.refs[step.role]
        free = ref.partition(":")[0] in ("embedded", "minilm")
        in_loop = step.name in BATCHED
        model = planned.models[step.role]
        native = isinstance(model, ChatModel) and model.native(step.task)
        calls = step.calls if native or not free else 0
        tokens_in, tokens_out = calls * step.tokens_in, calls * step.tokens_out
        rows.append(
            {
                "step": step.name,
                "role": step.role,
                "model": ref,
                "calls": calls,
                "tokens_in": tokens_in,
                "tokens_out": tokens_out,
                "usd": _usd(planned.models[step.role], tokens_in, tokens_out, batch and in_loop),
                "seconds": tokens_out / EMBEDDED_TOKENS_PER_S
                if free
                else calls * ASSUMED_REPLY_S / IN_FLIGHT,
            }
        )
    known = [row["usd"] for row in rows]
    totals = {
        "calls": sum(row["calls"] for row in rows),
        "tokens_in": sum(row["tokens_in"] for row in rows),
        "tokens_out": sum(row["tokens_out"] for row in rows),
        "usd": None if None in known else round(sum(known), 4),
        "seconds": round(sum(row["seconds"] for row in rows), 1),
    }
    return {
        "recipe": planned.recipe.name,
        "out": str(planned.out),
        "steps": rows,
        "totals": totals,
        "assumptions": [
            " ".join((inspect.getdoc(planned.recipe.estimate) or "").split()),
            f"an endpoint answers in {ASSUMED_REPLY_S:g} s with {IN_FLIGHT} calls in flight; "
            f"the embedded model writes {EMBEDDED_TOKENS_PER_S:g} tokens a second",
            *(["batches may take a day each, some five of them a round"] if batch else []),
            "prices are those of the price table in the package, or of the file that the variable "
            "DRAMATURG_PRICES names; nothing is fetched",
        ],
    }


def _usd(model: Any, tokens_in: int, tokens_out: int, batch: bool = False) -> float | None:
    """Endpoints know their price (None = not listed); models in this process cost nothing."""
    price: Price | None = getattr(getattr(model, "chat", None) or model, "price", FREE)
    if price is None:
        return None
    return price.usd(tokens_in, tokens_out) * (price.batch if batch else 1.0)
