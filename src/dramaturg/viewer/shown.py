"""Text of a dataset as HTML: every character is shown, none acts."""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

LONGEST = 6_000  # characters of one text that a page shows before it asks

_ACTS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMES = {  # control characters have no name in Unicode's table
    "\x00": "NULL",
    "\x07": "BELL",
    "\x08": "BACKSPACE",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
}


def shown(text: object) -> Markup:
    """The text escaped; a character that would act unseen (direction, control) by its name.

    >>> print(shown("<b>"))
    &lt;b&gt;
    >>> print(shown("\\x07"))
    <span class="unseen" title="BELL">U+0007</span>
    """
    whole = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", str(text))
    parts: list[Markup] = []
    at = 0
    for found in _ACTS.finditer(whole):
        parts += [escape(whole[at : found.start()]), _named(found[0])]
        at = found.end()
    return Markup("").join([*parts, escape(whole[at:])])


def plain(text: object) -> str:
    """The same where no mark-up can stand, as in a title or a picture: "[U+202E]"."""
    whole = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", str(text))
    return _ACTS.sub(lambda found: f"[U+{ord(found[0]):04X}]", whole)


def short(text: object, most: int = 160) -> str:
    """The text on one line, cut at `most` characters with an ellipsis."""
    line = " ".join(str(text)[: most * 4].split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _named(char: str) -> Markup:
    name = unicodedata.name(char, _NAMES.get(char, "CONTROL CHARACTER"))
    return Markup('<span class="unseen" title="{}">U+{:04X}</span>').format(name, ord(char))
