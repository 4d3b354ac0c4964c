"""`--batch`: drafts and verdicts of a run through the batch APIs of its endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dramaturg.errors import UserError
from dramaturg.models.gate import Gate
from dramaturg.store import Journal

if TYPE_CHECKING:
    from dramaturg.models.batch import BatchModel, BatchSettings, Tell
    from dramaturg.models.openai_compatible import OpenAICompatible


def batched(
    models: Mapping[str, Any], journal: Journal, gate: Gate, settings: BatchSettings, tell: Tell
) -> tuple[dict[str, Any], list[BatchModel]]:
    """The models by role, endpoints among them behind a batch each; and these.

    Roles that share an endpoint share its batches.
    """
    from dramaturg.models.batch import BatchModel

    made: dict[int, BatchModel] = {}
    roles: dict[str, Any] = {}
    for role, model in models.items():
        endpoint = _endpoint(model)
        if endpoint is None:
            roles[role] = model
            continue
        if id(model) not in made:
            made[id(model)] = BatchModel(
                endpoint, journal, gate, direct=model, settings=settings, tell=tell
            )
        roles[role] = made[id(model)]
    return roles, list(made.values())


def check_batchable(models: Mapping[str, Any]) -> None:
    """Raises UserError if no model of the run is behind an endpoint."""
    if not any(_endpoint(model) for model in models.values()):
        raise UserError(
            "--batch needs a model behind an endpoint",
            why="the models of this run work on this machine",
            fix="leave --batch out, or give e.g. --model openai:gpt-4.1-mini",
        )


def _endpoint(model: Any) -> OpenAICompatible | None:
    """The endpoint of a model, or the first of several, None if it has none."""
    from dramaturg.models.openai_compatible import OpenAICompatible

    first = next(iter(getattr(model, "places", (model,))))
    return first if isinstance(first, OpenAICompatible) else None
