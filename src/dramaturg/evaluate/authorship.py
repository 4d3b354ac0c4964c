"""Can it be told from what somebody says whose journal they were given?

The writing that a speaker was given is left out: what is compared are the author's other entries,
so that copied words of the one entry are of no help.
"""

from __future__ import annotations

import functools
import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from dramaturg.records import Conversation, derive_seed
from dramaturg.scorers.words import shown_words


class Attributed(msgspec.Struct, frozen=True, kw_only=True):
    """How often the author was found.

    Attributes:
        found: Share of speakers whose author is nearest to what they say; a tie counts in part.
        shuffled: The same with the speakers' words dealt out anew: what chance and habit give.
        chance: 1 / number of candidates.
        n: Speakers that could be asked about: their author has another entry.
        candidates: Authors that were compared, the right one included.
    """

    found: float
    shuffled: float
    chance: float
    n: int
    candidates: int


def attributed(
    talks: Sequence[Conversation],
    entries: Mapping[str, Mapping[str, str]],
    *,
    candidates: int = 10,
    seed: int,
) -> Attributed | None:
    """Whose journal grounds each speaker?

    Args:
        talks: Their scene's "grounding" names the entry of each speaker, by the speaker's index.
        entries: Text by entry id, by persona id of the author.
        candidates: At most so many authors are compared for each speaker.

    Returns:
        None where nobody can be asked about, or there are fewer than two authors.
    """
    said_in = {
        author: {id: shown_words(text) for id, text in mine.items()}
        for author, mine in entries.items()
    }
    weights = _weights([words for mine in said_in.values() for words in mine.values()])

    @functools.lru_cache(maxsize=4096)
    def bag(author: str, without: str) -> Bag:
        mine = said_in[author].items()
        return _bag(frozenset().union(*(words for id, words in mine if id != without)), weights)

    asked: list[tuple[str, str, str]] = []  # persona, entry left out, words
    for talk in talks:
        for index, speaker in enumerate(talk.speakers):
            author = str(speaker.persona_id)
            given = str(talk.scene["grounding"][index])
            if len(entries.get(author, {})) > 1:
                said = " ".join(turn.text for turn in talk.said_by(index))
                asked.append((author, given, said))
    size = min(candidates, len(entries))
    if not asked or size < 2:
        return None
    dealt = [words for *_, words in asked]
    random.Random(derive_seed(seed, "dealt")).shuffle(dealt)
    names = sorted(entries)
    right = again = 0.0
    for number, (author, given, words) in enumerate(asked):
        draw = random.Random(derive_seed(seed, "authors", number))
        others = draw.sample([name for name in names if name != author], size - 1)
        bags = {name: bag(name, given if name == author else "") for name in (author, *others)}
        right += _hit(words, author, bags, weights)
        again += _hit(dealt[number], author, bags, weights)
    n = len(asked)
    return Attributed(found=right / n, shuffled=again / n, chance=1 / size, n=n, candidates=size)


def _hit(words: str, author: str, bags: Mapping[str, Bag], weights: Mapping[str, float]) -> float:
    said = _bag(shown_words(words), weights)
    near = {name: _cosine(said, bag) for name, bag in bags.items()}
    best = max(near.values())
    winners = [name for name, value in near.items() if value == best]
    return 1 / len(winners) if author in winners else 0.0


def _weights(texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """Inverse document frequency."""
    count = Counter(word for words in texts for word in words)
    return {word: math.log(1 + len(texts) / n) for word, n in count.items()}


@dataclass(frozen=True)
class Bag:
    """Words with their weights, and the length of that vector."""

    weights: Mapping[str, float]
    length: float


def _bag(words: frozenset[str], weights: Mapping[str, float]) -> Bag:
    known = {word: weights[word] for word in sorted(words) if word in weights}
    return Bag(known, math.sqrt(sum(value**2 for value in known.values())))


def _cosine(one: Bag, other: Bag) -> float:
    both = other.weights
    shared = sum(value * both[word] for word, value in one.weights.items() if word in both)
    norm = one.length * other.length
    return shared / norm if norm else 0.0
