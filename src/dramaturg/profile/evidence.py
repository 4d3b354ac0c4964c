"""Words that stand in a text: found where they are, and always handed back verbatim."""

from __future__ import annotations

import re

from dramaturg.records import Span, has_spaces

_LONGEST = 2_000  # characters of a quotation
_SAME = {"<": "[<‹]", "‹": "[<‹]", ">": "[>›]", "›": "[>›]"}
_SAME |= dict.fromkeys('"“”„«»', '["“”„«»]') | dict.fromkeys("'’‘`´", "['’‘`´]")
_SAME |= dict.fromkeys("-–—", "[-–—]")
_LABEL = r"\s*[:\-–—]"  # a prompt writes the colon of a speaker's label as a dash
_WRAPPING = " \t\n\"'“”‘’«»`…"


def find_span(text: str, quoted: str, *, document: str = "", begin: int = 0) -> Span | None:
    """Where a quotation stands in a text, or None.

    Case, spacing, kinds of quotation marks and dashes may differ; words may not, and in a script
    that puts spaces between words a quotation neither begins nor ends inside one. What comes back
    is the text's own wording: `text[span.start:span.end] == span.text`.

    >>> span = find_span("She  moved to Łódź.", "moved to łódź")
    >>> span.start, span.end, span.text
    (5, 18, 'moved to Łódź')
    """
    words = quoted.strip(_WRAPPING).removesuffix("...").split()
    if not words or len(quoted) > _LONGEST:
        return None
    parts = [_LABEL if word in (":", "-") else _loosely(word) for word in words]
    pattern = parts[0] + "".join(p if p == _LABEL else r"\s+" + p for p in parts[1:])
    before = r"(?<!\w)" if has_spaces(words[0][0]) else ""
    after = r"(?!\w)" if has_spaces(words[-1][-1]) else ""
    hit = re.compile(before + pattern + after, re.IGNORECASE).search(text, begin)
    if hit is None or not any(c.isalnum() for c in hit[0]):
        return None
    return Span(start=hit.start(), end=hit.end(), text=hit[0], document=document)


def _loosely(word: str) -> str:
    return "".join(_SAME.get(c) or re.escape(c) for c in word)
