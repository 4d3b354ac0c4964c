"""Is every turn in the language that was asked for, and none of it left in another?"""

from __future__ import annotations

import re

from dramaturg.errors import NotJudged
from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.asked import need_words
from dramaturg.scorers.base import RULE, Scorer
from dramaturg.scorers.languages import Language, language_named, script_of, tell_language

_SENTENCE = re.compile(r"(?<=[.!?…。！？؟।])\s+|(?<=[。！？])")
_LEAST_WORDS = 6  # in another script: a name or a title is no sentence
_SHOWN = 60  # characters of a turn in a reason


def in_language(source: Language, target: Language | None = None) -> Scorer:
    """Whether every turn is in the language asked for; see `InLanguage`."""
    return InLanguage(source, target)


class InLanguage:
    """The share of turns that are not plainly in another language.

    A turn is told as a whole and by sentences, so that one sentence of the source language inside
    a turn is found. What cannot be told (up to three words, names, a near language) passes.

    Args:
        source: The language of the examples that the writer was shown: what leaks, if anything.
        target: The language of the conversation; None: the one that its scene's field "language"
            names, and where there is none, the one that all of it together is told to be in.
    """

    name, version, cost_rank, low, high = "in_language", "words-1", RULE, 0.0, 1.0

    def __init__(self, source: Language, target: Language | None = None) -> None:
        self.source, self.target = source, target

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        target = self.target or _language_of(conversation)
        wrong = [
            (i, why)
            for i, turn in enumerate(conversation.turns)
            if (why := astray(turn.text, target, self.source))
        ]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(1 - len(wrong) / len(conversation.turns), 6),
            passed=not wrong,
            reasons=tuple(f"turn {i} {why}" for i, why in wrong),
            evidence=tuple(Evidence(turn=i, note=why) for i, why in wrong),
        )


def _language_of(conversation: Conversation) -> Language:
    if "language" in conversation.scene:
        return language_named(conversation)
    told = tell_language(" ".join(turn.text for turn in conversation.turns))
    if told is None:
        raise NotJudged("no language is named for it, and none can be told", kind="no language")
    return told


def astray(text: str, target: Language, source: Language) -> str:
    """Why a text is not in the target language, or "" where it is or where that cannot be told.

    >>> from dramaturg.scorers.languages import find_language
    >>> french, english = find_language("fr"), find_language("en")
    >>> astray("Je ne sais pas. But I like it very much.", french, english)
    "has a sentence in English: 'But I like it very much.'"
    """
    whole = _other(text, target, source)
    parts = [part.strip() for part in _SENTENCE.split(text) if part and part.strip()]
    others = [(part, told) for part in parts if (told := _other(part, target, source))]
    pair = (target, source)
    fits = any(t and t.tag == target.tag for t in (tell_language(p, likely=pair) for p in parts))
    if others and (fits or not whole):
        part, told = others[0]
        return f"has a sentence in {told}: {part[:_SHOWN]!r}"
    return f"is in {whole}, not in {target.name}" if whole else ""


def _other(text: str, target: Language, source: Language) -> str:
    """The name of the other language that a text is plainly in, or ""."""
    if not target.known:  # nothing is known of it: the source can be told, no other
        told = tell_language(text, likely=(source,))
        return told.name if told and told.tag == source.tag else ""
    told = tell_language(text, likely=(target, source))
    if told:
        return told.name if told.tag != target.tag else ""
    told = tell_language(text)
    if told:
        return "" if told.near(target) else told.name
    script = script_of(text)
    if script and script != target.script and len(text.split()) >= _LEAST_WORDS:
        return f"another script ({script.lower()})"
    return ""
