"""Words: how texts are cut into tokens, and which of them carry content."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dramaturg.records import Conversation

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?")

_FUNCTION_WORDS = """
    a about above after again against all also am an and any are as at be because been before
    being below between both but by can could did do does doing don down during each few for from
    further had has have having he her here hers herself him himself his how i if in into is it
    its itself just me more most my myself no nor not now of off on once only or other our ours
    ourselves out over own s same she should so some such t than that the their theirs them
    themselves then there these they this those through to too under until up very was we were
    what when where which while who whom why will with would you your yours yourself yourselves
    i'm i've i'd i'll it's that's don't didn't doesn't isn't can't couldn't wasn't you're you've
    he's she's they're we're we've there's what's let's won't haven't hasn't aren't
"""
STOP = frozenset(_FUNCTION_WORDS.split())


def tokens(text: str) -> list[str]:
    """Words in lower case, an apostrophe kept inside; punctuation is no token.

    >>> tokens("I'm OK, thanks!")
    ["i'm", 'ok', 'thanks']
    """
    return [word.lower() for word in _TOKEN.findall(text.replace("’", "'"))]


def utterances(conversations: Iterable[Conversation]) -> list[str]:
    """The texts of all turns, in order."""
    return [turn.text for made in conversations for turn in made.turns]


_FILLERS = frozenset(("like", "love", "favorite", "really", "much", "get", "lot"))
_NOT_SHOWN = STOP | _FILLERS


def shown_words(text: str) -> frozenset[str]:
    """The words by which an attribute is recognised: as they stand, without common fillers.

    "I love dogs" and "I love tea" share no such word: nearly everyone says that they love.
    """
    return frozenset(word for word in tokens(text) if word not in _NOT_SHOWN)
