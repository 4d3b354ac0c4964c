"""What two splits have in common that they should not: people, pairs, conversations, sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from dramaturg.dataset.facts import words
from dramaturg.dataset.near import NEAR, Overlaps, groups_of
from dramaturg.dataset.split import pair_key, same_people
from dramaturg.records import Conversation, content_id

LONG = 8  # words from which a sentence that is said twice was hardly made twice
_SHOWN = 10


class Leaks(msgspec.Struct, kw_only=True):
    """What a check of the splits found.

    Attributes:
        counts: Conversations by split.
        persons: People (same id, or 60 % of the facts) who stand in more than one split.
        pairs: Pairs of people who talk in more than one split.
        conversations: Groups of near-duplicate conversations that reach over splits.
        facts: Persona facts, by their words, in more than one split; `facts_of` different ones.
            Shared facts are ordinary: Persona-Chat's splits share most of theirs.
        sentences: Turns of 8 words and more that are said, word for word, in more than one
            split; `sentences_of` different ones.
        examples: The first ten leaks of persons, pairs and conversations, in words.
    """

    counts: dict[str, int]
    near: float
    persons: int = 0
    pairs: int = 0
    conversations: int = 0
    facts: int = 0
    facts_of: int = 0
    sentences: int = 0
    sentences_of: int = 0
    examples: list[str] = []

    @property
    def clean(self) -> bool:
        """Whether no person, no pair and no conversation stands in two splits."""
        return not (self.persons or self.pairs or self.conversations)


def check_splits(conversations: Iterable[Conversation], near: float = NEAR) -> Leaks:
    """Look for what splits share. One pass; memory holds profiles and hashes, no conversation.

    Args:
        near: Share of common three-word shingles from which two conversations count as one, in
            [0.5, 1].

    Raises:
        UserError: If `near` is out of range.
    """
    counts: dict[str, int] = defaultdict(int)
    profiles: dict[str, tuple[str, ...]] = {}
    seats: dict[str, set[str]] = defaultdict(set)
    pairs: dict[str, set[str]] = defaultdict(set)
    facts: dict[str, set[str]] = defaultdict(set)
    sentences: dict[str, set[str]] = defaultdict(set)
    overlaps, ids, splits = Overlaps(near), [], []
    for made in conversations:
        split = made.split
        counts[split] += 1
        ids.append(made.id)
        splits.append(split)
        overlaps.add("\n".join(turn.text for turn in made.turns))
        pairs[pair_key(made) or made.id].add(split)
        for speaker in made.speakers:
            told = {" ".join(words(fact)) for fact in speaker.persona}
            for fact in told:
                facts[fact].add(split)
            if told or speaker.persona_id:
                who = speaker.persona_id or content_id("p", sorted(told))
                seats[who].add(split)
                profiles[who] = speaker.persona
        for turn in made.turns:
            said = words(turn.text)
            if len(said) >= LONG:
                sentences[content_id("t", said)].add(split)
    found = Leaks(
        counts=dict(counts),
        near=near,
        facts=_shared(facts),
        facts_of=len(facts),
        sentences=_shared(sentences),
        sentences_of=len(sentences),
        pairs=_shared(pairs),
    )
    _add_persons(found, profiles, seats)
    _add_conversations(found, overlaps, ids, splits)
    return found


def _shared(places: Mapping[Any, set[str]]) -> int:
    return sum(len(where) > 1 for where in places.values())


def _add_persons(
    found: Leaks, profiles: Mapping[str, tuple[str, ...]], seats: Mapping[str, set[str]]
) -> None:
    leaked = {who for who, where in seats.items() if len(where) > 1}
    for who in sorted(leaked)[:_SHOWN]:
        found.examples.append(f"person {who} stands in {_and(seats[who])}")
    for one, other in same_people(profiles):
        if len(seats[one] | seats[other]) > 1 and not {one, other} <= leaked:
            leaked |= {one, other}
            if len(found.examples) < _SHOWN:
                where = f"{one} in {_and(seats[one])}, {other} in {_and(seats[other])}"
                found.examples.append(f"one person with most facts in common: {where}")
    found.persons = len(leaked)


def _add_conversations(found: Leaks, overlaps: Overlaps, ids: list[str], splits: list[str]) -> None:
    for first, others in groups_of(overlaps).items():
        if len({splits[n] for n in (first, *others)}) < 2:
            continue
        found.conversations += 1
        if len(found.examples) < 2 * _SHOWN:
            one, other, similarity = _most_alike(overlaps, [first, *others], splits)
            found.examples.append(
                f"{ids[one]} in {splits[one] or 'no split'} and {ids[other]} in "
                f"{splits[other] or 'no split'} say nearly the same ({similarity:.2f})"
            )


def _most_alike(overlaps: Overlaps, group: list[int], splits: list[str]) -> tuple[int, int, float]:
    """Of a group (its first 100) the two in different splits that are most alike.

    The first need not be near the others: it may hang together with them over a third.
    """
    few = group[:99]
    few.append(next((n for n in group if splits[n] != splits[group[0]]), group[-1]))
    across = [(a, b) for n, b in enumerate(few) for a in few[:n] if splits[a] != splits[b]]
    one, other = max(across, key=lambda pair: overlaps.similarity(*pair))
    return one, other, overlaps.similarity(one, other)


def _and(names: Iterable[str]) -> str:
    return " and ".join(sorted(name or "no split" for name in names))
