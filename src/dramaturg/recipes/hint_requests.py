"""Who asks what: requests planned, without repeats, and a user for each who is not named by it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import msgspec

from dramaturg import persona, scorers
from dramaturg.generate import Request, RequestKind
from dramaturg.models import Embedder
from dramaturg.persona import Grid
from dramaturg.records import (
    Drop,
    Persona,
    content_id,
)
from dramaturg.store import notes

SPARE = 1.25  # requests written for each that is wanted: some repeat, some give a user away
MOST_A_CALL = 10


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A user and the request that this user makes."""

    user: Persona
    request: Request

    @property
    def id(self) -> str:
        """Of both together."""
        return content_id("i", [self.user.id, self.request.text])

    @property
    def attributes(self) -> dict[str, str]:
        """All attributes of the user."""
        return dict(self.user.views["attributes"])


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """So many requests of one kind in one field of life are to be written, in one call."""

    kind: RequestKind
    domain: str
    count: int
    number: int

    @property
    def id(self) -> str:
        """What a drop calls it."""
        return f"{self.kind.name}, {self.domain}"


def plan_cells(kinds: Sequence[RequestKind], count: int) -> list[Cell]:
    """The calls that write enough requests for `count` items, kinds and fields equally."""
    wanted = math.ceil(SPARE * count / len(kinds))
    cells: list[Cell] = []
    for kind in kinds:
        left = wanted
        for number, domain in enumerate(itertools.cycle(kind.domains)):
            if left <= 0:
                break
            rounds = math.ceil(wanted / len(kind.domains) / MOST_A_CALL)
            size = min(left, math.ceil(wanted / len(kind.domains) / rounds))
            cells.append(Cell(kind=kind, domain=domain, count=size, number=number))
            left -= size
    return cells


async def without_repeats(
    requests: Sequence[Request], embedder: Embedder, duplicate_at: float
) -> list[Request]:
    """Each request that no earlier one says already, by words or cosine; the others are noted."""
    if not requests:
        return []
    seen = persona.Seen(duplicate_at)
    texts = [request.text for request in requests]
    kept: list[Request] = []
    for request, (same, cosine) in zip(
        requests, seen.take(texts, await embedder.embed(texts)), strict=True
    ):
        if same:
            reason = f"duplicate: {same[:80]!r} says it (cosine {cosine:.2f})"
            notes.note(Drop(kind="request", reason=reason, subject=request.text))
        else:
            kept.append(request)
    return kept


def pair_up(
    requests: Sequence[Request], users: Sequence[Persona], grid: Grid, count: int
) -> list[Asked]:
    """A user for each request, kinds in turn, so that no request names what its user is.

    A request that says aloud an attribute of every user at hand is noted as dropped.
    """
    by_kind: dict[str, list[Request]] = {}
    for request in requests:
        by_kind.setdefault(request.kind.name, []).append(request)
    waiting = list(reversed(users))
    paired: list[Asked] = []
    for request in filter(None, itertools.chain(*itertools.zip_longest(*by_kind.values()))):
        if len(paired) == count or not waiting:
            break
        for place in range(len(waiting) - 1, max(-1, len(waiting) - 33), -1):
            if not spoken(grid, waiting[place].views["attributes"], [request.text]):
                paired.append(Asked(user=waiting.pop(place), request=request))
                break
        else:
            reason = "said aloud: it names an attribute of each user tried"
            notes.note(Drop(kind="request", reason=reason, subject=request.text))
    return paired


def spoken(grid: Grid, attributes: Mapping[str, str], texts: Sequence[str]) -> list[str]:
    """The attributes, of those given, that are stated in the texts, each with the words."""
    found = []
    for name, value in attributes.items():
        words = scorers.said_aloud(grid.words_for(name, value), texts)
        if words:
            found.append(f"{name} ({words[0]})")
    return found
