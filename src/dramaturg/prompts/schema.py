"""JSON schemas of replies, in the strict form that providers can enforce."""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}


def object_schema(**fields: Any) -> dict[str, Any]:
    """The schema of an object that has exactly these fields, in this order.

    >>> object_schema(name=TEXT)["required"]
    ['name']
    """
    return {
        "type": "object",
        "properties": dict(fields),
        "required": list(fields),
        "additionalProperties": False,
    }


def list_schema(item: Any = TEXT) -> dict[str, Any]:
    """The schema of a list of such items."""
    return {"type": "array", "items": item}


def one_of(*values: str) -> dict[str, Any]:
    """The schema of one of some texts."""
    return {"type": "string", "enum": list(values)}
