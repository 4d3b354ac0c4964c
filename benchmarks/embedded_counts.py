"""Counts over a set of conversations: variety at equal length, repetition, control, contradiction.

Nothing here knows the embedded model; each takes records and gives numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dramaturg.models import NLIModel
from dramaturg.records import Conversation
from dramaturg.scorers import distinct_n, tokens, utterances
from dramaturg.scorers.faithfulness import against_facts, claims

REPEATED = 4  # words in a row that count as said again


def size(talks: Sequence[Conversation]) -> int:
    """Words of all turns, without punctuation: the measure of equal length."""
    return sum(len(tokens(text)) for text in utterances(talks))


def distinct(talks: Sequence[Conversation], at_tokens: int) -> tuple[float, float, float]:
    """distinct-1, -2 and -3 over the first `at_tokens` words."""
    texts = utterances(talks)
    one, two, three = (distinct_n(texts, n, at_tokens=at_tokens) for n in (1, 2, 3))
    return one, two, three


def different(talks: Sequence[Conversation], first: int | None = None) -> float:
    """Share of different utterances among the first so many, without case and outer spaces."""
    texts = [" ".join(text.lower().split()) for text in utterances(talks)][:first]
    return len(set(texts)) / len(texts) if texts else 0.0


def self_repetition(talks: Sequence[Conversation]) -> float:
    """Share of runs of four words that occurred earlier in the same conversation, by anyone.

    Runs do not cross turns. It grows with the length of a conversation.
    """
    again = total = 0
    for talk in talks:
        seen: set[tuple[str, ...]] = set()
        for turn in talk.turns:
            words = tokens(turn.text)
            for start in range(len(words) - REPEATED + 1):
                run = tuple(words[start : start + REPEATED])
                again += run in seen
                seen.add(run)
                total += 1
    return again / total if total else 0.0


def head(talks: Sequence[Conversation], turns: int) -> list[Conversation]:
    """The same conversations, each cut after so many turns."""
    return [
        Conversation(scene_id=t.scene_id, speakers=t.speakers, turns=t.turns[:turns]) for t in talks
    ]


@dataclass(frozen=True)
class Contradictions:
    """What an inference model calls a contradiction.

    Attributes:
        talks, flagged: Conversations, and those with a turn that contradicts a fact of its speaker.
        pairs, wrong: Pairs of a claiming turn and a fact of its speaker, and those that contradict.
        self_flagged: Conversations in which a turn contradicts an earlier turn of its speaker.
        self_pairs, self_wrong: Pairs of two claiming turns of one speaker, and the contradictions.
    """

    talks: int
    flagged: int
    pairs: int
    wrong: int
    self_flagged: int
    self_pairs: int
    self_wrong: int


async def contradictions(talks: Sequence[Conversation], nli: NLIModel) -> Contradictions:
    """Every claiming turn against the own facts, and against the own earlier claims."""
    flagged = pairs = wrong = self_flagged = self_pairs = self_wrong = 0
    for talk in talks:
        rows, count, self_count = await _judged(talk, nli)
        own = sum(kind == "own" for _, kind in rows)
        pairs, wrong, flagged = pairs + count, wrong + own, flagged + bool(own)
        self_pairs, self_wrong = self_pairs + self_count, self_wrong + len(rows) - own
        self_flagged += own < len(rows)
    return Contradictions(len(talks), flagged, pairs, wrong, self_flagged, self_pairs, self_wrong)


async def contradicted(talk: Conversation, nli: NLIModel) -> list[tuple[int, str]]:
    """Each contradiction as (turn, "own" for a fact of the speaker or "self" for an earlier turn).

    A turn is named once for each fact and each earlier turn that it contradicts.
    """
    return (await _judged(talk, nli))[0]


async def _judged(talk: Conversation, nli: NLIModel) -> tuple[list[tuple[int, str]], int, int]:
    """The contradictions, and how many pairs of either kind were judged."""
    facts = await against_facts(talk, nli)
    found = [(turn, "own") for turn, _, _, one in facts if one.label == "contradict"]
    places = own_pairs(talk)
    said = [claims(turn.text) for turn in talk.turns]
    judged = await nli.judge([(said[late], said[early]) for early, late in places], seed=0)
    found += [
        (late, "self")
        for (_, late), one in zip(places, judged, strict=True)
        if one.label == "contradict"
    ]
    return found, len(facts), len(places)


def own_pairs(talk: Conversation) -> list[tuple[int, int]]:
    """(earlier, later) for every two turns of one speaker that claim something."""
    found = []
    said = [bool(claims(turn.text)) for turn in talk.turns]
    for late, turn in enumerate(talk.turns):
        found += [
            (early, late)
            for early in range(late)
            if said[early] and said[late] and talk.turns[early].speaker == turn.speaker
        ]
    return found
