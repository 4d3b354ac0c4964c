"""People's names, by a list of given names and by the words around them.

No language model: a name that is in no list and has no cue is not found, and a famous person's
name, or a figure's, counts like any other.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from importlib import resources

from dramaturg.dataset.redaction.patterns import Span

_UPPER = r"(?:[OD]['’])?[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:['’-][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+)*"
_LOWER = r"[a-zß-öø-ÿ]{2,}"
_WORD = re.compile(rf"(?<![\w@#]){_UPPER}(?!\w)")
_SMALL_WORD = re.compile(rf"(?<![\w@#.]){_LOWER}(?![\w.]\w|\w)")
_SURNAME = re.compile(
    rf"\s+(?:[A-Z]\.\s+)?(?:(?:van|von|de|del|da|di|al|bin|la|le)\s+)?({_UPPER})(?!\w)"
)
_KIN = (
    "wife|husband|son|daughter|brother|sister|friend|boss|mother|father|mom|mum|dad|boyfriend|"
    "girlfriend|partner|uncle|aunt|cousin|neighbou?r|grandma|grandmother|grandpa|grandfather|"
    "roommate|teacher|coworker|colleague|fianc[ée]e?|kid|baby|twin|niece|nephew"
)
# A cue, then a word that is taken for a name if it has a capital and is not in no_names.txt.
_STRONG = re.compile(
    r"\b(?:(?:my|his|her|whose|full|first|real)\s+name(?:\s+is|['’]s|s)|the\s+name(?:\s+is|['’]s)|"
    r"i\s+go\s+by|(?:please\s+)?call\s+me|(?:named|is\s+named)|(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?|"
    rf"(?:my|our|his|her)\s+(?:\w+\s+)?(?:{_KIN}),?)"
    rf"\s+(?P<name>{_UPPER})(?!\w)",
    re.IGNORECASE,
)
_GREETING = re.compile(
    rf"\b(?:hi|hello|hey|dear|thanks|thank\s+you|bye|goodbye|sorry|welcome)\s*,?\s+"
    rf"(?P<name>{_UPPER})(?=\s*[!,.?]|\s*$)",
    re.IGNORECASE,
)
_I_AM_NEW = re.compile(
    rf"\b(?:i['’]?m|i\s+am|this\s+is)\s+(?P<name>{_UPPER})(?:\s+{_UPPER}){{0,2}}"
    r"(?=\s*[,.!]?\s*(?:nice|pleased|good|great|lovely)\s+to\s+meet|\s*,?\s*and\s+you\b|\s+speaking)",
    re.IGNORECASE,
)
# A weaker cue: enough for a name that is also a word, if it is in one of the two lists.
_WEAK = re.compile(
    r"(?:\b(?:i['’]?m|i\s+am|it['’]?s|this\s+is|and|met|with|from|ask|tell|told|hi|hello|hey|dear|"
    r"thanks|bye|named|called|name(?:['’]?s|\s+is)?|me|"
    rf"{_KIN})|[,!?])\s*$",
    re.IGNORECASE,
)
_NAMING = re.compile(
    r"\b(?:name(?:['’]?s|\s+is)|call\s+me|named|i['’]?m|i\s+am|hi|hello|hey|dear|thanks|bye)"
    r"\s*,?\s*$"
)
_PLACE = re.compile(r"\b(?:san|santa|los|saint|st\.?)\s+$", re.IGNORECASE)


def find_names(text: str) -> Iterator[Span]:
    """Names of people, in no order; pieces may overlap.

    A text without any capital is read as written in small letters: there only listed names count.
    """
    sure, cued = listed("given_names"), listed("cued_names")
    if not any(c.isupper() for c in text):
        for hit in _SMALL_WORD.finditer(text):
            word = hit[0]
            named = word in cued and _NAMING.search(text, 0, hit.start()) is not None
            if (word in sure or named) and not _PLACE.search(text, 0, hit.start()):
                yield Span(hit.start(), hit.end(), "name")
        return
    for hit in _WORD.finditer(text):
        word = re.split(r"['’]s?$", hit[0])[0]
        low = word.casefold()
        known = low in sure or low.split("-")[0] in sure
        if _PLACE.search(text, 0, hit.start()):
            continue
        if known or (low in cued and _WEAK.search(text, 0, hit.start())):
            yield Span(hit.start(), _with_surname(text, hit.start() + len(word)), "name")
    no_names = listed("no_names")
    for pattern in (_STRONG, _GREETING, _I_AM_NEW):
        for hit in pattern.finditer(text):
            start = hit.start("name")
            word = re.split(r"['’]s?$", hit["name"])[0]
            if word[0].isupper() and word.casefold() not in no_names:
                yield Span(start, _with_surname(text, start + len(word)), "name")


def _with_surname(text: str, end: int) -> int:
    """The end of the name with the capitalised words that follow it."""
    for _ in range(2):
        hit = _SURNAME.match(text, end)
        if hit is None or hit[1].casefold() in listed("no_names"):
            break
        end = hit.end(1)
        if text[end - 2 : end] in ("'s", "’s"):
            end -= 2
            break
    return end


@functools.cache
def listed(name: str) -> frozenset[str]:
    """The words of one of the lists beside this file."""
    file = resources.files("dramaturg.dataset.redaction").joinpath(f"{name}.txt")
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
