"""Facts as they come in: cleaned knowingly, and said once."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence

MAX_CHARACTERS = 1_000  # a longer "fact" is a document
NEAR = 0.9  # share of common words from which two facts say the same

_NEGATIONS = re.compile(
    r"no|not|never|none|neither|nor|nobody|nothing|cannot|without|hardly|(?:hate|dislike)[ds]?"
    r"|(?:do|does|did|is|are|was|were|ca|could|wo|would|have|has|had|should|must|need|ai)nt"
    r"|nicht|kein(?:e[mnrs]?)?|nie|niemals|pas|jamais|sans|nunca|jamás|sin|não|sem|non|senza"
    r"|niet|geen|не|нет|ни|без|никогда|[不没沒無无未别別]"
)
_LOOKS_LIKE_ORDERS = re.compile(
    r"(?i)\b(?:user|person|speaker|assistant|system|human|ai)\s*\d*\s*:"
    r"|\b(?:ignore|disregard|forget)\b.{0,40}\b(?:above|previous|instructions?|prompt)\b"
    r"|</?\w+[^>]*>|<\|.*?\|>|\[/?INST\]|^\s*#{2,}\s|\byou are (?:now )?(?:an? )?(?:AI|assistant)"
)


def clean(text: str) -> str:
    """The text on one line, control characters gone, lone surrogates replaced; words untouched.

    >>> clean("I bake.\\x07 \\n Often.")
    'I bake. Often.'
    """
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = " ".join(text.split())
    if text.isprintable():
        return text
    return "".join(c for c in text if unicodedata.category(c) != "Cc" and c != "\ufeff").strip()


def words(text: str) -> list[str]:
    """The words in small letters, without punctuation: what two facts are compared by.

    >>> words("I've  TWO dogs!")
    ['ive', 'two', 'dogs']
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("'", "").replace("’", "")
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in folded)
    return "".join(kept).split()


def changes_meaning(word: str) -> bool:
    """Whether a word is a negation or holds a digit: without it, a text says something else.

    Args:
        word: As `words` gives it.
    """
    return _NEGATIONS.fullmatch(word) is not None or any(map(str.isdigit, word))


def looks_like_orders(text: str) -> bool:
    """Whether the text holds speaker tags, mark-up or words addressed to a model.

    It is kept all the same: a fact is data, and prompts quote it as such.
    """
    return _LOOKS_LIKE_ORDERS.search(text) is not None


def repeats(texts: Sequence[str], near: float = NEAR) -> dict[int, tuple[int, str]]:
    """Which texts say what an earlier one said.

    Two facts are duplicates if their words are the same in the same order (case, spaces and
    punctuation aside), near-duplicates if their sets of words have a Jaccard similarity of
    `near` or more and neither a number nor a negation makes the difference.

    Returns:
        Index of the repetition -> (index of the first, "duplicate" or "near-duplicate").
    """
    found: dict[int, tuple[int, str]] = {}
    first: dict[str, int] = {}
    sets: dict[int, frozenset[str]] = {}
    for i, text in enumerate(texts):
        said = words(text)
        key = " ".join(said)
        if key in first:
            found[i] = (first[key], "duplicate")
        else:
            first[key] = i
            sets[i] = frozenset(said)
    # A set of fewer words than this is as similar as `near` only to the same set.
    least = near / (1 - near) - 1e-6 if near < 1 else math.inf
    same: dict[frozenset[str], int] = {}
    rarity = Counter(word for said in sets.values() for word in said)
    shelves: dict[str, list[int]] = defaultdict(list)
    for i, bag in sets.items():
        if len(bag) < least:
            j = same.setdefault(bag, i)
            if j != i:
                found[i] = (j, "near-duplicate")
            continue
        ordered = sorted(bag, key=lambda word: (rarity[word], word))
        # Two sets as similar as `near` share one of their first (rarest) words.
        prefix = ordered[: len(bag) - math.ceil(near * len(bag)) + 1]
        seen: set[int] = set()
        for word in prefix:
            for j in shelves[word]:
                if j not in seen and _near(bag, sets[j], near):
                    found[i] = (j, "near-duplicate")
                    break
                seen.add(j)
            if i in found:
                break
        else:
            for word in prefix:
                shelves[word].append(i)
    return found


def _near(one: frozenset[str], other: frozenset[str], near: float) -> bool:
    if min(len(one), len(other)) < near * max(len(one), len(other)):
        return False
    common = len(one & other)
    if common < near * (len(one) + len(other) - common):
        return False
    between = one ^ other
    return not any(map(changes_meaning, between))
