"""Read the letter out of a reply to an option question, or say why there is none."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from dramaturg.records import LETTERS

State = Literal["chosen", "several", "no such option", "unparsed"]

_MARKER = re.compile(
    r"(?i)(?:</?final[_ ]answer>|\bfinal answer\b|\banswer\b(?=\s*(?:is\b|:|=|\*)))"
    r"[\s:=*_`\"'-]*(?:is\b[\s:*_`\"'-]*)?(?:option\b\s*)?"
)
_TAGGED = re.compile(r"(?is)<final[_ ]answer>(.*?)</final[_ ]answer>")
_BRACKETED = re.compile(r"[(\[{]\s*([A-Za-z])\s*[)\]}]")
_AT_START = re.compile(r"(?m)^[\s*_`\"'>-]*(?:option\s+)?([A-Za-z])\s*[*_`\"']*(?:[.):]|$)", re.I)
_OPTION = re.compile(r"(?i)\boption\s+[*_`\"'(\[]*([A-Za-z])\b")
_TWO = re.compile(
    r"(?<![\w'’])([A-Ha-h])\b[*)\]]*\s*(?:[,/&]|and\b|or\b|\.\s)\s*[*(\[]*([A-Ha-h])(?![\w'’])"
)
_CHOSEN = re.compile(
    r"(?i)\b(?:answer is|i (?:choose|pick|select))\s+[*_`\"'(\[]*([A-Za-z])\b[.)*]?"
)


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply chose.

    Attributes:
        state: "chosen"; else there is no index: "several" letters were named, a letter that is
            "no such option", or "unparsed": no letter at all.
        index: The option, from 0, or None.
    """

    state: State
    index: int | None = None


def read_option(reply: str, options: int) -> Chosen:
    """The option that a reply names.

    Between the last "<final_answer>" and its closing tag, or else after the last marker ("Final
    answer:", "Answer:"), only what stands there is read; without one the whole reply. A letter
    counts in brackets, before "." or ")" at the start of a line, after "option", or alone; an
    article in a sentence ("a dog") is none. Two different letters are no choice.

    Args:
        options: How many there are, 2 to 10.

    >>> read_option("I think it is (b)", 4)
    Chosen(state='chosen', index=1)
    >>> read_option("A quiet evening with a book", 4)
    Chosen(state='unparsed', index=None)
    """
    tagged = _TAGGED.findall(reply)
    if tagged:
        reply = f"Final answer: {tagged[-1]}"  # what follows the closing tag explains it
    markers = list(_MARKER.finditer(reply))
    text = reply[markers[-1].end() :] if markers else reply
    found = _letters(text, options, marked=bool(markers))
    if not found:
        return Chosen(state="unparsed")
    if len(found) > 1:
        return Chosen(state="several")
    (letter,) = found
    at = LETTERS.find(letter)
    return Chosen(state="chosen", index=at) if 0 <= at < options else Chosen(state="no such option")


def _letters(text: str, options: int, *, marked: bool) -> set[str]:
    """Every letter that stands as an answer, in upper case."""
    bare = text.strip(" \n\t*_`\"'()[]{}.:")
    if len(bare) == 1 and bare.isalpha():
        return {bare.upper()}
    found = {
        hit.upper()
        for form in (_BRACKETED, _AT_START, _OPTION, _CHOSEN)
        for hit in form.findall(text)
    }
    found |= {letter.upper() for pair in _TWO.findall(text) for letter in pair}
    if marked:  # right after a marker a letter needs no bracket: "Final answer: b because"
        line, shown = text.strip().partition("\n")[0], LETTERS[:options]
        for at, hit in enumerate(_LONE.finditer(line)):
            article = _is_article(line, hit)
            if hit[1] in shown and not article:
                found.add(hit[1])
            elif at == 0 and hit.start() == 0 and hit[1].upper() in shown and not article:
                found.add(hit[1].upper())
    return found


_LONE = re.compile(r"(?<![\w'’])[(\[*_`\"']*([A-Za-z])[)\]*_`\"']*(?![\w'’])")


def _is_article(line: str, hit: re.Match[str]) -> bool:
    """ "A dog": an a before a word that does not join two letters."""
    after = re.match(r"\s+([a-z]+)", line[hit.end() :])
    return hit[0] in ("a", "A") and after is not None and after[1] not in _AFTER_A_LETTER


_AFTER_A_LETTER = {"and", "or", "because", "since", "as", "is", "it", "the", "this", "that"}
