"""Does a speaker read the profile out? A fact pasted whole into a turn is no talk."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.asked import need_personas, need_words
from dramaturg.scorers.base import RULE, Scorer
from dramaturg.scorers.faithfulness import fact_id
from dramaturg.scorers.languages import script_of

LEAST_WORDS = 4  # shorter facts ("I am a cook.") are said by anyone
_LEAST_SIGNS = 8  # letters, where a text has no spaces
_SPACELESS = frozenset(("JAPANESE", "CJK", "THAI", "LAO", "KHMER", "MYANMAR"))
_PIECE = re.compile(r"[^\W_]+")


def persona_copy() -> Scorer:
    """Whether no turn holds a fact word for word; see `PersonaCopy`."""
    return PersonaCopy()


class PersonaCopy:
    """The share of turns that hold no fact of either profile word for word.

    Case, punctuation and spaces do not count; words before and after it in the turn do not help.
    Facts of up to three words are not looked at.
    """

    name, version, cost_rank, low, high = "persona_copy", "words-2", RULE, 0.0, 1.0

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        need_personas(conversation)
        facts = [
            (who, n, fact, plain)
            for who, speaker in enumerate(conversation.speakers)
            for n, fact in enumerate(speaker.persona)
            if (plain := _long_enough(fact))
        ]
        found = []
        for i, turn in enumerate(conversation.turns):
            said = _said(turn.text)
            hit = next((row for row in facts if row[3] in said), None)
            if hit:
                found.append((i, *hit))
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(1 - len(found) / len(conversation.turns), 6),
            passed=not found,
            reasons=tuple(f"turn {i} says {fact!r} word for word" for i, _, _, fact, _ in found),
            evidence=tuple(
                Evidence(turn=i, fact_id=fact_id(conversation, who, n), note="word for word")
                for i, who, n, _, _ in found
            ),
        )


def copied(text: str, facts: Sequence[str]) -> str | None:
    """The first fact that stands in a text word for word, or None."""
    said = _said(text)
    return next((fact for fact in facts if (plain := _long_enough(fact)) and plain in said), None)


def _long_enough(fact: str) -> str:
    if script_of(fact) in _SPACELESS:
        signs = _signs(fact)
        return signs if len(signs) >= _LEAST_SIGNS else ""
    plain = _plain(fact)
    words = plain.split()
    spaceless = not fact.isascii() and len(words) <= 2
    enough = len(plain.strip()) >= _LEAST_SIGNS if spaceless else len(words) >= LEAST_WORDS
    if not enough:
        return ""
    return plain.strip() if spaceless else plain


def _said(text: str) -> str:
    """A turn in both forms in which a fact is looked for: words, and signs without spaces."""
    return f"{_plain(text)}\n{_signs(text)}"


def _signs(text: str) -> str:
    """Letters, their marks and digits alone: commas do not part a fact where spaces do not."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if unicodedata.category(char)[0] in "LMN")


def _plain(text: str) -> str:
    """The words in lower case, each between single spaces, so that only whole words are found."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return f" {' '.join(_PIECE.findall(folded))} "
