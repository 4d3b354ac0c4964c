"""A reply that opens by saying the partner's sentence back."""

from __future__ import annotations

import difflib
import re

SIMILAR = 0.9
_ENDS = re.compile(r"(?<=[.!?…。！？؟])[\"'”’)]*\s+|(?<=[。！？])")


def without_echo(reply: str, before: str, *, similar: float = SIMILAR) -> tuple[str, bool]:
    """The reply without its first sentence where that repeats a sentence of the turn before.

    Args:
        before: The partner's turn.
        similar: Share of characters in common, in the same order, above which it is a repeat.

    Returns:
        The rest, and whether something went. The rest is empty where all of the reply was an echo.

    Source: Tu et al. 2023, "CharacterChat": above 0.9, first sentence against first sentence.
    Differs: compared with each sentence of the turn before, and by the order of the characters:
        the released code cuts at commas and compares letters without their order, so that an
        anagram counts as a repeat.

    >>> without_echo("I lost my job. That must hurt.", "I lost my job!")
    ('That must hurt.', True)
    """
    parts = sentences(reply)
    if not parts:
        return "", False
    first = _plain(parts[0])
    for theirs in map(_plain, sentences(before)):
        if first and theirs and _alike(first, theirs) > similar:
            return " ".join(parts[1:]), True
    return reply.strip(), False


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its closing mark."""
    return [part.strip() for part in _ENDS.split(" ".join(text.split())) if part and part.strip()]


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))
