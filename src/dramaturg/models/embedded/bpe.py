"""Byte-fallback BPE in plain Python: any text to ids and back, without loss."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from dramaturg.models.embedded.formats import FIRST_BYTE, Ids
from dramaturg.models.embedded.words import PATTERN

_FIND = re.compile(PATTERN).findall
_CACHE_WORDS = 50_000


class Bpe:
    """Encoder and decoder of one list of merges.

    A space is put before every text, so that a word has the same ids at the front and inside;
    `decode` takes it away again. Lone surrogates become U+FFFD.
    """

    def __init__(self, merges: Iterable[tuple[int, int]]) -> None:
        self._merged = {pair: FIRST_BYTE + 256 + n for n, pair in enumerate(merges)}
        self._bytes = {FIRST_BYTE + byte: bytes([byte]) for byte in range(256)}
        for (left, right), number in self._merged.items():
            self._bytes[number] = self._bytes[left] + self._bytes[right]
        self._cache: dict[str, Ids] = {}

    @classmethod
    def read(cls, path: Path) -> Bpe:
        """The tokenizer of a merges file: two ids a line."""
        lines = path.read_text(encoding="ascii").splitlines()
        return cls((int(left), int(right)) for left, right in (line.split() for line in lines))

    def encode(self, text: str, *, spaced: bool = True) -> Ids:
        """Ids of the text; never a control token, whatever the text says.

        Args:
            spaced: Put a space before it; false for a text that goes on from another.
        """
        text = (" " * spaced + text).encode("utf-8", "replace").decode("utf-8")
        out: Ids = []
        for word in _FIND(text):
            ids = self._cache.get(word)
            if ids is None:
                ids = self._merge(word)
                if len(self._cache) < _CACHE_WORDS and len(word) < 64:
                    self._cache[word] = ids
            out += ids
        return out

    def decode(self, ids: Iterable[int]) -> str:
        """Text of the ids; control tokens are left out, broken UTF-8 becomes U+FFFD."""
        text = b"".join(self._bytes.get(i, b"") for i in ids).decode("utf-8", "replace")
        return text[1:] if text.startswith(" ") else text

    def piece(self, token: int) -> str:
        """The text of one token, its leading space included; "" for a control token."""
        return self.raw(token).decode("utf-8", "replace")

    def raw(self, token: int) -> bytes:
        """The bytes of one token, which may be a part of a character; none for a control token."""
        return self._bytes.get(token, b"")

    def _merge(self, word: str) -> Ids:
        ids = [FIRST_BYTE + byte for byte in word.encode()]
        while len(ids) > 1:
            found = [self._merged.get(pair) for pair in pairwise(ids)]
            best = min((number for number in found if number is not None), default=None)
            if best is None:
                break
            merged: Ids = []
            place = 0
            while place < len(ids):
                if place < len(found) and found[place] == best:
                    merged.append(best)
                    place += 2
                else:
                    merged.append(ids[place])
                    place += 1
            ids = merged
        return ids
