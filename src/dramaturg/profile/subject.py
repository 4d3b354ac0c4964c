"""Is it said of this person, or of somebody else?"""

from __future__ import annotations

import re
from collections.abc import Iterable

_OWN = frozenset(("subject", "the subject"))
_TITLES = frozenset(("dr", "prof", "professor"))  # those that tell nobody from a relative


def is_subject(person: str, names: Iterable[str]) -> bool:
    """Whether `person`, as a text calls somebody, is the one of these names.

    Every word of it must stand in one of the names: "Ada" and "Lovelace" are Ada Lovelace,
    "Ada Byron" and "Mrs Lovelace" may be somebody else, and doubt says no.

    >>> [is_subject(who, ["Ada Lovelace"]) for who in ("Ada", "the subject", "Anne Lovelace")]
    [True, True, False]
    """
    said = _words(person)
    if " ".join(person.casefold().split()) in _OWN:
        return True
    return bool(said) and any(said <= _words(name) for name in names)


def _words(name: str) -> set[str]:
    found = re.findall(r"[^\W_]+", name.casefold().replace("'s", "").replace("’s", ""))
    return set(found) - _TITLES
