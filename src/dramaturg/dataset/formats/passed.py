"""What stands in a file and is not read: its keys, so that nothing is passed over in silence."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ALL = "*"
_NOTHING: tuple[Any, ...] = (None, "", [], {}, ())
MOST = 12  # keys named in one line

Tree = dict[str, Any]


@dataclass(frozen=True)
class Passed:
    """Keys of one row that were passed over, e.g. "messages.weight"; no row of its own."""

    keys: tuple[str, ...]


def paths(text: str, under: str = "") -> frozenset[str]:
    """Key paths from words with a blank between them, each of them under another key if told."""
    return frozenset(f"{under}.{word}" if under else word for word in text.split())


def passed_over(value: Any, reads: frozenset[str]) -> tuple[str, ...]:
    """The keys of a row that hold something and are not read, in order.

    Args:
        reads: Paths of the keys that are read: "messages.role"; lists do not count as a step, and
            ".*" at the end stands for all below.
    """
    found: dict[str, None] = {}
    _walk(value, _tree(reads), "", found)
    return tuple(found)


def _walk(value: Any, tree: Tree, above: str, found: dict[str, None]) -> None:
    if isinstance(value, list | tuple):
        for item in value:
            if isinstance(item, dict | list):
                _walk(item, tree, above, found)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            below = tree.get(key)
            if below is None:
                if inner not in _NOTHING:
                    found[f"{above}{key}"] = None
            elif below and isinstance(inner, dict | list) and _ALL not in below:
                _walk(inner, below, f"{above}{key}.", found)


@functools.lru_cache(maxsize=256)
def _tree(reads: frozenset[str]) -> Tree:
    tree: Tree = {}
    for path in reads:
        at = tree
        for step in path.split("."):
            at = at.setdefault(step, {})
    return tree


def in_words(counts: Mapping[str, int]) -> str:
    """The keys with the number of rows they stand in, the most frequent first; "" for none."""
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    told = [f"{key} ({n:,})" for key, n in ranked[:MOST]]
    more = len(ranked) - len(told)
    return ", ".join(told) + (f", and {more:,} more" if more else "")
