"""Wrong parts that the proofs of the recipe of routines must catch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dramaturg import loop, persona
from dramaturg.models import Embedder
from dramaturg.persona.habits import SECTIONS
from dramaturg.records import Check
from dramaturg.scorers.words import shown_words


def fixed_order(reply: str) -> dict[str, tuple[str, ...]]:
    """Reads sections where they are expected, one after the other."""
    parts = re.split("|".join(f":{name}" for name in SECTIONS), reply)[1:]
    return {
        name: tuple(line.strip("- ") for line in part.splitlines() if line.strip())
        for name, part in zip(SECTIONS, parts, strict=False)
    }


def headings_by_their_word(reply: str) -> dict[str, tuple[str, ...]]:
    """Whatever begins with the name of a section is its heading."""
    found: dict[str, list[str]] = {}
    here: list[str] = []
    for line in reply.splitlines():
        text = line.strip(" -*•#:")
        name = next((n for n in SECTIONS if text.lower().replace(" ", "-").startswith(n)), None)
        if name:
            here = found.setdefault(name, [])
            text = text[len(name) :].strip(" :*")
        if text:
            here.append(text)
    return {name: tuple(found[name]) for name in SECTIONS if name in found}


async def anything_goes(made: persona.Routine) -> Check:
    return Check(bool(made.sections))


async def never_ends(make: Any, checks: Sequence[Any], *, tries: int) -> loop.Redone[Any]:
    return await loop.until_passes(make, checks, tries=tries * 2)


async def takes_the_last(make: Any, checks: Sequence[Any], *, tries: int) -> loop.Redone[Any]:
    value = None
    for attempt in range(tries):
        value = await make(attempt, ())
    return loop.Redone(value, tries, ())


class Flat:
    """Looks over the lines of all schemas at once."""

    def __init__(self, routines: Sequence[persona.Routine]) -> None:
        self.routines = routines

    async def recall(self, remark: str, embedder: Embedder, *, count: int) -> persona.Recalled:
        lines = [(one, line) for one in self.routines for line in (one.header, *one.lines)]
        asked, *rows = await embedder.embed([remark, *(line for _, line in lines)])
        best = sorted(range(len(lines)), key=lambda i: -float(rows[i] @ asked))[: count + 1]
        return persona.Recalled(lines[best[0]][0], tuple(lines[i][1] for i in best))


async def flat(routines: Sequence[persona.Routine], embedder: Embedder) -> Any:
    return Flat(routines)


async def nothing_is_strange(routine: persona.Routine, embedder: Embedder) -> Sequence[str]:
    return ()


async def by_vectors_alone(routine: persona.Routine, embedder: Embedder) -> Sequence[str]:
    """Cookie dough is near enough to a pie."""
    lines = [routine.header, *routine.lines]
    rows = await embedder.embed(lines)
    means = ((rows @ rows.T).sum(axis=1) - 1) / (len(lines) - 1)
    ordered = sorted(means)
    limit = 0.5 * float(ordered[len(ordered) // 2])
    return [line for line, mean in zip(lines, means, strict=True) if mean < limit]


async def by_words_alone(routine: persona.Routine, embedder: Embedder) -> Sequence[str]:
    """A taxi on Saturday shares the day."""
    told = shown_words(f"{routine.fact} {routine.passage}")
    lines = [routine.header, *routine.lines]
    return [line for line in lines if not shown_words(line) & told]


async def by_words_or_vectors(routine: persona.Routine, embedder: Embedder) -> Sequence[str]:
    """Whatever either of them calls strange, and so a clean line now and then."""
    found = {*await by_words_alone(routine, embedder), *await by_vectors_alone(routine, embedder)}
    return [line for line in (routine.header, *routine.lines) if line in found]


WRONG: dict[str, list[dict[str, Any]]] = {
    "any_order": [{"parse": fixed_order}, {"parse": headings_by_their_word}],
    "six_sections": [{"accept": anything_goes}],
    "five_tries": [{"redo": never_ends}, {"redo": takes_the_last}],
    "two_levels": [{"build": flat}],
    "strange_line": [
        {"strange": nothing_is_strange},
        {"strange": by_vectors_alone},
        {"strange": by_words_alone},
        {"strange": by_words_or_vectors},
    ],
}
