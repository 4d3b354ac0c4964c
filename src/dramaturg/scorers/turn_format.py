"""Is a conversation of the form that was asked for: who speaks when, how much, in whose words?"""

from __future__ import annotations

from collections.abc import Sequence

from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.base import RULE
from dramaturg.scorers.words import tokens


def longest_copied(text: str, sources: Sequence[str]) -> int:
    """The most words in a row that a text has in common with one of the sources.

    Words are compared in lower case without punctuation.

    >>> longest_copied("Yes, I went to the sea!", ["Today I went to the sea."])
    5
    """
    words = tokens(text)
    best = 0
    for source in sources:
        theirs = tokens(source)
        before = [0] * (len(theirs) + 1)
        for word in words:
            now = [0] * (len(theirs) + 1)
            for i, other in enumerate(theirs):
                if word == other:
                    now[i + 1] = before[i] + 1
            best = max(best, *now)
            before = now
    return best


class TurnFormat:
    """The form of a conversation, as a rule.

    It is kept where the speakers take turns, none has more than one turn more than another, every
    turn has from 1 to `words` words, there are `turns[0]` to `turns[1]` turns, and no turn has
    more than `copied` words in a row from what its conversation is grounded in. The value is 1
    for kept, 0 for not.

    Args:
        sources: Texts that may not be copied, beside the speakers' personas.
    """

    name, version, cost_rank, low, high = "turn_format", "rule-1", RULE, 0.0, 1.0

    def __init__(
        self,
        *,
        words: int = 20,
        turns: tuple[int, int] = (2, 1_000),
        copied: int = 8,
        sources: Sequence[str] = (),
    ) -> None:
        self.words, self.turns, self.copied, self.sources = words, turns, copied, tuple(sources)

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        found = self.broken(conversation)
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=float(not found),
            passed=not found,
            reasons=tuple(why for _, why in found),
            evidence=tuple(Evidence(turn=at, note=why) for at, why in found if at is not None),
        )

    def broken(self, conversation: Conversation) -> list[tuple[int | None, str]]:
        """Every rule that is broken: the turn (None = the whole) and why."""
        said, (least, most) = conversation.turns, self.turns
        found: list[tuple[int | None, str]] = []
        if not least <= len(said) <= most:
            found.append((None, f"{len(said)} turns instead of {least} to {most}"))
        counts = [len(conversation.said_by(i)) for i in range(len(conversation.speakers))]
        if max(counts) - min(counts) > 1:
            found.append((None, f"the speakers have {' and '.join(map(str, counts))} turns"))
        sources = [*self.sources, *(" ".join(s.persona) for s in conversation.speakers)]
        for at, turn in enumerate(said):
            if at and turn.speaker == said[at - 1].speaker:
                found.append((at, f"turn {at} is by the speaker of the turn before"))
            length = len(tokens(turn.text))
            if not 1 <= length <= self.words:
                found.append((at, f"turn {at} has {length} words, {self.words} are the most"))
            if (same := longest_copied(turn.text, sources)) > self.copied:
                found.append((at, f"turn {at} copies {same} words in a row"))
        return found
