"""Pairs drawn from groups of claims: one group says the same, two of one kind exclude each other.

Also the same claim with another number, the commonest contradiction of all.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection
from pathlib import Path

from dramaturg.train.experts.data import bucket

FILE = Path(__file__).parent / "pairs" / "groups.txt"
_NUMBERS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "fourteen",
)  # fmt: skip
_THINGS = (
    "dogs", "cats", "kids", "brothers", "sisters", "cars", "jobs", "sons", "daughters", "roommates",
    "tattoos", "horses", "houses", "grandchildren", "siblings", "cousins", "nephews", "fish",
)  # fmt: skip
_FRAMES = (
    "I have {} {}.",
    "I own {} {}.",
    "My {} {} are great.",
    "I've got {} {}.",
    "One of my {} {} is sick.",
    "I live with my {} {}.",
    "I love my {} {}.",
    "It's me and my {} {} at home.",
)


# Kinds that say something about each other; two of any other kinds leave each other open.
_CLOSE = (
    {"job", "school", "major", "age", "height", "singing", "swim", "parents", "alcohol"},
    {"love", "kids", "sex", "parents", "age", "siblings", "school"},
    {"diet", "favorite food", "pets"},
    {"social", "mood", "outside", "love"},
)


def groups(path: Path = FILE) -> dict[str, list[list[str]]]:
    """The groups of each kind, in the order of the file."""
    found: dict[str, list[list[str]]] = {}
    kind = ""
    for line in path.read_text(encoding="utf-8").splitlines()[2:]:
        if line.startswith("# "):
            kind = line[2:]
        elif line:
            found.setdefault(kind, []).append(line.split("|"))
    return found


def drawn(rng: random.Random, n: int, without: Collection[str] = ()) -> list[tuple[str, str, str]]:
    """`(utterance, fact, label)`: between groups, within one, of two kinds, of numbers.

    Facts whose hash falls into the tenth bucket are left out, as everywhere; `without` too.
    """
    known = groups()
    kinds = sorted(known)
    weights = [len(known[kind]) ** 0.6 for kind in kinds]
    found: list[tuple[str, str, str]] = []
    while len(found) < n:
        draw = rng.random()
        if draw < 0.2:
            one_more = _number(rng)
            if bucket(one_more[1], 10) and one_more[1] not in without:
                found.append(one_more)
            continue
        if draw < 0.4:
            first, second = rng.sample(kinds, 2)
            said, fact = rng.choice(rng.choice(known[first])), rng.choice(rng.choice(known[second]))
            if not any({first, second} <= close for close in _CLOSE) and bucket(fact, 10):
                found.append((said, fact, "neutral"))
            continue
        (kind,) = rng.choices(kinds, weights)
        one, other = rng.sample(known[kind], 2)
        label = "contradict"
        if draw > 0.85:
            other, label = one, "entail"
        said, fact = rng.choice(one), rng.choice(other)
        if said != fact and bucket(fact, 10) and fact not in without:
            found.append((said, fact, label))
    return found


def _number(rng: random.Random) -> tuple[str, str, str]:
    one, other = rng.sample(_NUMBERS, 2)
    thing, second = rng.sample(_THINGS, 2)
    frame, again = rng.choice(_FRAMES), rng.choice(_FRAMES)
    fact = again.format(one, thing)
    draw = rng.random()
    if draw < 0.6:
        said, label = frame.format(other, thing), "contradict"
    elif draw < 0.85:
        said, label = frame.format(one, thing), "entail"
    else:
        said, label = frame.format(other, second), "neutral"
    if rng.random() < 0.3:
        said = re.sub(r"\b(two|three|four|five|six)\b", lambda m: _digit(m[1]), said)
    return said, fact, label


def _digit(word: str) -> str:
    return str(_NUMBERS.index(word) + 2)
