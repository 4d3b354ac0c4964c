# ruff: noqa: SIM905  # word lists read best as words
"""Word classes and opposites of the inference expert, read from `data/lexicon.txt`."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dramaturg.models.experts.words import stem

NUMBERS = {
    word: value
    for value, group in enumerate(
        "no zero|one a an single|two couple pair twin|three|four|five|six|seven|eight|nine|ten"
        "|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen".split("|")
    )
    for word in group.split()
}
TENS = {
    word: 10 * (place + 2)
    for place, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}


@dataclass(frozen=True)
class Lexicon:
    """The lists in a form that a sentence can be looked up in."""

    classes: dict[str, frozenset[str]]  # stem -> names of its classes
    exclusive: frozenset[str]  # names of the classes whose members exclude each other
    opposites: dict[str, frozenset[str]]  # stem -> stems of the other side


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lists, read once."""
    classes: dict[str, set[str]] = {}
    exclusive: set[str] = set()
    opposites: dict[str, set[str]] = {}
    path = Path(__file__).parent / "data" / "lexicon.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        head, members = line.split(":")
        if head == "opposite":
            left, right = ([stem(w) for w in side.split()] for side in members.split("/"))
            for one, other in ((left, right), (right, left)):
                for word in one:
                    opposites.setdefault(word, set()).update(other)
            continue
        kind, name = head.split()
        if kind == "exclusive":
            exclusive.add(name)
        for word in members.split():
            classes.setdefault(stem(word), set()).add(name)
    return Lexicon(
        {word: frozenset(names) for word, names in classes.items()},
        frozenset(exclusive),
        {word: frozenset(others) for word, others in opposites.items()},
    )


def number(word: str) -> int | None:
    """The number that a word names ("two", "17", "couple"), else None; "a" and "an" count 1."""
    if word.isascii() and word.isdigit() and len(word) < 5:
        return int(word)
    return NUMBERS.get(word, TENS.get(word))


@lru_cache(maxsize=64)
def members(name: str) -> tuple[str, ...]:
    """The words of a class as they are listed, e.g. `members("spouse")`."""
    path = Path(__file__).parent / "data" / "lexicon.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.partition(":")[0].split()[1:] == [name]:
            return tuple(line.partition(":")[2].split())
    raise KeyError(name)
