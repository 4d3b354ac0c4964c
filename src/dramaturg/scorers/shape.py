"""The outer shape of a conversation, by counting: length, questions, balance, repetition."""

from __future__ import annotations

import math
from collections import Counter

from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.asked import need_two_speakers, need_words
from dramaturg.scorers.base import RULE
from dramaturg.scorers.words import tokens

ENDLESS = 1e9  # stands for "no upper end" in a range: JSON knows no infinity
_MARKS = "?？؟"
_SHOWN = 5  # repeats told in a verdict


class Length:
    """How much is said: words in all turns together; turns and words a turn stand in the reason.

    In writing systems without spaces a run of characters counts as one word.
    """

    name, version, cost_rank, low, high = "length", "words-1", RULE, 0.0, ENDLESS

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        counts = [len(tokens(turn.text)) for turn in conversation.turns]
        words, turns = sum(counts), len(counts)
        empty = tuple(i for i, turn in enumerate(conversation.turns) if not turn.text.strip())
        reasons = [f"{turns} turns of {words / max(turns, 1):.1f} words"]
        reasons += [f"{len(empty)} of them empty"] if empty else []
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=float(words),
            high=self.high,
            reasons=tuple(reasons),
            evidence=tuple(Evidence(turn=i, note="empty") for i in empty[:_SHOWN]),
        )


class Questions:
    """The share of turns that ask something, by the question mark."""

    name, version, cost_rank, low, high = "questions", "marks-1", RULE, 0.0, 1.0

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        asks = [any(mark in turn.text for mark in _MARKS) for turn in conversation.turns]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(sum(asks) / len(asks), 6),
            reasons=(f"{sum(asks)} of {len(asks)} turns ask",),
        )


class Balance:
    """How evenly the words are shared: entropy of the speakers' word counts over its greatest.

    1 all say the same amount, 0 one says everything. A speaker who is named and never speaks
    counts.
    """

    name, version, cost_rank, low, high = "balance", "entropy-1", RULE, 0.0, 1.0

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        need_two_speakers(conversation)
        said = [0] * len(conversation.speakers)
        for turn in conversation.turns:
            said[turn.speaker] += len(tokens(turn.text))
        total = sum(said) or 1
        shares = [count / total for count in said]
        entropy = -sum(p * math.log(p) for p in shares if p) / math.log(len(said))
        names = [s.name or f"User {i + 1}" for i, s in enumerate(conversation.speakers)]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(min(max(entropy, 0.0), 1.0), 6),
            reasons=tuple(
                f"{name} says {share:.0%} of the words"
                for name, share in zip(names, shares, strict=True)
            ),
        )


class Repetition:
    """How much was said before: the share of word triples that occurred in an earlier turn.

    A turn of fewer than three words counts as one item, its whole. 0 nothing comes twice. The
    evidence is the turns with most words said before.
    """

    name, version, cost_rank, low, high = "repetition", "triples-1", RULE, 0.0, 1.0

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        seen: dict[tuple[str, ...], int] = {}
        again = total = 0
        rows: list[tuple[float, int, int]] = []  # share, turn, the turn it repeats most of
        for index, turn in enumerate(conversation.turns):
            items = _triples(tokens(turn.text))
            if not items:
                continue
            before = Counter(seen[item] for item in items if item in seen)
            total += len(items)
            again += before.total()
            if before:
                rows.append((before.total() / len(items), index, before.most_common(1)[0][0]))
            for item in items:
                seen.setdefault(item, index)
        rows.sort(key=lambda row: (-row[0], row[1]))
        worst = [row for row in rows if row[0] >= 0.5][:_SHOWN]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(again / total, 6) if total else 0.0,
            reasons=tuple(
                f"turn {turn} repeats {share:.0%} of its words, most from turn {source}"
                for share, turn, source in worst
            ),
            evidence=tuple(
                Evidence(turn=turn, note=f"as turn {source}") for _, turn, source in worst
            ),
        )


def _triples(words: list[str]) -> list[tuple[str, ...]]:
    if len(words) < 3:
        return [tuple(words)] if words else []
    return [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
