"""How much of the prompts a server's prefix cache can reuse, counted from the calls."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.prompts import Message

_BLOCK = 64  # characters, about 16 tokens: the block that vLLM caches
_REMEMBERED = 200_000  # blocks; the oldest are forgotten, as in a cache that is full


class Shared(msgspec.Struct):
    """Counts over some prompts.

    Attributes:
        prompts, chars: How many, and how long together.
        consecutive: Characters that a prompt has in common with the one before it of its task.
        cached: Characters in whole blocks that some earlier prompt of the model began with too.
    """

    prompts: int = 0
    chars: int = 0
    consecutive: int = 0
    cached: int = 0


class PrefixShare:
    """Counts prompts one by one; keeps the last one of each task and a bounded set of hashes."""

    def __init__(self) -> None:
        self.by_task: dict[str, Shared] = {}
        self._last: dict[tuple[str, str], str] = {}
        self._seen: OrderedDict[int, None] = OrderedDict()

    def add(self, model: str, task: str, messages: Iterable[Message]) -> None:
        """One prompt, in the order in which it was sent."""
        text = "\x00".join(f"{m.role}\x01{m.content}" for m in messages)
        count = self.by_task.setdefault(task, Shared())
        count.prompts += 1
        count.chars += len(text)
        count.consecutive += common_prefix(text, self._last.get((model, task), ""))
        self._last[model, task] = text
        hit, blocks, key = True, 0, hash(model)
        for start in range(0, len(text) - _BLOCK + 1, _BLOCK):
            key = hash((key, text[start : start + _BLOCK]))
            hit = hit and key in self._seen
            blocks += hit
            self._seen[key] = None
            self._seen.move_to_end(key)
        count.cached += _BLOCK * blocks
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)

    def report(self) -> dict[str, Any]:
        """Shares by task and over all, each with its number of prompts; {} for no prompts."""
        if not self.by_task:
            return {}
        counts = self.by_task.values()
        total = Shared(
            prompts=sum(c.prompts for c in counts),
            chars=sum(c.chars for c in counts),
            consecutive=sum(c.consecutive for c in counts),
            cached=sum(c.cached for c in counts),
        )
        rows: Mapping[str, Shared] = dict(sorted(self.by_task.items()))
        return {"all": _row(total), "tasks": {task: _row(one) for task, one in rows.items()}}


class _Asked(msgspec.Struct):
    messages: tuple[Message, ...] = ()


_asked = msgspec.json.Decoder(_Asked)


def prefix_share(calls: Iterable[Mapping[str, Any]], most: int = 5_000) -> dict[str, Any]:
    """The share over the first `most` prompts of a journal's calls, read one by one."""
    share, count = PrefixShare(), 0
    for row in calls:
        try:
            messages = _asked.decode(row["request"]).messages
        except msgspec.MsgspecError:
            continue  # a text to embed
        if messages:
            share.add(row["model"], row["task"], messages)
            count += 1
        if count >= most:
            break
    return share.report()


def common_prefix(one: Sequence[str], other: Sequence[str]) -> int:
    """How many characters two texts begin with in common.

    >>> common_prefix("I keep goats.", "I keep bees.")
    7
    """
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _row(count: Shared) -> dict[str, float]:
    return {
        "prompts": count.prompts,
        "consecutive": round(count.consecutive / count.chars, 4) if count.chars else 0.0,
        "cached": round(count.cached / count.chars, 4) if count.chars else 0.0,
    }
