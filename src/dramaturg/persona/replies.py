"""Read what a model replied: questions, or one sentence about oneself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from dramaturg.errors import ReplyError

OPENINGS = ("i", "my", "i'm", "i've", "i'd", "i'll")

_MARKS = re.compile(r"^\s*(?:[-*•–—>#]+\s*|\(?\d{1,3}[.):]\s*|[QA]\d*:\s*)+")
_LABEL = re.compile(r"(?i)^(?:the )?(?:answer|question|sentence|reply|query)\s*:\s*")
_CHATTER = re.compile(
    r"(?i)^(?:sure|certainly|of course|okay|ok|great|absolutely|yes|well|here (?:is|are|'s)[^:]*:)"
    r"(?:\s+thing)?[!,.:]*\s+"
)
_PREFACE = re.compile(r"(?i)^(?:sure|certainly|of course|okay|here\b|these are|below\b).*:?$")
_OFFER = re.compile(
    r"(?i)\b(would you like me|do you want me|anything else|shall i|can i help|let me know)\b"
)
_REFUSAL = re.compile(
    r"(?i)\b(as an ai|i(?:'m| am) an ai\b|language model|i can(?:no|')t (?:help|assist|comply)"
    r"|i(?:'m| am) (?:sorry|unable to|not able to) )"
)
_WRAPPING = "\"'“”‘’«»`* \t"
_BREAK = re.compile(r"(?<=[.!?。！？])[\"'”’)]*\s+(?=[\"'“‘(]*[^\W\d_a-z])")
_TO_A_PERSON = re.compile(r"(?i)\b(you|your|yours|yourself|you're|you've|you'd)\b")
_LEANS = re.compile(  # on something said before: no fact that a profile could hold by itself
    r"(?i)(\b(there|it|that|this|them|him|her|those|too|either|one|so|do|am|would|have)\W*$"
    r"|^I (agree|see|know|guess|think so|hope so|understand|bet)\b"
    r"|^(I|My|I'm|I've|I'd|I'll)\W+(too|also|really|very)?\W*$|\b(you|your)\b)"
)
_QUESTION = re.compile(r"[^.!?;:。！？؟]*[?？؟]")


def normalised(text: str) -> str:
    """The words alone, in lower case: two texts that differ only in case, marks or spacing meet.

    >>> normalised("I'm  a COOK!") == normalised("i’m a cook")
    True
    """
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text)
    return " ".join("".join(kept).split())


def questions(reply: str) -> tuple[str, ...]:
    """Every question in a reply, in order; numbering, quotes, labels and chatter go.

    Raises:
        ReplyError: "no question" if there is none, "not to a person" if none is put to "you".
    """
    found: list[str] = []
    for line in _lines(reply):
        for hit in _QUESTION.finditer(line):
            text = _bare(hit[0])
            if len(text.split()) >= 2 or (len(text) > 4 and not text.isascii()):
                found.append(text)
    asked = tuple(dict.fromkeys(q for q in found if not _OFFER.search(q) and len(q) <= 300))
    if not asked:
        raise ReplyError(f"no question in {_excerpt(reply)}", kind="no question")
    to_a_person = tuple(q for q in asked if _TO_A_PERSON.search(q) or not q.isascii())
    if not to_a_person:
        raise ReplyError(f"it is not put to a person: {_excerpt(asked[0])}", kind="not to a person")
    return to_a_person


def sentence(
    reply: str,
    given: Sequence[str] = (),
    *,
    openings: Sequence[str] | None = OPENINGS,
    longest: int = 40,
) -> str:
    """The one sentence about oneself that a reply holds.

    Args:
        given: What the reply must not repeat.
        openings: First words allowed, lower case; None = any (languages other than English).
        longest: Most words; other scripts are bounded by 8 characters a word.

    Raises:
        ReplyError: "refusal", "no sentence", "not first person", "question", "several sentences",
            "too short", "too long", "leans" (on something said before) or "repeat".
    """
    lines = [text for line in _lines(reply) if (text := _bare(line))]
    starting = [text for text in lines if openings is None or _opening(text) in openings]
    said = [text for text in lines if not _PREFACE.match(text)]
    if _REFUSAL.search(" ".join(lines[:2])):
        raise ReplyError(f"this is no answer in character: {_excerpt(reply)}", kind="refusal")
    if not said:
        raise ReplyError(f"no sentence in {_excerpt(reply)}", kind="no sentence")
    if not starting:
        first = " or ".join(f'"{word.capitalize()}"' for word in (openings or ())[:2])
        raise ReplyError(
            f"the sentence must begin with {first}: {_excerpt(said[0])}", kind="not first person"
        )
    text = starting[0]
    words = len(text.split())
    if text[-1] in "?？؟":
        raise ReplyError(f"a statement was wanted: {_excerpt(text)}", kind="question")
    if words > longest or len(text) > 8 * longest:
        raise ReplyError(f"longer than {longest} words: {_excerpt(text)}", kind="too long")
    if len(starting) > 1 or len(_BREAK.split(text)) > 1:
        raise ReplyError(f"more than one sentence: {_excerpt(reply)}", kind="several sentences")
    if words < (2 if openings is None else 3) and text.isascii():
        raise ReplyError(f"too short to say something: {_excerpt(text)}", kind="too short")
    if openings is not None and _LEANS.search(text):
        raise ReplyError(f"it does not stand by itself: {_excerpt(text)}", kind="leans")
    if normalised(text) in {normalised(one) for one in given}:
        raise ReplyError(f"this was given already: {_excerpt(text)}", kind="repeat")
    return text if text[-1] in ".!。！…" else text + "."


def statements_in(reply: str, openings: Sequence[str] = OPENINGS) -> tuple[str, ...]:
    """All sentences about oneself in a reply, one a line; () where it says "none".

    Raises:
        ReplyError: "refusal", "no sentence" (neither a sentence about oneself nor "none").
    """
    lines = [text for line in _lines(reply) if (text := _bare(line))]
    if _REFUSAL.search(" ".join(lines[:2])):
        raise ReplyError(f"this is no answer: {_excerpt(reply)}", kind="refusal")
    found = [line for line in lines if _opening(line) in openings and line[-1] not in "?？؟"]
    if not found and not any(normalised(line) == "none" for line in lines):
        raise ReplyError(f"no sentence about oneself in {_excerpt(reply)}", kind="no sentence")
    whole = (line if line[-1] in ".!。！…" else line + "." for line in found)
    return tuple(dict.fromkeys(whole))


def _lines(reply: str) -> list[str]:
    kept = (line for line in reply.splitlines() if not line.strip().startswith("```"))
    return [line.strip() for line in kept if line.strip()]


def _bare(line: str) -> str:
    """A line without bullet, number, label, leading chatter and wrapping quotes."""
    before = None
    while line != before:
        before = line
        line = _MARKS.sub("", line).strip(_WRAPPING)
        line = _LABEL.sub("", line)
        line = _CHATTER.sub("", line)
    return " ".join(line.split())


def _opening(text: str) -> str:
    return text.split(maxsplit=1)[0].lower().replace("’", "'").strip(",.;:")


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= 120 else flat[:117] + "...")
