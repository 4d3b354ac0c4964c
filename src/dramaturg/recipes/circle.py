"""People out of texts, and those close to them, round by round."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from dramaturg import loop, persona
from dramaturg.dataset.load_texts import Passage
from dramaturg.errors import DramaturgError
from dramaturg.models import ChatModel, capacity
from dramaturg.records import Persona


@dataclass(frozen=True)
class Gathered:
    """Whom a search found.

    Attributes:
        circle: The people and their ties.
        counts: "given", "found" in texts, then "round 1", ...: how many new ones each brought.
        cut: What ended it early, or None.
    """

    circle: persona.Circle
    counts: dict[str, int]
    cut: DramaturgError | None


async def gather(
    passages: Sequence[Passage],
    known: Sequence[Persona],
    writer: ChatModel,
    *,
    wanted: int,
    rounds: int,
    close: int,
    detail: persona.Detail,
    seed: int,
) -> Gathered:
    """About `wanted` people: those who are known, those behind the passages, those close to them.

    Args:
        passages: Of these so many are read as are needed, in a random order.
        known: At most as many of them are used as a search begins with.
        rounds: Of asking each new person for `close` others.
    """
    at_once = capacity(writer)
    first = persona.seeds_wanted(wanted, rounds, close)
    begun = list(known[:first])
    found = await loop.each(
        persona.drawn(passages, first - len(begun), seed=seed),
        lambda drawn: persona.from_text(drawn[0], writer, tie=drawn[1], detail=detail, seed=seed),
        at_once=at_once,
        step="people in texts",
        kind="persona",
        about=lambda drawn: drawn[0].source,
    )
    circle, cut = persona.Circle([*begun, *found.results]), found.cut
    counts = {"given": len(begun), "found": len(circle.people) - len(begun)}
    ask = functools.partial(persona.related, writer=writer, count=close, seed=seed)
    for number in range(1, rounds + 1):
        asked = circle.newest
        near = await loop.each(asked, ask, at_once=at_once, step=f"round {number}", kind="persona")
        circle.grow(zip([asked[i] for i in near.indexes], near.results, strict=True), writer)
        counts[f"round {number}"] = len(circle.newest)
        cut = cut or near.cut
    return Gathered(circle, counts, cut)
