"""Does the model say its training text by heart, and does it give away anybody's data?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from dramaturg.dataset.redaction.patterns import find_patterns
from dramaturg.records import Conversation
from dramaturg.scorers import tokens
from dramaturg.scorers.words import STOP

if TYPE_CHECKING:
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[Any]

RUN = 8  # words in a row that count as copied
WHOLE = 6  # words from which a whole turn counts
_MIX = np.uint64(0x9E3779B97F4A7C15)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SENTENCE = re.compile(r"(?:^|[.!?:]+[\"')]*\s+[\"'(]*|[\"(])$")


@dataclass(frozen=True)
class Copied:
    """How much of a text stands in the training text.

    Attributes:
        runs, copied: Runs of eight words (inside a turn), and those found in the training text.
        longest: Words of the longest run that is found, and the run itself.
        turns, whole: Turns of six words or more, and those that are a training turn word by word.
    """

    runs: int
    copied: int
    longest: int
    longest_text: str
    turns: int
    whole: int


class TrainingText:
    """All turns that were trained on, ready to be searched.

    Args:
        texts: The turns.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._codes: dict[str, int] = {}
        flat: list[int] = [0]
        self._whole: set[tuple[int, ...]] = set()
        for text in texts:
            found = tuple(self._learn(word) for word in tokens(text))
            if len(found) >= WHOLE:
                self._whole.add(found)
            flat += found
            flat.append(0)
        self._flat = np.array(flat, dtype=np.uint32)
        self._starts, self._keys = _runs(self._flat)
        order = np.argsort(self._keys, kind="stable")
        self._starts, self._keys = self._starts[order], self._keys[order]
        self.words = int(np.count_nonzero(self._flat))

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every word, in lower case."""
        return frozenset(self._codes)

    def _learn(self, word: str) -> int:
        return self._codes.setdefault(word, len(self._codes) + 1)

    def copied(self, texts: Iterable[str]) -> Copied:
        """How much of these turns is found."""
        runs = copied = turns = whole = longest = 0
        longest_text = ""
        for text in texts:
            words = tokens(text)
            unknown = len(self._codes) + 1
            codes = [self._codes.get(word, unknown) for word in words]
            if len(codes) >= WHOLE:
                turns += 1
                whole += tuple(codes) in self._whole
            for start in range(len(codes) - RUN + 1):
                runs += 1
                places = self._places(codes[start : start + RUN])
                if not len(places):
                    continue
                copied += 1
                length = self._extended(places, codes[start:])
                if length > longest:
                    longest, longest_text = length, " ".join(words[start : start + length])
        return Copied(runs, copied, longest, longest_text, turns, whole)

    def _places(self, run: Sequence[int]) -> Array:
        key = _keyed(np.array(run, dtype=np.uint64)[None])[0]
        low, high = np.searchsorted(self._keys, [key, key + np.uint64(1)])
        places: Array = self._starts[low:high]
        if not len(places):
            return places
        same = self._flat[places[:, None] + np.arange(RUN)] == np.array(run)
        found: Array = places[same.all(axis=1)]
        return found

    def _extended(self, places: Array, codes: Sequence[int]) -> int:
        length = RUN
        while length < len(codes):
            places = places[self._flat[places + length] == codes[length]]
            if not len(places):
                break
            length += 1
        return length


def _runs(flat: Array) -> tuple[Array, Array]:
    """Where a run of eight words without a break begins, and its key."""
    breaks = np.concatenate([[0], np.cumsum(flat == 0)])
    starts = np.arange(max(0, len(flat) - RUN + 1))
    starts = starts[breaks[starts + RUN] == breaks[starts]]
    keys = np.zeros(len(starts), np.uint64)
    for offset in range(RUN):  # a window of views would hold eight copies at once
        keys = _mixed(keys, flat[starts + offset].astype(np.uint64))
    return starts, keys


def _keyed(rows: Array) -> Array:
    keys = np.zeros(len(rows), np.uint64)
    for offset in range(rows.shape[1]):
        keys = _mixed(keys, rows[:, offset])
    return keys


def _mixed(keys: Array, codes: Array) -> Array:
    mixed = keys * _MIX + codes
    found: Array = mixed ^ (mixed >> np.uint64(29))
    return found


@dataclass(frozen=True)
class Leaks:
    """What looks like a name or an address in what was written.

    Attributes:
        patterns: By kind ("email", "phone", "url", ...) the pieces that have its shape.
        names: Words with a capital inside a sentence that stand in no profile of the conversation
            and not in the list of names that the cleaning fills in, and how often.
        unknown: Those of `names` that do not stand in the training text.
    """

    patterns: dict[str, list[str]]
    names: Counter[str]
    unknown: list[str]


def leaks(
    talks: Sequence[Conversation], filled_in: Iterable[str], trained: frozenset[str]
) -> Leaks:
    """Look through every turn.

    Args:
        filled_in: Names that the cleaning put into the training text.
        trained: Every word of the training text, in lower case.
    """
    known = {name.lower() for name in filled_in}
    patterns: dict[str, list[str]] = {}
    names: Counter[str] = Counter()
    for talk in talks:
        own = {word for s in talk.speakers for fact in s.persona for word in tokens(fact)}
        for turn in talk.turns:
            for span in find_patterns(turn.text):
                patterns.setdefault(span.kind, []).append(turn.text[span.start : span.end])
            for name in capitals(turn.text):
                if not {name.lower(), name.lower().removesuffix("'s")} & (known | own):
                    names[name] += 1
    unknown = sorted(name for name in names if not set(tokens(name)) <= trained)
    return Leaks(patterns, names, unknown)


def capitals(text: str) -> list[str]:
    """Words with a capital that do not begin a sentence: names, places, brands.

    >>> capitals("I met Ann. She's from New York!")
    ['Ann', 'New', 'York']
    """
    found = []
    for match in _WORD.finditer(text):
        word = match.group()
        if not word[0].isupper() or word == "I" or word.startswith("I'"):
            continue
        if word.lower() in STOP or _SENTENCE.search(text[: match.start()]):
            continue
        found.append(word)
    return found
