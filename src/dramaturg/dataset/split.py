"""Splits that never share a person, or a near-paraphrase of one.

Two persons count as one if they have the same id, or if at least 60 % of the facts of the one
who has fewer are said by the other too (same words, or near-duplicates as in `facts.repeats`).
Conversations that share such a person, directly or over others, form a component, and a
component is never divided.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from dramaturg.dataset.facts import repeats, words
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Persona, content_id, derive_seed

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
SAME_PERSON = 0.6  # share of the shorter profile that two persons may not have in common


@dataclass(frozen=True)
class Splits:
    """Which conversation is in which split.

    Attributes:
        by_id: Conversation id -> split.
        notes: Sentences that a user should read, e.g. why a split is empty.
    """

    by_id: dict[str, str]
    notes: list[str] = field(default_factory=list)

    def apply(self, conversations: Iterable[Conversation]) -> list[Conversation]:
        """The conversations, each with its split."""
        return [
            msgspec.structs.replace(conversation, split=self.by_id[conversation.id])
            for conversation in conversations
        ]


def apart_by_persona(
    conversations: Iterable[Conversation],
    shares: Mapping[str, float] = SHARES,
    seed: int = 13,
    whose: Mapping[str, str] | None = None,
) -> Splits:
    """Divide conversations so that no two splits share a person.

    Components go, largest first, to the split that lacks most; a split left empty is given the
    smallest component of one that has several. The order of the input does not matter.

    Args:
        shares: Split -> share of the conversations, > 0, summing to 1.
        whose: Conversation id -> whose it is, where the speakers alone do not tell: talks of one
            name stay together.

    Raises:
        UserError: If the shares do not sum to 1.
    """
    _check_shares(shares)
    components = _components(conversations, whose or {})
    return _divided(components, shares, seed, "persons")


def apart_by_pair(
    conversations: Iterable[Conversation],
    shares: Mapping[str, float] = SHARES,
    seed: int = 13,
) -> Splits:
    """Divide conversations so that no two splits share a pair of people; one person may be in two.

    People are told apart by their facts (by id where they have none), in any order and in either
    seat. This is how Persona-Chat and Synthetic-Persona-Chat are split.

    Raises:
        UserError: If the shares do not sum to 1.
    """
    _check_shares(shares)
    groups = _Groups()
    for conversation in conversations:
        groups.join(f"c {conversation.id}", f"k {pair_key(conversation) or conversation.id}")
    return _divided(_of_conversations(groups), shares, seed, "pairs of people")


def apart_by_paraphrase(
    conversations: Iterable[Conversation],
    shares: Mapping[str, float] = SHARES,
    seed: int = 13,
    same: Callable[[Sequence[str]], Iterable[tuple[int, int]]] | None = None,
) -> Splits:
    """Divide conversations so that no two splits share a fact, or a paraphrase of one.

    The strictest cut: facts that say the same form a cluster, and conversations that share a
    cluster stay together. Where facts are used over and over, few groups are left to divide; the
    notes say so.

    Args:
        same: Which of the given facts say the same, as pairs of indices; None: those with the
            same words, or nearly (`facts.repeats`).

    Raises:
        UserError: If the shares do not sum to 1.
    """
    _check_shares(shares)
    groups = _Groups()
    texts: dict[str, int] = {}
    for conversation in conversations:
        groups.find(f"c {conversation.id}")
        for speaker in conversation.speakers:
            for fact in speaker.persona:
                number = texts.setdefault(fact, len(texts))
                groups.join(f"c {conversation.id}", f"f {number}")
    for one, other in (same or _same_words)(list(texts)):
        groups.join(f"f {one}", f"f {other}")
    return _divided(_of_conversations(groups), shares, seed, "facts")


def pair_key(conversation: Conversation) -> str:
    """Who talks, whatever the order of seats and facts: 16 hex digits, "" if nobody is known.

    Case and punctuation do not count.
    """
    who = []
    for speaker in conversation.speakers:
        facts = sorted(" ".join(words(fact)) for fact in speaker.persona)
        if facts or speaker.persona_id:
            who.append(facts or [str(speaker.persona_id)])
    return content_id("k", sorted(who))[2:] if len(who) > 1 else ""


def people_apart(
    people: Iterable[Persona], shares: Mapping[str, float] = SHARES, seed: int = 13
) -> dict[str, str]:
    """Divide persons before they are paired: pairs made inside a split need no further care.

    Without it, persons who talk with several others soon hang together as one group, which
    `apart_by_persona` must leave whole.

    Returns:
        Persona id -> split; near-paraphrases of one person are in one split.
    """
    _check_shares(shares)
    profiles = {person.id: person.sentences for person in people}
    groups = _Groups()
    for id in profiles:
        groups.find(id)
    for one, other in _same_people(profiles):
        groups.join(one, other)
    held = _assigned(groups.all(), shares, seed)
    return {id: split for split, many in held.items() for ids in many for id in ids}


def _divided(
    components: list[list[str]], shares: Mapping[str, float], seed: int, what: str
) -> Splits:
    held = _assigned(components, shares, seed)
    by_id = {id: split for split, many in held.items() for ids in many for id in ids}
    return Splits(by_id=by_id, notes=_notes(held, components, len(by_id), shares, what))


def _check_shares(shares: Mapping[str, float]) -> None:
    if not shares or min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-6:
        raise UserError(f"the shares {dict(shares)} are not all above 0 and summing to 1")


def _assigned(
    components: list[list[str]], shares: Mapping[str, float], seed: int
) -> dict[str, list[list[str]]]:
    """The components of each split; sorts `components` by size, largest first."""
    components.sort(key=lambda ids: (-len(ids), derive_seed(seed, "split", ids[0])))
    total = sum(map(len, components))
    held: dict[str, list[list[str]]] = {split: [] for split in shares}
    size = dict.fromkeys(shares, 0)
    for ids in components:
        split = max(shares, key=lambda s: shares[s] * total - size[s])
        held[split].append(ids)
        size[split] += len(ids)
    for split in shares:
        if not held[split]:
            donors = [s for s in shares if len(held[s]) > 1]
            if donors:
                donor = max(donors, key=lambda s: size[s] - shares[s] * total)
                held[split].append(held[donor].pop())
    return held


def leaks(conversations: Iterable[Conversation], by_id: Mapping[str, str]) -> list[str]:
    """Each pair of persons in different splits who count as one, in words; [] when kept apart.

    Compares every person with every other: a check, independent of how the splits were made.
    """
    people = [
        (by_id[c.id], c.id, speaker.persona_id, {" ".join(words(f)) for f in speaker.persona})
        for c in conversations
        for speaker in c.speakers
    ]
    found = []
    for i, (split, id, persona, facts) in enumerate(people):
        for other_split, other_id, other_persona, other_facts in people[:i]:
            if split == other_split:
                continue
            least = min(len(facts), len(other_facts))
            same_id = persona is not None and persona == other_persona
            if same_id or (least and len(facts & other_facts) >= SAME_PERSON * least):
                found.append(f"{other_id} in {other_split} and {id} in {split} share a person")
    return found


class _Groups:
    """Things that belong together (union-find); a group is led by its least member."""

    def __init__(self) -> None:
        self._leader: dict[str, str] = {}

    def find(self, node: str) -> str:
        """The leader of a node's group; a new node leads itself."""
        leader = self._leader
        leader.setdefault(node, node)
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    def join(self, one: str, other: str) -> None:
        """Make one group of two."""
        first, second = sorted((self.find(one), self.find(other)))
        self._leader[second] = first

    def all(self) -> list[list[str]]:
        """Every group, its members in order."""
        groups: dict[str, list[str]] = defaultdict(list)
        for node in sorted(self._leader):
            groups[self.find(node)].append(node)
        return list(groups.values())


def _components(conversations: Iterable[Conversation], whose: Mapping[str, str]) -> list[list[str]]:
    """Ids of the conversations of each group; of a conversation only its people are held."""
    groups = _Groups()
    seen: set[str] = set()
    profiles: dict[str, dict[str, None]] = defaultdict(dict)
    for conversation in conversations:
        if conversation.id in seen:
            continue
        seen.add(conversation.id)
        groups.find(f"c {conversation.id}")
        if conversation.id in whose:
            groups.join(f"c {conversation.id}", f"w {whose[conversation.id]}")
        for n, speaker in enumerate(conversation.speakers):
            if speaker.persona_id is None and not speaker.persona:
                continue
            node = f"p {speaker.persona_id or f'{conversation.id} {n}'}"
            groups.join(f"c {conversation.id}", node)
            profiles[node].update(dict.fromkeys(speaker.persona))
    for one, other in _same_people({node: tuple(facts) for node, facts in profiles.items()}):
        groups.join(one, other)
    return _of_conversations(groups)


def _of_conversations(groups: _Groups) -> list[list[str]]:
    """The conversations of each group."""
    found = (
        [node.removeprefix("c ") for node in group if node.startswith("c ")]
        for group in groups.all()
    )
    return [ids for ids in found if ids]


def _same_words(texts: Sequence[str]) -> Iterable[tuple[int, int]]:
    return ((n, first) for n, (first, _) in repeats(texts).items())


def same_people(
    profiles: Mapping[str, tuple[str, ...]],
) -> Iterable[tuple[str, str]]:
    """Each pair of profiles that count as one person (60 % of the shorter one's facts)."""
    return _same_people(profiles)


def _same_people(profiles: Mapping[str, tuple[str, ...]]) -> Iterable[tuple[str, str]]:
    texts = sorted({fact for facts in profiles.values() for fact in facts})
    again = repeats(texts)
    number = {text: again[i][0] if i in again else i for i, text in enumerate(texts)}
    bags = {node: frozenset(number[f] for f in facts) for node, facts in profiles.items()}
    holders: dict[int, list[str]] = defaultdict(list)
    for node, bag in bags.items():
        for fact in bag:
            holders[fact].append(node)
    for node, bag in bags.items():
        # Whoever has 60 % of these facts has one of the rarest 40 % plus one.
        needed = math.ceil(SAME_PERSON * len(bag) - 1e-9)
        rarest = sorted(bag, key=lambda fact: (len(holders[fact]), fact))
        for fact in rarest[: len(bag) - needed + 1] if bag else ():
            for other in holders[fact]:
                if other != node and len(bag & bags[other]) >= needed:
                    yield node, other


def _notes(
    held: Mapping[str, list[list[str]]],
    components: list[list[str]],
    total: int,
    shares: Mapping[str, float],
    what: str,
) -> list[str]:
    if not total:
        return ["there are no conversations to divide"]
    notes = []
    largest = len(components[0])
    empty = [split for split in shares if not held[split]]
    if empty:
        notes.append(
            f"no conversation is left for {' and '.join(empty)}: {total} conversations form "
            f"{len(components)} group(s) that share {what}, and a group is never divided"
        )
    elif largest > max(shares.values()) * total and len(components) > 1 and largest > 2:
        notes.append(
            f"{largest} of {total} conversations share {what}, directly or over others, and stay "
            "together: the splits miss their shares"
        )
    return notes
