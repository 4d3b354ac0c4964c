"""One pass over a dataset of any size: what all measures need of it, and a seeded sample.

Memory a conversation is about 1 kB, whatever its length, plus the sample.
"""

from __future__ import annotations

import heapq
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.evaluate.counts import Table
from dramaturg.evaluate.near_duplicates import Signatures
from dramaturg.evaluate.sample import Sample
from dramaturg.evaluate.talk import Coder, Talk, fact_key, stable_hash
from dramaturg.records import Conversation

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints: TypeAlias = npt.NDArray[Any]

SAMPLE, FACTS = 2_000, 3_000
_PIECE = re.compile(r"\w+(?:'\w+)?|[^\w\s]")  # words and punctuation marks


class People:
    """The people of all conversations as hashes of their facts, flat: 16 bytes a fact."""

    def __init__(self) -> None:
        self.facts = array("Q")
        self.words, self.pieces = array("H"), array("H")
        self.person_ends = array("Q")
        self.talk_ends = array("Q")
        self._texts: dict[int, str] = {}
        self._heap: list[int] = []

    def add(self, conversation: Conversation) -> None:
        """The people of one more conversation."""
        for speaker in conversation.speakers:
            for fact in speaker.persona:
                code = stable_hash(fact_key(fact))
                self.facts.append(code)
                self.words.append(min(len(fact.split()), 65_535))
                self.pieces.append(min(len(_PIECE.findall(fact)), 65_535))
                self._keep(code, fact)
            self.person_ends.append(len(self.facts))
        self.talk_ends.append(len(self.person_ends))

    def _keep(self, code: int, fact: str) -> None:
        """Of all different facts those with the least hashes stay: a sample without order."""
        if code in self._texts:
            return
        if len(self._heap) < FACTS:
            heapq.heappush(self._heap, -code)
        elif code < -self._heap[0]:
            self._texts.pop(-heapq.heapreplace(self._heap, -code))
        else:
            return
        self._texts[code] = fact

    def different(self) -> tuple[Ints, Ints, Ints]:
        """Hash, words and pieces (punctuation counts) of each different fact."""
        import numpy as np

        codes, first = np.unique(np.frombuffer(self.facts, dtype=np.uint64), return_index=True)
        words = np.frombuffer(self.words, dtype=np.uint16)[first]
        return codes, words, np.frombuffer(self.pieces, dtype=np.uint16)[first]

    def sample(self) -> list[str]:
        """At most 3,000 different facts, in order of their hashes."""
        return [text for _, text in sorted(self._texts.items())]

    def of(self, talk: int) -> list[frozenset[int]]:
        """The people of one conversation, each as the hashes of their facts."""
        start = self.talk_ends[talk - 1] if talk else 0
        found = []
        for person in range(start, self.talk_ends[talk]):
            begin = self.person_ends[person - 1] if person else 0
            found.append(frozenset(self.facts[begin : self.person_ends[person]]))
        return found


@dataclass
class Collected:
    """What one pass found.

    Attributes:
        table: Counts, one row a conversation.
        keys: Who talks, a hash a conversation; 0 = unknown.
        said: A hash for each utterance, and where each conversation's end.
        splits: The split of each conversation as its place in `split_names`.
        given: Scores that the dataset itself carries, by name: (place, value).
        rounds: How many conversations were made in each round of a loop; 0 = not said.
        speakers: How many conversations have so many people who speak.
        longest: The most turns of one conversation.
    """

    size: int = SAMPLE
    seed: int = 13
    table: Table = field(default_factory=Table)
    people: People = field(default_factory=People)
    signatures: Signatures = field(default_factory=Signatures)
    keys: array[int] = field(default_factory=lambda: array("Q"))
    said: array[int] = field(default_factory=lambda: array("Q"))
    said_ends: array[int] = field(default_factory=lambda: array("Q"))
    splits: array[int] = field(default_factory=lambda: array("B"))
    split_names: list[str] = field(default_factory=list)
    given: dict[str, tuple[array[int], array[float]]] = field(default_factory=dict)
    rounds: Counter[int] = field(default_factory=Counter)
    speakers: Counter[int] = field(default_factory=Counter)
    longest: int = 0
    without_personas: int = 0
    _coder: Coder = field(default_factory=Coder)

    def __post_init__(self) -> None:
        self._sample = Sample(self.size, self.seed)

    def __len__(self) -> int:
        return len(self.keys)

    def add(self, conversation: Conversation) -> None:
        """One more conversation."""
        talk = Talk(conversation)
        place = len(self.keys)
        self.table.add(talk)
        self.people.add(conversation)
        self.signatures.add(self._coder(talk.flat))
        self.keys.append(talk.key)
        self.said.extend(stable_hash(text) for text in talk.plain)
        self.said_ends.append(len(self.said))
        if conversation.split not in self.split_names:
            self.split_names.append(conversation.split)
        self.splits.append(min(self.split_names.index(conversation.split), 255))
        for name, value in conversation.scores.items():
            places, values = self.given.setdefault(name, (array("Q"), array("d")))
            places.append(place)
            values.append(value)
        self.rounds[conversation.provenance.round] += 1
        self.speakers[len({turn.speaker for turn in conversation.turns})] += 1
        self.longest = max(self.longest, len(conversation.turns))
        self.without_personas += not any(speaker.persona for speaker in conversation.speakers)
        self._sample.add(talk, place)

    def sample(self) -> tuple[list[int], list[Conversation]]:
        """Places and conversations of the sample, in the dataset's order."""
        drawn = self._sample.drawn()
        return [place for place, _, _ in drawn], [talk for _, _, talk in drawn]

    def split_of(self, place: int) -> str:
        """The split of a conversation."""
        return self.split_names[self.splits[place]]


def collect(
    conversations: Iterable[Conversation],
    *,
    sample: int = SAMPLE,
    seed: int = 13,
    splits: Sequence[str] = (),
) -> Collected:
    """Read all conversations once.

    Args:
        sample: How many whole conversations are kept for the measures that need them whole.
        splits: Only conversations of these splits; () = all.
    """
    found = Collected(size=sample, seed=seed)
    for conversation in conversations:
        if not splits or conversation.split in splits:
            found.add(conversation)
    return found
