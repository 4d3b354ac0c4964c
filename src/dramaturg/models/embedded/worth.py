"""What a draft of a turn is worth: the share of its fact that it says, less what it must not do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dramaturg.models.embedded.overlap import SHOWN_SHARE, share_said

GOOD = 0.75  # a draft worth so much is good enough
SENTENCE_WORDS = 4  # a sentence of so many words is not to be said twice by one person

_PLACEHOLDER = re.compile(r"[\[(](?:\w+ ){0,3}name\W", re.I)  # left open in the training text
_ENDED = re.compile(r"[.!?…][\"')\]]*$")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


class Judge(Protocol):
    """What experts hold against a draft."""

    def __call__(self, facts: Sequence[str], said: Sequence[str], text: str) -> float:
        """What a draft loses, 0 if nothing is wrong; see `worth`.

        Args:
            facts: Of the speaker.
            said: The speaker's earlier turns.
            text: The draft.
        """


@dataclass(frozen=True)
class Setting:
    """What a turn is compared with.

    Attributes:
        wanted: The fact that the turn is to say; "" for none.
        mine: The facts of its speaker.
        theirs: Those of the partner.
        said: The speaker's earlier turns.
        heard: The partner's.
    """

    wanted: str
    mine: Sequence[str]
    theirs: Sequence[str]
    said: Sequence[str]
    heard: Sequence[str]


def worth(text: str, setting: Setting, judge: Judge | None = None) -> float:
    """Share of the wanted fact that a draft says (1 with none), less:

    2 for nothing, an earlier turn once more, or an open placeholder; 1 for each fact of the partner
    as one's own; 0.5 for a sentence that this speaker said before, or the same twice in the turn;
    0.5 for an end in the middle of a sentence; and what the judge holds against it.
    """
    found = share_said(setting.wanted, text) if setting.wanted else 1.0
    if not text or plain(text) in _plain_all(setting) or _PLACEHOLDER.search(text):
        found -= 2.0
    mine = [setting.wanted, *setting.mine]
    for fact in setting.theirs:
        if says_of_self(fact, text) and not any(share_said(own, fact) >= 0.5 for own in mine):
            found -= 1.0
    if repeats_sentence(text, setting.said):
        found -= 0.5
    if not _ENDED.search(text):
        found -= 0.5
    if judge is not None:
        found -= judge(setting.mine, setting.said, text)
    return found


def says_of_self(fact: str, text: str) -> bool:
    """Whether a turn says a fact, and does not just ask."""
    return not text.endswith("?") and share_said(fact, text) >= SHOWN_SHARE


def repeats_sentence(text: str, said: Sequence[str]) -> bool:
    """Whether a longer sentence was said in these turns, or stands in the text twice."""
    own = _sentences(text)
    before = {sentence for turn in said for sentence in _sentences(turn)}
    return len(own) != len(set(own)) or not before.isdisjoint(own)


def plain(text: str) -> str:
    """Lower case, without punctuation."""
    return re.sub(r"\W+", " ", text.lower()).strip()


def _sentences(text: str) -> list[str]:
    found = map(plain, _SENTENCE.split(text))
    return [sentence for sentence in found if sentence.count(" ") >= SENTENCE_WORDS - 1]


def _plain_all(setting: Setting) -> set[str]:
    return {plain(turn) for turn in (*setting.said, *setting.heard)}
