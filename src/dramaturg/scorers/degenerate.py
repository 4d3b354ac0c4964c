"""Has a text fallen apart: loops of the same words, or lengths that run away?

Steering a model too hard shows first as repetition. One text is judged by itself, a set also
against a reference of the same kind (the unsteered texts).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.asked import need_words
from dramaturg.scorers.base import RULE
from dramaturg.scorers.variety import count_tokens, distinct_n
from dramaturg.scorers.words import tokens

LEAST_OF_A_TEXT = 0.6  # distinct-2 of one text of LONG or more words; people's lie above 0.8
LONG = 20
LEAST_OF_A_SET = 0.5  # distinct-2 of a set at AT_TOKENS
AT_TOKENS = 560
FALL = 1 / 3  # share of the reference's distinct-2 that may be lost
GROWTH = 2.0  # times the reference's mean length


class Degeneration(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a set of texts has fallen apart, and by what.

    Attributes:
        distinct_2: At `tokens` tokens of the set.
        words: Mean length of a text.
        broken: Texts that repeat themselves, of `n`.
        reasons: Empty where nothing is wrong.
    """

    distinct_2: float
    tokens: int
    words: float
    broken: int
    n: int
    reasons: tuple[str, ...] = ()

    @property
    def flagged(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.reasons)


def repeats_itself(text: str) -> bool:
    """Whether one text goes round in circles: of its word pairs fewer than 60 % are different.

    Texts of fewer than 20 words are too short to tell.

    >>> repeats_itself("no no no no no no no no no no no no no no no no no no no no no")
    True
    """
    return len(tokens(text)) >= LONG and distinct_n([text], 2) < LEAST_OF_A_TEXT


def degeneration(texts: Sequence[str], *, reference: Sequence[str] = ()) -> Degeneration:
    """What has gone wrong with a set of texts, if anything.

    Flagged where distinct-2 at equal tokens is below 0.5 or has lost a third of the reference's,
    where the mean length is more than twice the reference's, or where a tenth of the texts go
    round in circles.

    Args:
        reference: Texts of the same kind that are known to be sound; () = judged by itself.

    Raises:
        ValueError: If there is no text.
    """
    if not texts:
        raise ValueError("there is no text to judge")
    size = min(AT_TOKENS, count_tokens(texts), count_tokens(reference) if reference else AT_TOKENS)
    now = distinct_n(texts, 2, at_tokens=size)
    words = count_tokens(texts) / len(texts)
    broken = sum(map(repeats_itself, texts))
    reasons = []
    if now < LEAST_OF_A_SET:
        reasons.append(f"distinct-2 at {size} tokens is {now:.2f}")
    if 10 * broken >= len(texts):
        reasons.append(f"{broken} of {len(texts)} texts repeat themselves")
    if reference:
        before = distinct_n(reference, 2, at_tokens=size)
        length = count_tokens(reference) / len(reference)
        if now < (1 - FALL) * before:
            reasons.append(f"distinct-2 fell from {before:.2f} to {now:.2f}")
        if words > GROWTH * length:
            reasons.append(f"{words:.0f} words a text, the reference has {length:.0f}")
    return Degeneration(
        distinct_2=now, tokens=size, words=words, broken=broken, n=len(texts),
        reasons=tuple(reasons),
    )  # fmt: skip


class Circles:
    """The share of turns that go round in circles; evidence names them."""

    name, version, cost_rank, low, high = "circles", "pairs-1", RULE, 0.0, 1.0

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        turns = [i for i, turn in enumerate(conversation.turns) if repeats_itself(turn.text)]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(len(turns) / len(conversation.turns), 6),
            passed=not turns,
            reasons=tuple(f"turn {i} repeats its own words" for i in turns),
            evidence=tuple(Evidence(turn=i, note="repeats its own words") for i in turns),
        )
