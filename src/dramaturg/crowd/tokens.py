"""The words of a text as numbers that are the same on every machine, and their flag.

Two texts are compared by these numbers alone: 64 bits a word, so that a million different words
collide once in some forty million tries.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from dramaturg.dataset.facts import changes_meaning, words

_SPACES = {n: (chr(n) if chr(n).isalnum() else " ") for n in range(128)} | {ord("'"): None}
_TABLE = str.maketrans(_SPACES)
# Scripts that put no space between words: each of their characters counts as a word.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
_MOST = 2_000_000  # words remembered at a time: some 200 MB


class Coder:
    """Turns texts into the numbers of their words, in order.

    The lowest bit of a number says that the word is a negation or holds a digit: such a word is
    never a mere difference in wording.
    """

    def __init__(self) -> None:
        self._known = _Known()

    def __call__(self, text: str) -> list[int]:
        """The numbers of a text's words; of a text without any, one number for the whole text."""
        found = tokens(text) or [text.strip()]
        if len(self._known) > _MOST:
            self._known.clear()
        return list(map(self._known.__getitem__, found))


def tokens(text: str) -> list[str]:
    """The words in small letters, without punctuation; of Chinese, Thai and the like characters.

    >>> tokens("I've TWO dogs! 我喜欢茶")
    ['ive', 'two', 'dogs', '我', '喜', '欢', '茶']
    """
    if text.isascii():
        return text.lower().translate(_TABLE).split()
    found: Iterable[str] = words(text)
    if _UNSPACED.search(text):
        found = [part for word in found for part in _UNSPACED.sub(r" \1 ", word).split()]
    return list(found)


class _Known(dict[str, int]):
    def __missing__(self, word: str) -> int:
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        code = int.from_bytes(digest, "little") & ~1 | changes_meaning(word)
        self[word] = code
        return code
