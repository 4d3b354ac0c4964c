"""Generate, check, generate again: the small loop for what must hold and often does not at first.

Source: the write-judge-improve loops of IP-Dialog (implicit history rounds) and of many recipes
like it; the core's critic is the same thing for many drafts at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dramaturg.errors import ReplyError
from dramaturg.records import Check

T = TypeVar("T")


@dataclass(frozen=True)
class Redone(Generic[T]):
    """How it ended.

    Attributes:
        value: The first one that passed every check, or None.
        tries: How many were made, >= 1.
        complaints: Why each that failed did, in order of the tries.
    """

    value: T | None
    tries: int
    complaints: tuple[str, ...]


async def until_passes(
    make: Callable[[int, Sequence[str]], Awaitable[T]],
    checks: Sequence[Callable[[T], Awaitable[Check]]],
    *,
    tries: int,
) -> Redone[T]:
    """Make a value until every check lets it pass, so many times at most.

    A try whose reply cannot be read, or whose judge's cannot, is a try that does not do.

    Args:
        make: Called with the number of the try, from 0, and the complaints about all tries before:
            it may improve the last value or begin afresh.
        checks: Asked in order; the first that fails ends the try, the others are not asked.
        tries: >= 1.

    Raises:
        ValueError: If tries is below 1.
        Whatever else than a ReplyError `make` or a check raises.
    """
    if tries < 1:
        raise ValueError(f"tries is {tries}: one is the least")
    complaints: list[str] = []
    for attempt in range(tries):
        try:
            value = await make(attempt, tuple(complaints))
            for check in checks:
                said = await check(value)
                if not said.passed:
                    complaints.append(said.why)
                    break
            else:
                return Redone(value, attempt + 1, tuple(complaints))
        except ReplyError as error:
            complaints.append(f"{error.kind}: {error.what}")
    return Redone(None, tries, tuple(complaints))
