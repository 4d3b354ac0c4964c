"""What is counted in each conversation by itself: shares and means with a sum above and below.

Every counter here is exact over all conversations, streams, and takes microseconds; the bootstrap
over conversations needs nothing but its two columns.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dramaturg.evaluate.measure import Measure
from dramaturg.evaluate.resample import Ratio
from dramaturg.evaluate.talk import Talk, written_out
from dramaturg.scorers import tokens
from dramaturg.scorers.words import STOP

_OPENING = tokens("I like to")
_COPIED = 4  # words in a row that count as copied
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Counter:
    """How much of something a conversation has, and out of how much.

    Args:
        count: Talk -> (above, below).
        needs: "" or "personas": what a conversation must have; without it, it counts (0, 0).
    """

    name: str
    group: str
    unit: str
    of: str
    count: Callable[[Talk], tuple[float, float]]
    needs: str = ""
    version: str = "1"


def _a_conversation(of: Callable[[Talk], float]) -> Callable[[Talk], tuple[float, float]]:
    return lambda talk: (of(talk), 1.0)


def _a_turn(holds: Callable[[str], bool]) -> Callable[[Talk], tuple[float, float]]:
    def count(talk: Talk) -> tuple[float, float]:
        turns = talk.conversation.turns
        return float(sum(holds(turn.text) for turn in turns)), float(len(turns))

    return count


def _words(talk: Talk) -> tuple[float, float]:
    return float(sum(map(len, talk.words))), float(len(talk.words))


def _spaced_words(talk: Talk) -> tuple[float, float]:
    turns = talk.conversation.turns
    return float(sum(len(turn.text.split()) for turn in turns)), float(len(turns))


def _opens(talk: Talk) -> tuple[float, float]:
    hits = sum(words[:3] == _OPENING for words in talk.words)
    return float(hits), float(len(talk.words))


def _short(talk: Talk) -> tuple[float, float]:
    return float(sum(0 < len(words) <= 3 for words in talk.words)), float(len(talk.words))


def _again(talk: Talk) -> tuple[float, float]:
    """Turns whose speaker also said the turn before."""
    turns = talk.conversation.turns
    same = sum(a.speaker == b.speaker for a, b in pairwise(turns))
    return float(same), float(max(len(turns) - 1, 0))


def _balance(talk: Talk) -> tuple[float, float]:
    """The words of who says least over an equal share; 1 = all alike, 0 = somebody is silent."""
    said = [0] * len(talk.conversation.speakers)
    for turn, words in zip(talk.conversation.turns, talk.words, strict=True):
        said[turn.speaker] += len(words)
    total = sum(said)
    if not total or len(said) < 2:
        return 0.0, 0.0
    return min(said) * len(said) / total, 1.0


def _said_before(talk: Talk) -> tuple[float, float]:
    """Utterances that were said in the same conversation already."""
    return float(len(talk.plain) - len(set(talk.plain))), float(len(talk.plain))


def _copied_turns(talk: Talk) -> tuple[float, float]:
    """Turns that hold four words in a row of a fact of a speaker of the conversation."""
    known = {
        gram
        for speaker in talk.conversation.speakers
        for fact in speaker.persona
        for gram in _grams(tokens(written_out(fact)))
    }
    if not known:
        return 0.0, 0.0
    hits = sum(any(gram in known for gram in _grams(words)) for words in talk.written_out)
    return float(hits), float(len(talk.words))


def _copied_facts(talk: Talk) -> tuple[float, float]:
    """Runs of four words of a speaker's facts that the speaker says as they stand."""
    hits = total = 0
    for who, speaker in enumerate(talk.conversation.speakers):
        said: set[tuple[str, ...]] = set()
        for turn, words in zip(talk.conversation.turns, talk.written_out, strict=True):
            if turn.speaker == who:
                said.update(_grams(words))
        for fact in speaker.persona:
            grams = _grams(tokens(written_out(fact)))
            hits += sum(gram in said for gram in grams)
            total += len(grams)
    return float(hits), float(total)


def _shown(part: str, whole: str = "attributes") -> Callable[[Talk], tuple[float, float]]:
    return lambda talk: (float(getattr(talk.shown, part)), float(getattr(talk.shown, whole)))


def _grams(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + _COPIED]) for i in range(len(words) - _COPIED + 1)]


def _english(talk: Talk) -> tuple[float, float]:
    """1 where a conversation of 20 words or more has English function words as English has.

    English talk has 40 to 60 % of them; other languages in Latin letters under 15 %, and other
    scripts none.
    """
    every = talk.flat
    if len(every) < 20:
        return (0.0, 1.0) if _foreign(talk) else (0.0, 0.0)
    return float(sum(word in STOP for word in every) / len(every) >= 0.2), 1.0


def _foreign(talk: Talk) -> bool:
    """Whether most letters are of another script than the Latin one."""
    letters = _LETTERS.findall("".join(turn.text for turn in talk.conversation.turns)[:2000])
    return 2 * sum(1 for letter in letters if letter > "\u024f") > len(letters)


COUNTERS: tuple[Counter, ...] = (
    Counter("turns", "size", "turns", "conversations", _a_conversation(lambda t: len(t.words))),
    Counter("words", "size", "words", "utterances", _words),
    Counter("spaced_words", "size", "words", "utterances", _spaced_words),
    Counter("questions", "manner", "share", "utterances",
            _a_turn(lambda text: any(mark in text for mark in "?？؟"))),
    Counter("opens_with_i_like_to", "manner", "share", "utterances", _opens),
    Counter("short_turns", "manner", "share", "utterances", _short),
    Counter("same_speaker_again", "manner", "share", "turns after the first", _again),
    Counter("speaker_balance", "manner", "share", "conversations of two or more", _balance),
    Counter("empty_turns", "health", "share", "utterances", _a_turn(lambda text: not text.strip())),
    Counter("english", "health", "share", "conversations", _english),
    Counter("said_before", "variety", "share", "utterances", _said_before),
    Counter("shown_by_owner", "persona", "share", "attributes", _shown("owner"), "personas"),
    Counter("shown_by_partner_only", "persona", "share", "attributes", _shown("partner_only"),
            "personas"),
    Counter("shown_by_neither", "persona", "share", "attributes", _shown("neither"), "personas"),
    Counter("persona_words_said", "persona", "share", "content words of attributes",
            _shown("words_said", "words"), "personas"),
    Counter("turns_with_copied_facts", "copying", "share", "utterances", _copied_turns, "personas"),
    Counter("facts_copied", "copying", "share", "runs of 4 words of facts", _copied_facts,
            "personas"),
)  # fmt: skip


class Table:
    """The columns of all counters, one row a conversation; 16 bytes a cell."""

    def __init__(self, counters: Sequence[Counter] = COUNTERS) -> None:
        self.counters = counters
        self._over = {counter.name: array("d") for counter in counters}
        self._under = {counter.name: array("d") for counter in counters}

    def add(self, talk: Talk) -> None:
        """One more row."""
        for counter in self.counters:
            over, under = counter.count(talk)
            self._over[counter.name].append(over)
            self._under[counter.name].append(under)

    def ratio(self, name: str) -> Ratio:
        """The two columns of a counter."""
        import numpy as np

        return Ratio(np.frombuffer(self._over[name]), np.frombuffer(self._under[name]))

    def measures(self, keys: Sequence[int], split: str) -> list[Measure]:
        """One measure a counter."""
        found = []
        for counter in self.counters:
            ratio = self.ratio(counter.name)
            total = int(ratio.under.sum())
            lacking = counter.needs and not total
            found.append(
                Measure(
                    name=counter.name,
                    group=counter.group,
                    unit=counter.unit,
                    of=counter.of,
                    count=total,
                    scorer=f"{counter.name} {counter.version}",
                    statistic=ratio,
                    keys=keys,
                    split=split,
                    why=f"no conversation has {counter.needs}" if lacking else "",
                )
            )
        return found

    def column(self, name: str) -> Mapping[str, Any]:
        """Each conversation's own value, NaN where it has none; for pictures."""
        import numpy as np

        ratio = self.ratio(name)
        with np.errstate(divide="ignore", invalid="ignore"):
            return {"name": name, "values": ratio.over / ratio.under}
