"""Is a thing said aloud that was only to be hinted at? A rule by whole words, without a model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def said_aloud(words: Iterable[str], texts: Sequence[str]) -> tuple[str, ...]:
    """Those of some words or phrases that stand in the texts as whole words.

    Case, hyphens, underscores and a plural "s" make no difference: "factory_worker" is said by
    "I'm one of the factory workers". A part of a word is nothing said: "high" is not in
    "highlight". Such a rule finds plain statements only: what it finds is a leak, what it does
    not find may still be one.

    Args:
        words: Phrases that would state it.
        texts: What was said.

    >>> said_aloud(["factory_worker", "high"], ["The factory workers saw the highlight."])
    ('factory_worker',)
    """
    said = [f" {' '.join(_plain(text))} " for text in texts]
    phrases = {phrase: " ".join(_plain(phrase)) for phrase in words}
    return tuple(
        phrase
        for phrase, plain in phrases.items()
        if plain and any(f" {plain} " in text for text in said)
    )


def _plain(text: str) -> list[str]:
    """Words in lower case, each without a plural "s"."""
    found = (word.lower().removesuffix("'s") for word in _WORD.findall(text.replace("’", "'")))
    return [_singular(word) for word in found]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
