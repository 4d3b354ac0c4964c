"""Is every turn in the language that was asked for, and none of it left in another?"""

from __future__ import annotations

import re

from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.asked import need_words
from dramaturg.scorers.base import RULE
from dramaturg.scorers.languages import Language, script_of, tell_language

_SENTENCE = re.compile(r"(?<=[.!?…。！？؟।])\s+|(?<=[。！？])")
_LEAST_WORDS = 6  # in another script: a name or a title is no sentence
_SHOWN = 60  # characters of a turn in a reason


class InLanguage:
    """The share of turns that are not plainly in another language.

    A turn is told as a whole and by sentences, so that one sentence of the source language inside
    a turn is found. What cannot be told (up to three words, names, a near language) passes.

    Args:
        target: The language of the conversation.
        source: The language of the examples that the writer was shown: what leaks, if anything.
    """

    name, version, cost_rank, low, high = "in_language", "words-1", RULE, 0.0, 1.0

    def __init__(self, target: Language, source: Language) -> None:
        self.target, self.source = target, source

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        wrong = [(i, why) for i, t in enumerate(conversation.turns) if (why := self.astray(t.text))]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(1 - len(wrong) / len(conversation.turns), 6),
            passed=not wrong,
            reasons=tuple(f"turn {i} {why}" for i, why in wrong),
            evidence=tuple(Evidence(turn=i, note=why) for i, why in wrong),
        )

    def astray(self, text: str) -> str:
        """Why a text is not in the language, or "" where it is or where that cannot be told."""
        told = self._other(text)
        if told:
            return f"is in {told}, not in {self.target.name}"
        for part in _SENTENCE.split(text):
            told = self._other(part)
            if told:
                return f"has a sentence in {told}: {part.strip()[:_SHOWN]!r}"
        return ""

    def _other(self, text: str) -> str:
        """The name of the other language that a text is plainly in, or ""."""
        if not self.target.known:  # nothing is known of it: the source can be told, no other
            told = tell_language(text, likely=(self.source,))
            return told.name if told and told.tag == self.source.tag else ""
        told = tell_language(text)
        if told and told.tag != self.target.tag:
            return told.name
        script = script_of(text)
        if script and script != self.target.script and len(text.split()) >= _LEAST_WORDS:
            return f"another script ({script.lower()})"
        return ""
