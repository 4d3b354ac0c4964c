"""How much work under way keeps the models busy."""

from __future__ import annotations

_USUAL = 64


def slots(model: object) -> int:
    """How many requests the endpoint behind a model may have out; 0 if there is no endpoint."""
    while model is not None:
        found = getattr(model, "slots", None)
        if isinstance(found, int):
            return found
        model = getattr(model, "model", None) or getattr(model, "chat", None)
    return 0


def capacity(*models: object) -> int:
    """So many items under way keep each of these models' endpoints full, at least 64.

    Twice the slots: an item that waits for a retry or for its next step lets another one in.
    """
    return max(_USUAL, *(2 * slots(model) for model in models))
