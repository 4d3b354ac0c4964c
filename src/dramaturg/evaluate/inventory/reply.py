"""Read a reply to an item: the option it names, or why it names none. Never a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

State = Literal["answered", "refused", "hedged", "unparsed", "lost"]
"""answered: one option is named. refused: the model will not say. hedged: it names several, or
says that it depends. unparsed: something else. lost: no reply came at all."""

_REFUSES = re.compile(
    r"\b(as an? (ai|artificial|language|assistant)|(i am|i'm) (just |only )?an? (ai|language|large)"
    r"|language model|(i|we) (cannot|can't|can not|won't|will not|would rather not|decline)"
    r"|(i am|i'm) (not able|unable|sorry)|(do not|don't) have (a |any )?(personal|feelings|emotions"
    r"|preferences|opinions|personality|body)|not (comfortable|appropriate))",
    re.IGNORECASE,
)
_HEDGES = re.compile(
    r"\b(it depends|depends on|somewhere between|in between|both|either|hard to say|it varies"
    r"|could be|sometimes .* sometimes|not sure|can't decide|cannot decide)\b",
    re.IGNORECASE,
)
_LONE = re.compile(r"(?<![\w'])\(?([A-Z])(?:[).:\]]|\s*[-–—]\s|\s*$|(?=\s+or\s)|(?=\s+and\s))")
_NAMED = re.compile(r"(?i:answer|option|choice|choose|pick|say)\W{0,4}(?:is|be)?\W{0,4}([A-Z])\b")
_SEVERAL = re.compile(r"(?<![\w'])([A-Z])\s*(?:or|and|to|/)\s*([A-Z])(?![\w'])")
_DENIED = re.compile(r"(?:\b(?:not|never|hardly)|n't)(?: (?:at all|really|exactly))? $")
_ALONE = re.compile(r"(?i)^\W*(?:(?:answer|option|choice)\W*(?:is)?\W*)?([a-z])\W*$")


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply says.

    Attributes:
        place: Place of the option that it names, as shown, from 0; None unless answered.
        why: What was seen, for every other state.
    """

    state: State
    place: int | None = None
    why: str = ""


def read_answer(reply: str, shown: Sequence[str]) -> Read:
    """The state of a reply, and the option that it names.

    Args:
        shown: The words of the options, in the order in which they were shown as A, B, C, ...

    >>> read_answer("B. very accurate", ["very inaccurate", "very accurate"])
    Read(state='answered', place=1, why='')
    >>> read_answer("A or B", ["very inaccurate", "very accurate"]).state
    'hedged'
    """
    text = " ".join(re.sub(r"[*_`\"“”]", "", reply.replace("’", "'")).split())
    letters = _letters(text, len(shown))
    words = _worded(text, shown)
    refuses, hedges = _REFUSES.search(text), _HEDGES.search(text)
    named = letters | words
    if refuses and len(named) != 1:
        return Read(state="refused", why=refuses[0])
    if refuses or len(letters) > 1 or len(words) > 1 or (hedges and not named):
        why = refuses or hedges
        return Read(state="hedged", why=why[0] if why else "it names more than one option")
    if len(named) == 1:
        return Read(state="answered", place=next(iter(named)))
    if named:
        return Read(state="unparsed", why="its letter and its words name different options")
    return Read(state="unparsed", why="it names no option" if text else "it is empty")


def _letters(text: str, options: int) -> set[int]:
    """Places of the letters that stand as an answer; "A lot of people" is no answer."""
    several = [letter for two in _SEVERAL.findall(text) for letter in two]
    found = [
        *several,
        *_LONE.findall(text),
        *_NAMED.findall(text),
        *map(str.upper, _ALONE.findall(text)),
    ]
    return {ord(c) - ord("A") for c in found if 0 <= ord(c) - ord("A") < options}


def _worded(text: str, shown: Sequence[str]) -> set[int]:
    """Places of the options whose words stand in the text; the longer words win.

    "not very accurate" is not "very accurate": what is denied names no option.
    """
    left, found = text.lower(), set()
    for place in sorted(range(len(shown)), key=lambda i: -len(shown[i])):
        pattern = r"(?<![\w])" + re.escape(shown[place].lower()) + r"(?![\w])"
        if shown[place].isdigit():
            continue
        if any(not _DENIED.search(left[: hit.start()]) for hit in re.finditer(pattern, left)):
            found.add(place)
        left = re.sub(pattern, " ", left)
    return found
