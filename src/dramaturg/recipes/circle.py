"""People out of texts, and those close to them, round by round."""

from __future__ import annotations

from dramaturg import persona
from dramaturg.recipes.reading import Sources
from dramaturg.recipes.steps import Steps


async def gather(
    each: Steps,
    sources: Sources,
    wanted: int,
    *,
    rounds: int,
    close: int,
    detail: persona.Detail,
) -> persona.Circle:
    """About `wanted` people: those who are known, those behind the passages, those close to them.

    Args:
        sources: As many of its people and passages are used as are needed, the passages in a
            random order.
        rounds: Of asking each new person for `close` others.
    """
    first = persona.seeds_wanted(wanted, rounds, close)
    begun = sources.people[:first]
    looks = persona.looks(sources.passages, first - len(begun), seed=each.seed)
    found = await each("person in a text", persona.from_text, looks, detail=detail)
    circle = persona.Circle([*begun, *found.results])
    for number in range(1, rounds + 1):
        asked = circle.newest
        near = await each(f"people close, round {number}", persona.related, asked, count=close)
        circle.grow(zip([asked[i] for i in near.indexes], near.results, strict=True), each.model)
    return circle
