"""What the experts hold against a draft of a turn: contradictions, and claims nobody gave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from dramaturg.models.embedded.overlap import content_words
from dramaturg.models.experts.nli import PersonaNLI

CONTRADICTION = 1.0  # a draft loses so much if it contradicts a fact of its speaker or itself
INVENTION = 0.5  # for each claim about work, home, family or pets that nothing said before backs
BACKED = 0.34  # share of a claim's content words that must have been given or said

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_NOUN = (
    r"wife|husband|son|daughter|kids?|children|brothers?|sisters?|parents?|mom|mother|dad|father"
    r"|family|boyfriend|girlfriend|dogs?|cats?|pets?|horses?|job|boss|company|house|apartment"
)
_CLAIM = re.compile(
    rf"\bmy (?:\w+ )?(?:{_NOUN})\b"
    rf"|\bI (?:\w+ )?(?:have|own|had) (?:\w+ ){{0,2}}(?:{_NOUN})\b"
    r"|\bI (?:\w+ )?(?:work|live|grew up|teach|study|moved|was born) (?:as|at|for|in|on|with|to)\b"
    r"|\bI(?:'m| am) (?:\w+ )?an? (?!(?:big|huge|bit|little|lot|fan|good|bad|great|pretty)\b)",
    re.IGNORECASE,
)


class DraftJudge:
    """A judge of drafts for `write_conversation`.

    Args:
        nli: Judges an utterance against a fact.
        contradiction: What a draft loses for contradicting its speaker's facts or earlier turns.
        invention: What it loses for each invented claim.
    """

    def __init__(
        self,
        nli: PersonaNLI,
        *,
        contradiction: float = CONTRADICTION,
        invention: float = INVENTION,
    ) -> None:
        self._nli, self._contradiction, self._invention = nli, contradiction, invention

    def __call__(self, facts: Sequence[str], said: Sequence[str], text: str) -> float:
        """What the draft loses; see `embedded.worth.Judge`."""
        lost = self._invention * len(inventions(facts, said, text)) if self._invention else 0.0
        if self._contradiction and (self.against([*facts, *said], text) or self.itself(text)):
            lost += self._contradiction
        return lost

    def against(self, before: Sequence[str], text: str) -> bool:
        """Whether the draft contradicts any of these facts or turns of its speaker."""
        return self._any([(text, one) for one in before])

    def itself(self, text: str) -> bool:
        """Whether a sentence of the draft contradicts an earlier one of it."""
        parts = _SENTENCE.split(text)
        return self._any([(later, one) for n, one in enumerate(parts) for later in parts[n + 1 :]])

    def _any(self, pairs: list[tuple[str, str]]) -> bool:
        return any(one.label == "contradict" for one in self._nli.judge_many(pairs))


def inventions(facts: Sequence[str], said: Sequence[str], text: str) -> list[str]:
    """Sentences with a claim about one's work, home, family or pets that nothing backs.

    Args:
        facts: Of the speaker.
        said: The speaker's earlier turns.
        text: The draft.
    """
    given = frozenset().union(*map(content_words, (*facts, *said)))
    found = []
    for sentence in _SENTENCE.split(text):
        words = content_words(sentence)
        claims = not sentence.endswith("?") and _CLAIM.search(sentence)
        if claims and len(words & given) < BACKED * len(words):
            found.append(sentence)
    return found


@cache
def draft_judge() -> DraftJudge:
    """The judge that the embedded model writes with; one a process."""
    return DraftJudge(PersonaNLI())
