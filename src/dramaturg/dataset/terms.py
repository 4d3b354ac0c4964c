"""A text as the words that it is compared by, in any script."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dramaturg.dataset.facts import words

# Scripts without spaces between words: kana, CJK ideographs, compatibility ideographs, Thai, Lao.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def terms(text: str) -> list[str]:
    """The words in small letters; of a script without spaces, each character is one.

    A tokenizer that knows Latin letters alone finds nothing in the others, and two texts of which
    it finds nothing look the same.

    >>> terms("A chef, 爱茶 (Tokyo)!")
    ['a', 'chef', '爱', '茶', 'tokyo']
    """
    return [term for word in words(text) for term in _parted(word)]


def _parted(word: str) -> Iterator[str]:
    if not _UNSPACED.search(word):
        yield word
        return
    at = 0
    for hit in _UNSPACED.finditer(word):
        if hit.start() > at:
            yield word[at : hit.start()]
        yield hit[0]
        at = hit.end()
    if at < len(word):
        yield word[at:]
