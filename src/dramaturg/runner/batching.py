"""`--batch`: drafts and verdicts of a run through the batch APIs of its endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dramaturg.errors import UserError
from dramaturg.models.gate import Gate
from dramaturg.store import Journal

if TYPE_CHECKING:
    from dramaturg.models.batch import BatchModel, BatchSettings, Tell


def batched(
    models: Mapping[str, Any], journal: Journal, gate: Gate, settings: BatchSettings, tell: Tell
) -> tuple[dict[str, Any], list[BatchModel]]:
    """The models by role, endpoints among them behind a batch each; and these.

    Roles that share an endpoint share its batches.
    """
    from dramaturg.models.batch import BatchModel
    from dramaturg.models.openai_compatible import OpenAICompatible

    made: dict[int, BatchModel] = {}
    roles: dict[str, Any] = {}
    for role, model in models.items():
        if isinstance(model, OpenAICompatible):
            if id(model) not in made:
                made[id(model)] = BatchModel(model, journal, gate, settings=settings, tell=tell)
            roles[role] = made[id(model)]
        else:
            roles[role] = model
    return roles, list(made.values())


def check_batchable(models: Mapping[str, Any]) -> None:
    """Raises UserError if no model of the run is behind an endpoint."""
    from dramaturg.models.openai_compatible import OpenAICompatible

    if not any(isinstance(model, OpenAICompatible) for model in models.values()):
        raise UserError(
            "--batch needs a model behind an endpoint",
            why="the models of this run work on this machine",
            fix="leave --batch out, or give e.g. --model openai:gpt-4.1-mini",
        )
