"""Read descriptions of people out of a reply ("A nurse who ..."), and tell what is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dramaturg.dataset.facts import clean
from dramaturg.dataset.terms import terms
from dramaturg.errors import ReplyError
from dramaturg.models.json_reply import read_json

LONGEST = 90  # words of one description
_MARKS = re.compile(r"^\s*(?:[-*•–—>#]+\s+|\(?\d{1,3}[.):]\s*)+")
_LABEL = re.compile(
    r"(?i)^(?:the )?(?:persona|person|description|answer|topic|subtopic|sub-topic)\s*\d*\s*:\s*"
)
_WRAPPING = "\"'“”‘’«»`*_ \t,"
_PREFACE = re.compile(
    r"(?i)^(?:sure|certainly|of course|okay|here(?:'s| is| are)|these are|below)\b.*[:!.]?$"
)
_REFUSES = re.compile(
    r"(?i)\bas an ai\b|\bi(?:['’]m| am) (?:just |only )?an? (?:ai|language model)\b"
    r"|\bi (?:can(?:no|['’])t|am unable to)\b"
)
_FIRST = re.compile(r"(?i)^(?:i|my|we|our)\b")
_WHO_I_AM = re.compile(r"(?i)^i(?: am|['’]m) (?:an?|the)\b")


def wrong_with(text: str, longest: int = LONGEST) -> str:
    """What makes a text no description of a person, as the class of a reason; "" if nothing does.

    "no words", "refusal", "first person" (but "I am a nurse ..." describes somebody), "question",
    "too short" or "too long".
    """
    said = terms(text)
    if not said or not any(map(str.isalpha, "".join(said))):
        return "no words"
    if _REFUSES.search(text):
        return "refusal"
    if _FIRST.match(text) and not _WHO_I_AM.match(text):
        return "first person"
    if text.rstrip()[-1] in "?？؟":
        return "question"
    if len(said) < 2:
        return "too short"
    return "too long" if len(said) > longest else ""


def description(reply: str, longest: int = LONGEST) -> str:
    """The one description that a reply holds.

    Raises:
        ReplyError: If there is none, or the first line that could be one is not; `kind` as in
            `wrong_with`.
    """
    lines = lines_of(reply)
    if not lines:
        raise ReplyError("the reply describes nobody", kind="no words")
    text = lines[0]
    wrong = wrong_with(text, longest)
    if wrong:
        raise ReplyError(f"this describes nobody ({wrong}): {text[:120]!r}", kind=wrong)
    return text


def lines_of(reply: str) -> list[str]:
    """The entries of a list, one a line or as JSON, without numbers, bullets, labels and quotes.

    >>> lines_of("Sure, here they are:\\n1. A nurse.\\n2) A baker.")
    ['A nurse.', 'A baker.']
    """
    told = _of_json(reply)
    lines = [line for line in reply.split("\n") if "```" not in line] if told is None else told
    bare = [_bare(line) for line in lines]
    kept = [line for line in bare if line]
    while kept and told is None and len(kept) > 1 and _PREFACE.match(kept[0]):
        kept.pop(0)
    return kept


def _of_json(reply: str) -> list[str] | None:
    """The texts of a JSON list, or of the one list in a JSON object; None if it holds none."""
    if not reply.lstrip("` \njson").startswith(("[", "{")):
        return None
    try:
        value, _ = read_json(reply)
    except ReplyError:
        return None
    if isinstance(value, dict):
        value = next((v for v in value.values() if isinstance(v, list)), None)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    return [item for item in value if isinstance(item, str)]


def _bare(line: str) -> str:
    before, line = None, clean(line)
    while line != before:
        before = line
        line = _LABEL.sub("", _MARKS.sub("", line).strip(_WRAPPING))
    return line
