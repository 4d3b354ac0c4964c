"""Personal data that has a shape: addresses, numbers with check digits, handles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Span(NamedTuple):
    """A piece of a text, from start to end, and what it is."""

    start: int
    end: int
    kind: str


_TLD = r"(?:com|org|net|edu|gov|info|biz|io|co\.uk|ac\.uk|org\.uk)"
_EMAIL = re.compile(
    r"[\w.+-]*\w@(?:[\w-]+\.)+[^\W\d_]{2,24}\b"
    r"|\b[\w.+-]*\w\s*[\[(]\s*at\s*[\])]\s*[\w-]+(?:\s*[\[(]\s*dot\s*[\])]\s*[\w-]+)+"
    r"|\b[\w.+-]*\w\s+at\s+[\w-]+\s+dot\s+(?:com|org|net|edu|gov|de|fr|uk)\b",
    re.IGNORECASE,
)
_URL = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"'\])}]*[^\s<>\"'\])}.,;:!?]"
    rf"|(?<![\w@.])(?:[a-z\d][a-z\d-]*\.)+{_TLD}\b(?:/[^\s<>\"'\])}}]*[^\s<>\"'\])}}.,;:!?])?",
    re.IGNORECASE,
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z\d]){11,30}\b")
_CARD = re.compile(r"(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-])")
_ISSUED = re.compile(  # how the numbers of the large issuers begin, and how long they are
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7]|35|6\d)\d{14}|3[47]\d{13}|3[0689]\d{12}|6\d{18}"
)
_SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_IP = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_HANDLE = re.compile(
    r"(?<![\w@./])@[A-Za-z_][\w.]{0,28}\w\b"
    r"|\b(?:insta(?:gram)?|twitter|snap(?:chat)?|tik ?tok|telegram|discord|skype|steam|psn)\b"
    r"(?:\s+(?:handle|name|id|user ?name|account|tag))?\s*(?:is|:|=)\s*"
    r"(?P<name>[A-Za-z_][\w.-]*[\d_][\w.-]*)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.,$€£#/-])(?:\+|\()?\d[\d\s().\-/]{5,22}\d(?![\w]|[.,]\d)")
_PHONE_CUE = re.compile(
    r"(?:phone|call|text|number|reach|ring|dial|cell|mobile|tel|whats ?app|fax|contact|#)"
    r"\b[^.!?\n]{0,40}$",
    re.IGNORECASE,
)
_NOT_A_PHONE_CUE = re.compile(r"(?:order|invoice|ticket|account|tracking|model|serial|zip)\b"
                              r"[^.!?\n]{0,25}$", re.IGNORECASE)  # fmt: skip
_DATE = re.compile(
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|\d{4}\s?[-/]\s?\d{2,4}"
)
_WAYS = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|"
    "Terrace|Parkway|Pkwy|Highway|Hwy|Crescent|Close|Circle|Cir|Trail"
)
_AFTER = (
    r"(?:,?\s*(?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|No|#)\.?\s*[\w-]+)?"
    r"(?:,\s*[A-Z][\w'.-]+(?:\s[A-Z][\w'.-]+){0,2})?"
    r"(?:,?\s+[A-Z]{2}\b)?(?:,?\s*\d{5}(?:-\d{4})?\b)?"
)
_ADDRESSES = (
    re.compile(
        rf"\b\d{{1,5}}[A-Za-z]?\s+(?:[NSEW]\.?\s+)?(?:(?:[A-Z][\w'.-]*|\d{{1,3}}(?:st|nd|rd|th))\s+)"
        rf"{{1,4}}(?:{_WAYS})\b\.?{_AFTER}"
    ),
    re.compile(  # all in small letters: only the ways that are no other word
        r"\b\d{1,5}\s+(?!(?:minutes?|hours?|miles?|days?|years?|blocks?|st|nd|rd|th)\b)"
        r"(?:[a-z'.-]+\s+){1,3}(?:street|avenue|boulevard|lane|road)\b"
    ),
    re.compile(
        r"\b[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|weg|platz|allee|gasse)\s+\d{1,4}\s?[a-z]?\b"
        r"(?:,?\s*\d{5}\s+[A-ZÄÖÜ]\w+)?"
    ),
    re.compile(
        r"\b\d{1,4}(?:\s?(?:bis|ter))?,?\s+(?:rue|avenue|boulevard|place|chemin|impasse|quai)\s+"
        r"(?:(?:de|du|des|la|le)\s+|de\s+la\s+|l'|d')*[A-ZÀ-Ý][\w'-]+(?:\s[A-ZÀ-Ý][\w'-]+){0,3}"
        r"(?:,?\s*\d{5}\s+[A-ZÀ-Ý]\w+)?"
    ),
    re.compile(r"\bP\.?\s?O\.?\s?Box\s+\d+\b", re.IGNORECASE),
    re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b"),  # a British postcode
)


def find_patterns(text: str) -> Iterator[Span]:
    """Everything with a shape, in no order; pieces may overlap.

    Kinds: "email", "url", "iban", "card" (check digits verified), "ssn", "ip", "handle",
    "phone", "address".
    """
    yield from (Span(hit.start(), hit.end(), "email") for hit in _EMAIL.finditer(text))
    yield from (Span(hit.start(), hit.end(), "url") for hit in _URL.finditer(text))
    if "@" in text or _HANDLE.search(text):
        for hit in _HANDLE.finditer(text):
            yield Span(*(hit.span("name") if hit["name"] else hit.span()), "handle")
    for pattern in _ADDRESSES:
        yield from (Span(hit.start(), hit.end(), "address") for hit in pattern.finditer(text))
    if not any(c.isdigit() for c in text):
        return
    yield from _checked(_IBAN, text, "iban", _is_iban, shorten=True)
    yield from _checked(_CARD, text, "card", is_card_number)
    yield from (Span(hit.start(), hit.end(), "ssn") for hit in _SSN.finditer(text))
    yield from _checked(_IP, text, "ip", _is_ip)
    for hit in _NUMBER.finditer(text):
        if _is_phone(hit[0].strip(), text[: hit.start()]):
            start = hit.start() + len(hit[0]) - len(hit[0].lstrip())
            yield Span(start, start + len(hit[0].strip()), "phone")


def is_card_number(text: str) -> bool:
    """Whether the digits of a text are a card's number, by Luhn's check digit.

    >>> is_card_number("4111 1111 1111 1111"), is_card_number("4111 1111 1111 1112")
    (True, False)
    """
    digits = [int(c) for c in text if c.isdigit()]
    if not _ISSUED.fullmatch("".join(map(str, digits))):
        return False
    doubled = [d if n % 2 == 0 else d * 2 - 9 * (d > 4) for n, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _is_iban(text: str) -> bool:
    packed = text.replace(" ", "")
    if not 15 <= len(packed) <= 34:
        return False
    moved = packed[4:] + packed[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def _is_ip(text: str) -> bool:
    parts = text.split(".")
    return all(int(p) < 256 and (p == "0" or p[0] != "0") for p in parts) and parts[0] != "0"


def _is_phone(text: str, before: str) -> bool:
    digits = re.sub(r"\D", "", text)
    if _DATE.fullmatch(text) or "\n" in text or text.count("(") != text.count(")"):
        return False
    if text.startswith("+"):
        return 8 <= len(digits) <= 15
    if re.fullmatch(r"(?:1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}", text):
        return True
    if re.fullmatch(r"\(?0\d{1,5}\)?[ /-]\d[\d /-]{4,}\d", text) and 9 <= len(digits) <= 13:
        return True
    if _PHONE_CUE.search(before) and not _NOT_A_PHONE_CUE.search(before):
        return 7 <= len(digits) <= 15 and re.fullmatch(r"[\d ().-]+", text) is not None
    return False


def _checked(
    pattern: re.Pattern[str],
    text: str,
    kind: str,
    good: Callable[[str], bool],
    shorten: bool = False,
) -> Iterator[Span]:
    for hit in pattern.finditer(text):
        end = hit.end()
        while end > hit.start():
            if good(text[hit.start() : end]):
                yield Span(hit.start(), end, kind)
                break
            cut = text.rfind(" ", hit.start(), end)
            if not shorten or cut < 0:
                break
            end = cut
