"""What is written around and inside turns without being said: marks, directions, placeholders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Literal, TypeAlias

from dramaturg.errors import ReplyError

Placeholders: TypeAlias = Literal["repair", "reject", "keep"]

_FENCE = re.compile(r"^\s*```.*$", re.MULTILINE)
_ACTS = (
    r"(?:\w+ly )?(?:laugh|smil|sigh|nod|paus|grin|chuckl|giggl|wink|shrug|wav|blush|gasp|cri|cry"
    r"|hug|look|walk|point|lean|shak|show|think|take|hand|rais|clap|cheer|scratch|roll)"
    r"(?:e?s|e|ing)?"
)
_ACTION = re.compile(
    rf"(?P<mark>\*+|_+)\s*{_ACTS}\b[^*_\n]{{0,60}}(?P=mark)|\(\s*{_ACTS}\b[^()\n]{{0,60}}\)",
    re.IGNORECASE,
)
_OPENING = re.compile(r"^\([^()\n]{1,60}\)(?=\s+\S|$)")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3})(?=\S)([^*_\n]+?)(?<=\S)\1(?!\w)")
_BRACKETS = re.compile(r"\[([^\[\]\n]{1,120})\]|\{([^{}\n]{1,40})\}|<([^<>\n]{1,40})>")
_HOLDS_PLACE = re.compile(
    r"(?i)user|person\b|name|insert|your |city|town|country|location|place|job|hobby|company"
    r"|school|age\b|number|_|\bx+\b|favou?rite|date|time\b"
)
_P = "\x01"  # stands for a placeholder while a turn is mended
_NAME_IS = rf"(?:i'?m|i am|my name is|my name's|it's|this is|call me)\s+{_P}"
_INTRODUCES = re.compile(rf"(?i)(?:,\s*)?(?:and\s+)?{_NAME_IS}(?=\s*(?:[.!?]|$|,? and you))")
_GOES_ON = re.compile(rf"(?i)(?:,\s*|(?<=[.!?]\s)|^){_NAME_IS}\s*(?:,? and|,)\s+(\w)")
_ADDRESSES = re.compile(rf"(?:\s*,|(?<=\byou)|(?<=\btoo))\s*{_P}(?=\s*[.!?,]|\s*$)")
_GREETS = re.compile(rf"(?i)^(hi|hello|hey|thanks|hi there|hello there|hey there),?\s+{_P}")
_NARRATES = re.compile(
    r"(?i)^(they|the two|both( users| of them)?|later|after (a|the|that|some)|meanwhile|user [12]"
    r"(?! ?[:'])|the next|a few|a little|one)\b"
)
_FIRST_PERSON = re.compile(r"(?i)\b(i|i'm|my|me|we|our|you|your)\b")


def without_fences(text: str, repairs: Counter[str]) -> str:
    """The text without code fences, odd line ends, byte-order marks and no-break spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    text = text.replace("\u00a0", " ").replace("\u2028", "\n")
    plain = _FENCE.sub("", text)
    if plain != text:
        repairs["code fence"] += 1
    return plain


def is_separator(line: str) -> bool:
    """A line of marks only, such as "* * *" or "---"."""
    return not re.search(r"\w", line) and len(re.sub(r"\s", "", line)) >= 2


def is_stage_line(line: str, names: Iterable[str], after_gap: bool) -> bool:
    """A line that tells what happens: bracketed whole, starred whole, or narration after a gap."""
    bare = line.strip()
    if bare[0] == "[" or (bare[0] == "(" and bare.rstrip(".")[-1] == ")"):
        return True
    if re.fullmatch(r"\*+[^*]+\*+|_+[^_]+_+", bare):
        return True
    if not after_gap or _FIRST_PERSON.search(bare):
        return False
    by_name = re.match(r"[^\W\d_]+", bare)
    named = bool(by_name and by_name[0].lower() in set(names))
    return (
        bool(_NARRATES.match(bare))
        or (named and not re.match(r"\w+\s*:", bare))
        or (len(re.findall(r"\b[A-Z]\w+", bare)) >= 2 and bool(re.search(r"\bthey\b", bare)))
    )


def clean_turn(text: str, placeholders: Placeholders, repairs: Counter[str]) -> str:
    """What is said in a turn, and nothing else; may be empty.

    Raises:
        ReplyError: kind "placeholder".
    """
    text = _fill(" ".join(text.split()), placeholders, repairs)
    text, cut = _ACTION.subn(" ", text)
    text, opened = _OPENING.subn("", text.strip())
    cut += opened
    if cut:
        repairs["stage direction"] += cut
    text, marks = _EMPHASIS.subn(r"\2", text)
    if marks:
        repairs["markup"] += marks
    text = " ".join(text.split())
    if len(text) > 1 and text[0] in '"“' and text[-1] in '"”' and text.count('"') in (0, 2):
        text = text[1:-1].strip()
        repairs["markup"] += 1
    return re.sub(r"\s+([.,!?])(?=\s|$)", r"\1", text) if cut else text


def _joined_on(hit: re.Match[str]) -> str:
    """What goes on after a name that was taken out begins a sentence of its own."""
    return (". " if hit[0].startswith(",") else "") + hit[1].upper()


def _fill(text: str, placeholders: Placeholders, repairs: Counter[str]) -> str:
    """Bracketed words: stage directions go; placeholders are mended, refused or kept."""
    places = 0

    def judge(hit: re.Match[str]) -> str:
        nonlocal places
        inside = next(part for part in hit.groups() if part is not None)
        size, acts = len(inside.split()), re.match(_ACTS + r"\b", inside, re.IGNORECASE)
        if not acts and ((size <= 5 and _HOLDS_PLACE.search(inside)) or (hit[1] and size <= 3)):
            places += 1
            return hit[0] if placeholders == "keep" else _P
        if hit[1] is None:
            return hit[0]
        repairs["stage direction"] += 1
        return " "

    text = _BRACKETS.sub(judge, text)
    if not places or placeholders == "keep":
        return text
    if placeholders == "repair":
        text = _ADDRESSES.sub("", text)
        text = _GREETS.sub(r"\1", text)
        text = _INTRODUCES.sub("", text)
        text = _GOES_ON.sub(_joined_on, text)
        text = re.sub(r"(?:^|(?<=[.!?] ))\s*[.!?]\s*", "", text).strip()
        if _P not in text:
            repairs["placeholder"] += places
            return text
    raise ReplyError(
        "the reply leaves a placeholder where a name or fact belongs",
        kind="placeholder",
        fix="write every turn in full, without brackets",
    )
