"""A conversation as the measures read it: cut into words once, with a key for who talks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.records import Conversation
from dramaturg.scorers import ShownCounts, shown_counts, tokens

if TYPE_CHECKING:
    import numpy.typing as npt

    Codes: TypeAlias = npt.NDArray[Any]

# Persona-Chat writes "i'm", Synthetic-Persona-Chat "I am": the same person.
_WRITTEN_OUT = (
    ("won't", "will not"), ("can't", "can not"), ("cannot", "can not"), ("n't", " not"),
    ("'m", " am"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"), ("'d", " would"),
    ("'s", " is"),
)  # fmt: skip
_WORD_CHARACTERS = re.compile(r"\w+")
_MIX = 0x9E3779B97F4A7C15  # odd, so that multiplying loses nothing
_MOST_WORDS = 500_000


class Talk:
    """One conversation, read once for all measures.

    Attributes:
        words: The tokens of each turn, in lower case.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.words: list[list[str]] = [tokens(turn.text) for turn in conversation.turns]

    @cached_property
    def key(self) -> int:
        """Who talks: the same for the same people in either order; 0 where nobody is known."""
        people = [people_key(s.persona) for s in self.conversation.speakers if s.persona]
        return stable_hash("\n".join(sorted(people))) if people else 0

    @cached_property
    def written_out(self) -> list[list[str]]:
        """The tokens of each turn with contractions written out, for comparing wordings."""
        return [
            tokens(written_out(turn.text)) if "'" in turn.text or "’" in turn.text else words
            for turn, words in zip(self.conversation.turns, self.words, strict=True)
        ]

    @cached_property
    def flat(self) -> list[str]:
        """All tokens in order."""
        return [word for words in self.words for word in words]

    @cached_property
    def shown(self) -> ShownCounts:
        """Who shows how many of the attributes."""
        return shown_counts(self.conversation)

    @cached_property
    def plain(self) -> list[str]:
        """The turns without case and outer spaces, as `different_utterances` compares them."""
        return [" ".join(turn.text.lower().split()) for turn in self.conversation.turns]


def people_key(persona: Iterable[str]) -> str:
    """A person by their facts, whatever the order, case, punctuation and contractions.

    >>> people_key(["I'm tall.", "I bake"]) == people_key(["i bake.", "I am tall"])
    True
    """
    return "|".join(sorted(fact_key(fact) for fact in persona))


def fact_key(fact: str) -> str:
    """A fact without case, spaces, punctuation and contractions."""
    return "".join(_WORD_CHARACTERS.findall(written_out(fact)))


def written_out(text: str) -> str:
    """Lower case, with contractions as the words they stand for.

    >>> written_out("I'm tall")
    'i am tall'
    """
    text = text.lower().replace("’", "'")
    if "'" in text or "cannot" in text:
        for short, long in _WRITTEN_OUT:
            text = text.replace(short, long)
    return text


def stable_hash(text: str) -> int:
    """64 bits of a text, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


class Coder:
    """Words as 64-bit numbers, the same on every machine; what was seen is remembered."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def __call__(self, words: Sequence[str]) -> Codes:
        """One number a word, shape `(len(words),)`, uint64."""
        import numpy as np

        if len(self._seen) > _MOST_WORDS:
            self._seen.clear()
        seen = self._seen
        found = []
        for word in words:
            code = seen.get(word)
            if code is None:
                code = seen[word] = stable_hash(word)
            found.append(code)
        return np.array(found, dtype=np.uint64)


def ngram_codes(codes: Codes, n: int) -> Codes:
    """One number for each run of n words, in order; none where there are fewer than n."""
    import numpy as np

    count = len(codes) - n + 1
    if count <= 0:
        return np.zeros(0, dtype=np.uint64)
    mix = np.uint64(_MIX)
    found = codes[:count].copy()
    for i in range(1, n):
        found = found * mix + codes[i : i + count]
        found ^= found >> np.uint64(29)
    return found
