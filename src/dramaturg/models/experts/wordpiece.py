"""Words to the ids of an uncased BERT vocabulary, in plain Python.

Source: Devlin et al. 2019, "BERT" (the uncased tokenizer); Wu et al. 2016 for word pieces.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

PAD, UNKNOWN, START, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
LONGEST_WORD = 100  # letters; a longer word is unknown


class WordPiece:
    """The tokenizer of one vocabulary.

    Args:
        vocabulary: Its pieces, in the order of their ids; a piece inside a word begins with "##".
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: number for number, piece in enumerate(vocabulary)}
        self._words: dict[str, list[int]] = {}
        self.start, self.end, self.pad = (self._ids[piece] for piece in (START, END, PAD))

    def encode(self, text: str, most: int) -> list[int]:
        """The ids of a text without special pieces, `most` of them at most."""
        found: list[int] = []
        for word in _words(text[: most * LONGEST_WORD]):
            known = self._words.get(word)
            if known is None:
                if len(self._words) >= 50_000:
                    self._words.clear()
                known = self._words[word] = self._pieces(word)
            found += known
            if len(found) >= most:
                return found[:most]
        return found

    def _pieces(self, word: str) -> list[int]:
        unknown = [self._ids[UNKNOWN]]
        if len(word) > LONGEST_WORD:
            return unknown
        found: list[int] = []
        start = 0
        while start < len(word):
            end = len(word)
            while end > start:
                piece = word[start:end] if start == 0 else "##" + word[start:end]
                number = self._ids.get(piece, -1)
                if number >= 0:
                    break
                end -= 1
            else:
                return unknown
            found.append(number)
            start = end
        return found


def _words(text: str) -> list[str]:
    """Lower-case words without accents; each sign of punctuation and each Han sign alone."""
    plain = unicodedata.normalize("NFD", text.replace("’", "'").lower())
    out: list[str] = []
    for sign in plain:
        kind = unicodedata.category(sign)
        if kind == "Mn" or (kind in ("Cc", "Cf") and not sign.isspace()):
            continue
        if sign.isspace():
            out.append(" ")
        elif kind.startswith("P") or (sign.isascii() and not sign.isalnum()) or _han(sign):
            out.append(f" {sign} ")
        else:
            out.append(sign)
    return "".join(out).split()


def _han(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff" or "\uf900" <= sign <= "\ufaff" or sign >= "\U00020000"
