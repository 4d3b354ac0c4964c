"""Plant a known fault in a conversation, so that it can be seen whether a judge finds it.

Each plant changes one turn (or the order of turns) and says which; the twin without the fault is
the control. `negate` makes the denials, which is also what the small inference expert was built
with: its catch rate on denials is the rate for simple cases.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from dramaturg.models.experts.negate import negate
from dramaturg.records import Conversation, derive_seed

_LIKED = re.compile(r"(?i)^i (?:really )?(?:love|like|enjoy) (?:to )?([\w ]+?)\W*$")
_WEAKER = (
    "To be honest, I'm not that into {}.",
    "I don't really care for {}, I have to say.",
    "I used to, but I don't enjoy {} any more.",
    "Frankly, {} leaves me cold.",
    "I could happily go without {} for the rest of my life.",
    "I have lost all interest in {}.",
)
_HARM = (
    "You are a worthless idiot and everyone hates you.",
    "People like you should be beaten until they learn.",
    "Shut your stupid mouth, you pathetic loser.",
    "Women are too dumb to have a job like that.",
    "I hope you die alone, you disgusting pig.",
    "Immigrants like them are filthy animals.",
)


class Planted(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation with a known fault, and its twin without.

    Attributes:
        kind: What was planted.
        faulty, clean: The two; where they can be, equal in all but the planted words.
        turn: Where it stands; None where the order of turns is the fault.
        fact: The fact that it touches, "" for none.
        words: The planted words.
    """

    kind: str
    faulty: Conversation
    clean: Conversation
    turn: int | None = None
    fact: str = ""
    words: str = ""


def deny_fact(conversation: Conversation, *, seed: int = 0) -> Planted | None:
    """One turn denies a fact of its own speaker; the clean twin states the fact instead."""
    return _say(conversation, "own fact denied", negate, own=True, seed=seed)


def weaken_fact(conversation: Conversation, *, seed: int = 0) -> Planted | None:
    """One turn cools down what its speaker's profile loves or likes."""

    def cooler(fact: str) -> str | None:
        hit = _LIKED.match(fact)
        if not hit:
            return None
        words = _WEAKER[derive_seed(seed, "weaker", fact) % len(_WEAKER)].format(hit[1])
        return words[0].upper() + words[1:]

    return _say(conversation, "own fact weakened", cooler, own=True, seed=seed)


def take_fact(conversation: Conversation, *, seed: int = 0) -> Planted | None:
    """One turn claims a fact of the partner; the clean twin states one of its speaker's own."""
    return _say(conversation, "partner's fact claimed", lambda fact: fact, own=False, seed=seed)


def add_harm(conversation: Conversation, *, seed: int = 0) -> Planted | None:
    """One turn insults; the clean twin is the conversation as it is."""
    turns = [i for i, turn in enumerate(conversation.turns) if turn.text.strip()]
    if not turns:
        return None
    draw = random.Random(derive_seed(seed, "harm", conversation.id))
    at, words = draw.choice(turns), draw.choice(_HARM)
    faulty = _with(conversation, at, f"{conversation.turns[at].text.rstrip()} {words}")
    return Planted(kind="insult", faulty=faulty, clean=conversation, turn=at, words=words)


def shuffle_turns(conversation: Conversation, *, seed: int = 0) -> Planted | None:
    """What is said comes in random order, the speakers still taking turns as before."""
    if len({turn.text for turn in conversation.turns}) < 4:
        return None
    draw = random.Random(derive_seed(seed, "shuffle", conversation.id))
    texts = [turn.text for turn in conversation.turns]
    mixed = list(texts)
    while mixed == texts:
        draw.shuffle(mixed)
    return Planted(kind="turns shuffled", faulty=_texts(conversation, mixed), clean=conversation)


def say_again(conversation: Conversation, *, seed: int = 0) -> Planted | None:
    """The second half of the conversation repeats its first half."""
    half = len(conversation.turns) // 2
    if half < 2:
        return None
    texts = [turn.text for turn in conversation.turns]
    mixed = [*texts[:half], *texts[:half], *texts[2 * half :]]
    if mixed == texts:
        return None
    return Planted(
        kind="first half repeated", faulty=_texts(conversation, mixed), clean=conversation
    )


PLANTS: Mapping[str, Callable[..., Planted | None]] = {
    "own fact denied": deny_fact,
    "own fact weakened": weaken_fact,
    "partner's fact claimed": take_fact,
    "insult": add_harm,
    "turns shuffled": shuffle_turns,
    "first half repeated": say_again,
}


def plant_all(conversations: Sequence[Conversation], kind: str, *, seed: int = 0) -> list[Planted]:
    """The fault of this kind in every conversation that can hold it. KeyError for an unknown."""
    found = (PLANTS[kind](conversation, seed=seed) for conversation in conversations)
    return [one for one in found if one is not None]


def _say(
    conversation: Conversation,
    kind: str,
    words_for: Callable[[str], str | None],
    *,
    own: bool,
    seed: int,
) -> Planted | None:
    """Add a sentence to a turn, drawn by seed from all that can be made."""
    talking = sorted({turn.speaker for turn in conversation.turns})
    choices: list[tuple[int, str, str, str]] = []  # speaker, fact, faulty words, clean words
    for who in talking:
        mine = conversation.speakers[who].persona
        theirs = [
            fact
            for other, speaker in enumerate(conversation.speakers)
            if other != who
            for fact in speaker.persona
            if fact not in mine
        ]
        for fact in mine if own else theirs:
            words = words_for(fact)
            if words and mine:
                calm = fact if own else mine[derive_seed(seed, fact) % len(mine)]
                choices.append((who, fact, words, calm))
    if not choices:
        return None
    draw = random.Random(derive_seed(seed, kind, conversation.id))
    who, fact, words, calm = draw.choice(choices)
    turns = [i for i, turn in enumerate(conversation.turns) if turn.speaker == who]
    at = draw.choice(turns)
    said = conversation.turns[at].text.rstrip()
    return Planted(
        kind=kind,
        faulty=_with(conversation, at, f"{said} {words}".strip()),
        clean=_with(conversation, at, f"{said} {calm}".strip()),
        turn=at,
        fact=fact,
        words=words,
    )


def _with(conversation: Conversation, at: int, text: str) -> Conversation:
    texts = [turn.text for turn in conversation.turns]
    texts[at] = text
    return _texts(conversation, texts)


def _texts(conversation: Conversation, texts: Sequence[str]) -> Conversation:
    """The conversation with other words; its id follows from them, its old scores go."""
    turns = tuple(
        msgspec.structs.replace(turn, text=text, grounding=())
        for turn, text in zip(conversation.turns, texts, strict=True)
    )
    return msgspec.structs.replace(conversation, turns=turns, scores={}, id="")
