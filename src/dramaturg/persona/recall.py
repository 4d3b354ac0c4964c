"""Two-level recall: first the routine that a remark is about, then its lines that fit best.

Source: Kane and Schubert 2023: the best schema as a whole, then its five best lines; the header
always comes along. Looking over the lines of all schemas at once finds the best line of the wrong
event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from dramaturg.models import Embedder
from dramaturg.persona.habits import Routine
from dramaturg.records import Drop
from dramaturg.scorers.languages import spaced
from dramaturg.scorers.words import shown_words
from dramaturg.store import notes

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]


_SURE = 2  # words shared with the passage from which a line belongs, whatever its vector


@dataclass(frozen=True)
class Recalled:
    """What comes to mind.

    Attributes:
        routine: The one whose whole is nearest to the remark.
        lines: Its header, then the lines nearest to the remark, nearest first.
    """

    routine: Routine
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Memory:
    """Routines with their vectors; made by `memory_of`."""

    routines: tuple[Routine, ...]
    wholes: Floats
    lines: tuple[Floats, ...]

    async def recall(self, remark: str, embedder: Embedder, *, count: int = 5) -> Recalled | None:
        """What a remark brings to mind; None where there is no routine.

        Args:
            count: Lines beside the header, at most.
        """
        if not self.routines:
            return None
        (asked,) = await embedder.embed([remark])
        best = int((self.wholes @ asked).argmax())
        routine = self.routines[best]
        near = (-(self.lines[best] @ asked)).argsort(kind="stable")[:count]
        return Recalled(routine, (routine.header, *(routine.lines[int(i)] for i in near)))


async def memory_of(routines: Sequence[Routine], embedder: Embedder) -> Memory:
    """Embed routines once, whole and line by line."""
    import numpy as np

    texts = ["\n".join((one.header, *one.lines)) for one in routines]
    flat = [line for one in routines for line in one.lines]
    vectors = await embedder.embed([*texts, *flat]) if routines else np.zeros((0, 1))
    lines: list[Floats] = []
    at = len(texts)
    for one in routines:
        lines.append(vectors[at : at + len(one.lines)])
        at += len(one.lines)
    return Memory(tuple(routines), vectors[: len(texts)], tuple(lines))


async def strangers(routine: Routine, embedder: Embedder, *, below: float = 0.5) -> tuple[str, ...]:
    """Lines that do not belong: nothing in the passage speaks of them, or they are of another kind.

    A line is strange if it shares no content word (in scripts without spaces: no sign) with the
    fact and its passage (the slip in the paper's example schema: cookie dough in a pie). So is one
    that shares a single word, if its mean cosine to the other lines is below this share of the
    median of all lines' means: another subject, in which the word comes by chance.
    """
    import numpy as np

    lines = [routine.header, *routine.lines]
    told = shown_words(spaced(f"{routine.fact} {routine.passage}"))
    words = {line: shown_words(spaced(line)) for line in lines}
    foreign = {line for line in lines if words[line] and not words[line] & told}
    if len(lines) >= 4:
        vectors = await embedder.embed(lines)
        means = ((vectors @ vectors.T).sum(axis=1) - 1) / (len(lines) - 1)
        limit = below * float(np.median(means))
        far = {line for line, mean in zip(lines, means, strict=True) if mean < limit}
        foreign |= {line for line in far if len(words[line] & told) < _SURE}
    return tuple(line for line in lines if line in foreign)


async def without_strangers(routine: Routine, embedder: Embedder) -> Routine:
    """The routine without its strange lines, each noted as a drop; the header always stays."""
    foreign = set(await strangers(routine, embedder)) - {routine.header}
    for line in sorted(foreign):
        notes.note(Drop(kind="line", reason=f"stranger: {line}", subject=routine.fact_id))
    if not foreign:
        return routine
    kept = {
        name: tuple(line for line in lines if line not in foreign)
        for name, lines in routine.sections.items()
    }
    return msgspec.structs.replace(routine, sections=kept, id="")
