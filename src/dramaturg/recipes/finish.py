"""What a recipe hands over at its end: conversations with their split, tables, figures, notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from dramaturg import dataset
from dramaturg.errors import DramaturgError
from dramaturg.recipes.error_rates import rests_on
from dramaturg.recipes.recipe import Made
from dramaturg.records import Conversation, Persona
from dramaturg.store import Spool


def figure(
    name: str, value: float, *, n: int, unit: str, scorer: str, split: str = "all"
) -> dict[str, Any]:
    """One number of a report, with all that makes it readable.

    Args:
        n: Over how many items it is.
        unit: "share", "mean of 1 to 5", "calls an item", ...
        scorer: Who or what measured it, with the model behind it where there is one.
        split: Of which conversations or items.
    """
    rounded = round(value, 6) if isinstance(value, float) else value
    return {
        "name": name, "value": rounded, "n": n, "unit": unit, "split": split, "scorer": scorer,
    }  # fmt: skip


def finished(
    conversations: Sequence[Conversation],
    people: Iterable[Persona],
    *,
    asked: int,
    seed: int,
    tables: Mapping[str, Sequence[msgspec.Struct]] | None = None,
    figures: Iterable[Mapping[str, Any]] = (),
    critics: Mapping[str, str] | None = None,
    steps: Mapping[str, Any] | None = None,
    notes: Iterable[str] = (),
    cut: DramaturgError | None = None,
    made: int | None = None,
    whose: Mapping[str, str] | None = None,
) -> Made:
    """The end of a recipe: splits that share no person, and the report.

    Args:
        asked: How many of what the recipe makes were asked for; falling short is told.
        figures: See `figure`.
        critics: The model behind each critic, by the critic's name and version.
        steps: Counts of the steps before, by step.
        cut: What ended it early; what is there is handed over all the same.
        made: How many there are of what was asked for; None: the conversations.
        whose: See `dataset.apart_by_persona`.
    """
    splits = dataset.apart_by_persona(conversations, seed=seed, whose=whose)
    divided = (msgspec.structs.replace(talk, split=splits.by_id[talk.id]) for talk in conversations)
    have = len(conversations) if made is None else made
    short = [f"{have} of {asked} were made; see dropped/ for the reasons"] if have < asked else []
    return Made(
        conversations=Spool(divided),
        people=list(people),
        tables=dict(tables or {}),
        report={
            "figures": [dict(row) for row in figures],
            "steps": dict(steps or {}),
            "critics": {name: rests_on(name, ref) for name, ref in (critics or {}).items()},
        },
        notes=[*notes, *(short if cut is None else []), *(splits.notes if conversations else [])],
        cut=cut,
    )
