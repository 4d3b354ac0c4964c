"""In which order an annotator sees the items, and which side stands on the left.

The page computes the same in JavaScript (viewer/static/annotate.js), so that a file without a
server gives the same order. Both use `mix`, a 32-bit hash; it needs to be even, not secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dramaturg.study.plan import Item


def mix(text: str) -> int:
    """A 32-bit hash: FNV-1a over the UTF-8 bytes, then the finaliser of MurmurHash3.

    >>> mix("13|ann|i00001")
    1393401518
    """
    h = 0x811C9DC5
    for byte in text.encode("utf-8", "replace"):
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    h ^= h >> 16
    h = (h * 0x85EBCA6B) & 0xFFFFFFFF
    h ^= h >> 13
    h = (h * 0xC2B2AE35) & 0xFFFFFFFF
    return h ^ (h >> 16)


BLOCK = 20  # groups; annotators who stop early have judged the same blocks


def order_for(items: Iterable[Item], seed: int, annotator: str) -> list[Item]:
    """The items as this annotator sees them.

    Blocks of 20 groups come in the order of their (random) numbers, for everybody alike, so that
    items are judged by several people even where nobody finishes; within a block the groups are
    shuffled, and the items within a group.

    Args:
        annotator: The name as the study keeps it (`folder.name_key`).
    """
    return sorted(
        items,
        key=lambda item: (
            (int(item.group[1:]) - 1) // BLOCK,
            mix(f"{seed}|{annotator}|{item.group}"),
            item.group,
            mix(f"{seed}|{annotator}|{item.id}"),
            item.id,
        ),
    )


def share_of(items: Sequence[Item], part: int, parts: int, per_item: int) -> list[Item]:
    """The items for the `part`th of `parts` annotators, so that `per_item` see each group.

    Args:
        part: From 1 to `parts`.

    Returns:
        Items in their order; checks go to everybody.
    """
    groups = {name: n for n, name in enumerate(sorted({item.group for item in items}))}
    wide = min(per_item, parts)
    return [
        item
        for item in items
        if "check" in item.key or (part - 1 - groups[item.group]) % parts < wide
    ]
