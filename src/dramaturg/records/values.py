"""When two keys name the same thing, and when two values do: dates, numbers, names, lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal


@dataclass(frozen=True)
class Key:
    """What is known of a key.

    Attributes:
        aliases: Other ways to write it.
        many: Whether a person may have several values at a time.
        kind: How its values are compared; values of "names" are told apart at commas and "and".
    """

    name: str
    aliases: tuple[str, ...] = ()
    many: bool = False
    kind: Literal["text", "date", "number", "name", "names"] = "text"


KEYS = (
    Key("name", ("full name", "birth name"), kind="name"),
    Key("gender", ("sex",)),
    Key("birth_date", ("born", "born on", "date of birth", "birthday", "dob"), kind="date"),
    Key("birth_place", ("place of birth", "birthplace", "born in", "place born"), kind="name"),
    Key("death_date", ("died", "died on", "date of death"), kind="date"),
    Key("death_place", ("place of death",), kind="name"),
    Key("age", kind="number"),
    Key("height", kind="number"),
    Key("nationality", ("citizenship",), many=True),
    Key("residence", ("home", "lives in", "place of residence", "city", "hometown"), kind="name"),
    Key("occupation", ("job", "profession", "work", "career", "occupations"), many=True),
    Key("employer", ("company", "works for", "workplace"), kind="name"),
    Key("education", ("alma mater", "school", "university", "degree"), many=True),
    Key("spouse", ("husband", "wife", "married to", "partner"), kind="name"),
    Key("children", ("child", "kids", "sons", "daughters", "son", "daughter"), True, "names"),
    Key("siblings", ("brother", "sister", "brothers", "sisters", "sibling"), True, "names"),
    Key("parents", ("father", "mother", "parent"), True, "names"),
    Key("pets", ("pet", "animals"), many=True),
    Key("hobbies", ("hobby", "interests", "interest", "pastime", "pastimes"), many=True),
    Key("languages", ("language", "speaks"), many=True),
    Key("awards", ("award", "prizes", "prize", "honours", "honors"), many=True),
    Key("works", ("notable works", "notable work", "books", "films", "albums"), many=True),
)
"""The keys that biographies use; any other key is its own name, holds one value, and is text."""

_MONTH_NAMES = """
    january jan | february feb | march mar | april apr | may | june jun | july jul | august aug |
    september sep sept | october oct | november nov | december dec
"""
_MONTHS = {
    name: number
    for number, names in enumerate(_MONTH_NAMES.split("|"), 1)
    for name in names.split()
}
_DATE_WORDS = frozenset(("of", "on", "in", "the", "st", "nd", "rd", "th", "born"))
_NUMBER_NAMES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen twenty
"""
_SMALL = _NUMBER_NAMES.split()
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d{3})*(?:\.\d+)?")
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_ARTICLE = re.compile(r"^(?:the|a|an) ")


@cache
def _known() -> dict[str, Key]:
    return {_plain(word): key for key in KEYS for word in (key.name, *key.aliases)}


def key_of(name: str) -> Key:
    """The key that a name stands for; an unknown name is a key of its own.

    >>> key_of("Place of Birth").name, key_of("shoe size").name
    ('birth_place', 'shoe_size')
    """
    plain = _plain(name)
    return _known().get(plain) or Key(plain.replace(" ", "_"))


def values_in(key: str, value: str | Iterable[str]) -> tuple[str, ...]:
    """The single values of a key: a list as it is, a text told apart where the key holds many.

    A text is cut at semicolons and line breaks, and for a key of names at commas and "and".

    >>> values_in("children", "Anna, Ben and Zoë"), values_in("awards", "Gold, 1903; Silver")
    (('Anna', 'Ben', 'Zoë'), ('Gold, 1903', 'Silver'))
    """
    known = key_of(key)
    if isinstance(value, str):
        at = r"[;\n]|,|\band\b|&" if known.kind == "names" else r"[;\n]"
        parts: Iterable[str] = re.split(at, value) if known.many else [value]
    else:
        parts = value
    found = (" ".join(part.split()) for part in parts)
    return tuple(dict.fromkeys(part for part in found if part))


def normal_value(key: str, value: str) -> str:
    """The form of a value in which two spellings of it are equal.

    >>> normal_value("born", "July 4, 1961"), normal_value("birth date", "4 Jul. 1961")
    ('1961-07-04', '1961-07-04')
    >>> normal_value("height", "1,80"), normal_value("followers", "3,000") == "3000"
    ('1 80', False)
    """
    kind = key_of(key).kind
    if kind == "date" and (date := _date(value)):
        return date
    if kind == "number" and (number := _number(value)):
        return number
    return _ARTICLE.sub("", _plain(value))


def same_value(key: str, one: str, other: str) -> bool:
    """Whether two values of a key are the same value."""
    return normal_value(key, one) == normal_value(key, other)


def stands_in(value: str, text: str) -> bool:
    """Whether a text says a value in its own words, one after the other; case aside.

    >>> stands_in("the Ferry Pilot", "A ferry pilot."), stands_in("cook", "A cookbook.")
    (True, False)
    >>> stands_in("東京", "彼女は東京に住んでいる。")
    True
    """
    wanted, said = normal_value("", value), normal_value("", text)
    if not wanted:
        return False
    before = r"(?<!\S)" if has_spaces(wanted[0]) else ""
    after = r"(?!\S)" if has_spaces(wanted[-1]) else ""
    return re.search(before + re.escape(wanted) + after, said) is not None


def has_spaces(character: str) -> bool:
    """A digit, or a letter of a script with small letters and capitals: those part their words.

    Of other scripts some part no words, and some write small words onto the next one.
    """
    return character.isdigit() or character.lower() != character.upper()


def _plain(text: str) -> str:
    """The words alone: lower case, no marks, one space between; accents stay."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("_", " ")
    text = re.sub(r"[’']s\b", "", text)
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text)
    return " ".join("".join(kept).split())


def _date(value: str) -> str:
    """ISO 8601 as exactly as the text says it; "" where it is no date that can be read surely.

    Two numbers and a year ("03/04/1961") are read only where one of them cannot be a month.
    """
    text = value.strip()
    if whole := _ISO.fullmatch(text):
        return _iso(*(int(part) if part else None for part in whole.groups()))
    words = re.findall(r"[^\W\d_]+|\d+", text.casefold())
    months = [_MONTHS[word] for word in words if word in _MONTHS]
    if any(not w.isdigit() and w not in _MONTHS and w not in _DATE_WORDS for w in words):
        return ""  # "before 1961" is another thing than 1961
    numbers = [int(word) for word in words if word.isdigit()]
    years = [n for n in numbers if n > 31]
    days = [n for n in numbers if 1 <= n <= 31]
    if len(years) != 1 or years[0] > 9999:
        return ""
    if len(months) == 1 and len(days) <= 1:
        return _iso(years[0], months[0], days[0] if days else None)
    if not months and len(days) == 2:
        month, day = sorted(days)
        if month <= 12 < day or month == day:
            return _iso(years[0], month, day)
    return _iso(years[0], None, None) if not months and not days else ""


def _iso(year: int | None, month: int | None = None, day: int | None = None) -> str:
    if year is None or (month and month > 12) or (day and day > 31):
        return ""
    return "-".join([f"{year:04d}", *(f"{part:02d}" for part in (month, day) if part)])


def _number(value: str) -> str:
    plain = value.casefold().split()
    if plain and plain[0] in _SMALL:
        return str(_SMALL.index(plain[0]))
    found = _NUMBER.findall(value)
    if len(found) != 1:
        return ""
    number = float(found[0].replace(",", ""))
    return f"{number:g}"
