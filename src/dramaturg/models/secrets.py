"""What looks like a key never stands in a message or a log."""

from __future__ import annotations

import re

_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|gsk|hf)[-_][\w*.-]{4,}|\bBearer \S+")


def without_keys(text: str) -> str:
    """The text without anything that looks like a key.

    >>> without_keys("Incorrect key provided: sk-abcd1234")
    'Incorrect key provided: ***'
    """
    return _KEY_LIKE.sub("***", text)
