"""How many calls the recipe of routines makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dramaturg.recipes.recipe import Step

_ANY = 10**9
RANGES = {
    "conversations": (1, _ANY),
    "habits": (1, 100),
    "tries": (1, 100),
    "lines": (1, 100),
    "turns": (2, 200),
    "partners": (1, _ANY),
}


def habitual_schemas_calls(s: Mapping[str, Any], facts: int) -> list[Step]:
    """Every schema is whole at the first try, and nobody talks twice (who does has routines
    already).
    """
    checks = 2 * s["conversations"] * 20 if facts else 0
    routines = 2 * s["conversations"] * s["habits"]
    said = s["conversations"] * (s["turns"] - 1)
    return [
        Step("check profiles", "nli", checks, 160, 20, "nli.judge"),
        Step("passages", "writer", routines, 260, 110, "habit.passage"),
        Step("schemas", "writer", routines, 420, 220, "habit.schema"),
        Step("turns", "writer", said, 380 + 20 * s["turns"], 35, "turn.recalled"),
    ]
