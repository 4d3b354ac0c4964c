"""The tokenizer of uncased BERT models: marks split off, then the longest known pieces.

Source: Devlin et al. 2019, "BERT"; Wu et al. 2016 for the pieces.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

CLS, SEP, PAD, UNKNOWN = "[CLS]", "[SEP]", "[PAD]", "[UNK]"
_LONGEST = 100  # letters: a longer word is unknown
_IDEOGRAPHS = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x2FA1F))


class WordPiece:
    """Texts as ids of a vocabulary.

    Args:
        vocabulary: The pieces in the order of their ids; "##" opens a piece inside a word.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: place for place, piece in enumerate(vocabulary)}
        self._word = lru_cache(maxsize=50_000)(self._pieces)
        self.start, self.end = self._ids[CLS], self._ids[SEP]
        self.pad = self._ids.get(PAD, 0)

    def encode(self, text: str, most: int) -> list[int]:
        """The ids between [CLS] and [SEP], cut so that there are at most `most` in all (>= 2)."""
        return [self.start, *self.bare(text, most - 2), self.end]

    def bare(self, text: str, most: int) -> list[int]:
        """The ids of a text alone, at most `most` of them."""
        found: list[int] = []
        for word in plain(text[: 20 * most]):
            found.extend(self._word(word))
            if len(found) >= most:
                break
        return found[:most]

    def _pieces(self, word: str) -> tuple[int, ...]:
        found: list[int] = []
        start = 0
        while start < len(word) <= _LONGEST:
            for stop in range(len(word), start, -1):
                piece = self._ids.get(("##" if start else "") + word[start:stop])
                if piece is not None:
                    found.append(piece)
                    start = stop
                    break
            else:
                break
        whole = start == len(word) and bool(found)
        return tuple(found) if whole else (self._ids[UNKNOWN],)


def plain(text: str) -> list[str]:
    """Lower case without accents; every mark and every ideograph is a word of its own."""
    out: list[str] = []
    for sign in unicodedata.normalize("NFD", _spaced(text).lower()):
        kind = unicodedata.category(sign)
        if kind == "Mn":
            continue
        out.append(f" {sign} " if kind[0] == "P" or (sign.isascii() and kind[0] == "S") else sign)
    return "".join(out).split()


def _spaced(text: str) -> str:
    out: list[str] = []
    for sign in text:
        kind = unicodedata.category(sign)
        if sign in "\t\n\r" or kind == "Zs":
            out.append(" ")
        elif sign == "\0" or sign == "\ufffd" or kind[0] == "C":
            continue
        elif any(low <= ord(sign) <= high for low, high in _IDEOGRAPHS):
            out.append(f" {sign} ")
        else:
            out.append(sign)
    return "".join(out)
