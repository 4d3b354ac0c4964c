"""Content words in common: whether a turn says a fact."""

# Word lists read best as words: hence the one SIM905 that is silenced below.

from __future__ import annotations

import re
from functools import lru_cache

SHOWN_SHARE = 0.6  # a fact counts as said when this share of its content words occurs

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_STOP = frozenset(
    """a about after again all also always am an and any anything are aren't as at be because been
    before being both but by can can't could couldn't d did didn't do does doesn't doing don't down
    each ever every few for from get gets getting go going got had hadn't has hasn't have haven't
    having he he's her here him his how i i'd i'll i'm i've if in into is isn't it it's its just
    let lot lots ll m many me more most much my myself no nor not now of off on one only or other
    our out over own re really s same she she's so some something such t than that that's the their
    them then there these they they're thing things this those though through to too try under until
    up us ve very was wasn't we we're well were what when where which while who why will with won't
    would wouldn't you you're your yourself like likes love loves enjoy enjoys favorite""".split()  # noqa: SIM905
)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A word without its usual endings ("baking", "bakes", "baker" give "bak")."""
    word = word.split("'")[0]
    for ending in ("ings", "ing", "ies", "ers", "ed", "er", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] in "eiy" else word


@lru_cache(maxsize=65_536)
def content_words(text: str) -> frozenset[str]:
    """Stems of the words that carry meaning; all words when none does."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    content = [word for word in words if word not in _STOP]
    return frozenset(map(stem, content or words))


def share_said(fact: str, text: str) -> float:
    """Share of the fact's content words that occur in the text, 0 to 1 (0 for an empty fact)."""
    wanted = content_words(fact)
    return len(wanted & content_words(text)) / len(wanted) if wanted else 0.0
