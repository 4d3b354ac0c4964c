"""JSON out of a reply: found among chatter, mended where that is safe, refused elsewhere."""

from __future__ import annotations

import json
import re
from typing import Any

from dramaturg.errors import ReplyError

_FENCE = re.compile(r"^\s*```\w*\s*$", re.MULTILINE)
_COMMA = re.compile(r",(\s*[}\]])")
_CLOSES = {"{": "}", "[": "]"}
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"'})


def read_json(reply: str) -> tuple[Any, tuple[str, ...]]:
    """The first JSON object or list of a reply, and what was mended to read it.

    Mended are a code fence, words around it, a comma too many, quotes of a typesetter, and
    brackets that were not closed at the very end of a complete value. A text, number or word that
    was cut off is never completed.

    Returns:
        The value, and of "code fence", "chatter", "comma", "quotes", "unclosed" those that it took.

    Raises:
        ReplyError: kind "malformed JSON".

    >>> read_json('Sure: {"label": "yes",}')
    ({'label': 'yes'}, ('chatter', 'comma'))
    """
    mended: list[str] = []
    text = _FENCE.sub("", reply)
    if text != reply:
        mended.append("code fence")
    text = text.strip()
    start = min((i for i in (text.find("{"), text.find("[")) if i >= 0), default=-1)
    if start < 0:
        raise ReplyError("the reply holds no JSON", kind="malformed JSON")
    body = text[start:]
    found = _decode(body)
    if found is None:
        for name, mend in _MENDS:
            changed = mend(body)
            if changed != body:
                body = changed
                mended.append(name)
                found = _decode(body)
                if found is not None:
                    break
    if found is None:
        raise ReplyError("the JSON of the reply cannot be read", kind="malformed JSON")
    value, end = found
    if start > 0 or body[end:].strip():
        mended.insert(1 if "code fence" in mended else 0, "chatter")
    return value, tuple(mended)


def _decode(text: str) -> tuple[Any, int] | None:
    try:
        return json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None


def _closed(text: str) -> str:
    """The text with the brackets closed that are open at its end; itself if a string is open."""
    open_: list[str] = []
    inside = escaped = False
    for char in text:
        if inside:
            inside = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            inside = True
        elif char in _CLOSES:
            open_.append(_CLOSES[char])
        elif char in "]}" and (not open_ or open_.pop() != char):
            return text
    ends_whole = text.rstrip()[-1:] in '"}]'
    return text.rstrip() + "".join(reversed(open_)) if ends_whole and not inside else text


_MENDS = (
    ("comma", lambda text: _COMMA.sub(r"\1", text)),
    ("quotes", lambda text: text.translate(_QUOTES)),
    ("unclosed", _closed),
)
