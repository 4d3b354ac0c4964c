"""One piece of work for every item: at once, told in order, and a bad item costs only itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence, Sized
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from dramaturg.errors import BackendError, DramaturgError, Interrupted, RecordError
from dramaturg.loop.flow import flow
from dramaturg.loop.ordered import Buffer, InOrder
from dramaturg.records import Drop
from dramaturg.scorers import why_lost
from dramaturg.store import Spool, notes

I = TypeVar("I")  # noqa: E741  (I for input, O for output)
O = TypeVar("O")  # noqa: E741


@dataclass(frozen=True)
class Done(Generic[O]):
    """What came of the items.

    Attributes:
        results: Of the items that came through, in the order of the items. Read from disk.
        indexes: Their places among the items, ascending.
        cut: What ended the work early (the user, a budget, a failing model), or None.
    """

    results: Sequence[O] = ()
    indexes: list[int] = field(default_factory=list)
    cut: DramaturgError | None = None


async def each(
    items: Iterable[I],
    work: Callable[[I], Awaitable[O]],
    *,
    at_once: int = 64,
    step: str,
    kind: str = "item",
    about: Callable[[I], str] = lambda item: str(getattr(item, "id", item)),
) -> Done[O]:
    """`work(item)` for all items, without a barrier between them.

    An item whose reply cannot be read, or whose call is lost for this item alone, is noted as a
    Drop of this kind with its reason, and the others go on. What an item notes is told in the
    order of the items, so that a run's records do not depend on which reply came first.

    Args:
        at_once: Items under way, >= 1; `models.capacity` says how many keep an endpoint full.
        step: What the progress line calls it.
        about: Item -> id or text that its drop names.

    Returns:
        What is there; `cut` tells where a spent budget, Ctrl-C or a model that failed for good
        ended the work. What was finished until then is in it.

    Raises:
        UserError, and whatever is a mistake of the program, as they are.
    """
    total = len(items) if isinstance(items, Sized) else None
    told = InOrder()
    spool: Spool[O] = Spool()
    places: dict[int, int] = {}  # item -> position in the spool
    cut: DramaturgError | None = None
    over = 0

    async def one(item: I) -> tuple[list[O], list[msgspec.Struct]]:
        buffer = Buffer()
        with notes.listening(buffer):
            try:
                made = [await work(item)]
            except (RecordError, BackendError) as error:
                made = []
                notes.note(Drop(kind=kind, reason=_reason(error), subject=about(item)))
        return made, buffer.records

    results = flow(items, one, at_once=at_once)
    try:
        async for index, (made, records) in results:
            for value in made:
                places[index] = spool.append(value)
            told.done(index, records)
            over += 1
            there = len(places)
            notes.progress(step, over, total, made=float(there), failed=float(over - there))
    except (Interrupted, BackendError) as error:
        cut = error
    finally:
        await results.aclose()
        told.close()
    order = sorted(places)
    return Done(spool.view(places[index] for index in order), order, cut)


def _reason(error: RecordError | BackendError) -> str:
    """The class of what went wrong, then its words. Raises what would end every item."""
    lost = why_lost(error)
    what = error.what if isinstance(error, RecordError) else ""
    return f"{lost}: {what}" if what and what not in lost else lost


def cut_of(*parts: Any) -> DramaturgError | None:
    """The first `cut` among some steps' results: what a recipe hands on when one ended early."""
    return next((part.cut for part in parts if part.cut is not None), None)
