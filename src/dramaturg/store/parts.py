"""A run done in parts: which items of the loop are ours, and what is known of the others.

A room asks `current()` and never who answers. The runner says so where a run is one of several
shards, or puts shards together; everywhere else nobody does, and the run is whole.

What all parts have in common (the steps before the loop) is made by one of them: a function
marked as a `step` is looked up with the part first, and its result handed over when it is made.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any, ParamSpec, Protocol, TypeVar

import msgspec

from dramaturg.errors import DramaturgError

GAPS = ("shard missing", "shard incomplete")
"""Classes of the reason of a pair that was dropped only because its part was not there."""

A = ParamSpec("A")
R = TypeVar("R")


class Kept(msgspec.Struct, frozen=True):
    """What the other parts must know of one item in one round.

    Attributes:
        kept: The JSON of what was kept; None = nothing was.
    """

    index: int
    kept: msgspec.Raw | None


class Part(Protocol):
    """One part of a run, or all of them being put together."""

    def step(self, name: str) -> bytes | None:
        """The JSON of what a step came to, if it was made before."""
        ...

    def keep_step(self, name: str, body: bytes) -> None:
        """A step came to this."""
        ...

    def begin(self, ids: Callable[[int], str], count: int) -> None:
        """The loop begins, on so many items; `ids` gives each one's id. Raises PartEnds where
        nothing but the steps before it was wanted."""
        ...

    def mine(self, round: int) -> Iterable[int] | None:
        """The items to work on in this round, none where that was done before; None = all."""
        ...

    def outcome(self, round: int, index: int) -> bytes | None:
        """What an item came to, where it was made elsewhere."""
        ...

    def gap(self, round: int, index: int, why: DramaturgError) -> str | None:
        """An item cannot be made here: why it stays a gap, or None = raise the error."""
        ...

    def add(self, round: int, item: Kept, outcome: bytes) -> None:
        """An item of ours is finished."""
        ...

    def end_round(self, round: int, *, last: bool) -> Iterable[Kept] | None:
        """The round is over: all items of all parts, in any order; None = they are known already.

        Raises:
            PartEnds: After the last round, or where other parts are not so far.
        """
        ...

    def ends_before(self, round: int) -> str | None:
        """Why no such round is begun, or None = it is."""
        ...

    def end(self, why: str) -> None:
        """The loop ends before its last round. Raises PartEnds where that ends the part."""
        ...


_part: ContextVar[Part | None] = ContextVar("part", default=None)


def current() -> Part | None:
    """The part that is worked on; None = the run is whole."""
    return _part.get()


@contextlib.contextmanager
def working_on(part: Part | None) -> Iterator[None]:
    """Within this block (and tasks started in it) only this part is worked on."""
    token = _part.set(part)
    try:
        yield
    finally:
        _part.reset(token)


def step(
    kind: Any,
    pack: Callable[[Any], Any] = lambda result: result,
    unpack: Callable[[Any], Any] = lambda packed: packed,
) -> Callable[[Callable[A, Awaitable[R]]], Callable[A, Awaitable[R]]]:
    """Marks an async function whose result is the same for all parts of a run.

    The same function with the same arguments is looked up, not made again: whoever sets a part
    sees to it that they belong to one run. What the function notes is noted where it is made.

    Args:
        kind: The type that the packed result is read back as.
        pack, unpack: To and from a value that is plain JSON.
    """

    def mark(make: Callable[A, Awaitable[R]]) -> Callable[A, Awaitable[R]]:
        @functools.wraps(make)
        async def known_or_made(*args: A.args, **kwargs: A.kwargs) -> R:
            part = current()
            if part is None:
                return await make(*args, **kwargs)
            body = part.step(make.__name__)
            if body is not None:
                found: R = unpack(msgspec.json.decode(body, type=kind))
                return found
            result = await make(*args, **kwargs)
            part.keep_step(make.__name__, msgspec.json.encode(pack(result)))
            return result

        return known_or_made

    return mark
