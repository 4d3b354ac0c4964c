"""What somebody can bring up in a talk, and what they have brought up too often of late.

Source: Tu et al. 2023, "CharacterChat", on the choice of a memory at each turn.
Differs: a bank in which nothing was used often blocks nothing (the released code fails at the first
choice); banks look at their own choices, or, as the published talks do, at those of both speakers.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from dramaturg.records import Conversation, Persona
from dramaturg.store import Spool


class MemoryBank:
    """Memories by name, and a clock that ticks at each choice.

    A memory rests while it makes up `most` of the last `window` choices; each choice of another
    one moves it out of the window again. A turn without a memory is no choice and moves nothing.

    Args:
        memories: Text by name, in the order in which they are offered.
        window: Last choices that are looked at, >= 1.
        most: Uses in the window from which a memory rests, >= 1.
        beside: Another bank whose window this one shares: a choice from either counts in both.

    Attributes:
        clock: Choices made so far.

    >>> bank = MemoryBank({"hobby": "You fish.", "home": "You live alone."})
    >>> for _ in range(3):
    ...     bank.use("hobby")
    >>> bank.resting, bank.offered
    (('hobby',), ('home',))
    """

    def __init__(
        self,
        memories: Mapping[str, str],
        *,
        window: int = 5,
        most: int = 3,
        beside: MemoryBank | None = None,
    ) -> None:
        if window < 1 or most < 1:
            raise ValueError(f"window={window} and most={most} must each be 1 or more")
        self._memories = dict(memories)
        self._most = most
        self._recent: deque[str] = deque(maxlen=window) if beside is None else beside._recent
        self._used_at: dict[str, int] = {}
        self.clock = 0

    def __getitem__(self, name: str) -> str:
        return self._memories[name]

    def __contains__(self, name: object) -> bool:
        return name in self._memories

    @property
    def resting(self) -> tuple[str, ...]:
        """Those that were used too often of late."""
        often = Counter(self._recent)
        return tuple(name for name in self._memories if often[name] >= self._most)

    @property
    def offered(self) -> tuple[str, ...]:
        """Those that may be used now, in order."""
        resting = set(self.resting)
        return tuple(name for name in self._memories if name not in resting)

    def use(self, name: str) -> None:
        """Note that a memory was used, also one that rests. Raises KeyError for an unknown one."""
        if name not in self._memories:
            raise KeyError(name)
        self.clock += 1
        self._used_at[name] = self.clock
        self._recent.append(name)

    def age(self, name: str) -> int | None:
        """Choices since a memory was last used, 0 for the last one; None if it never was."""
        used = self._used_at.get(name)
        return None if used is None else self.clock - used


class MemoryChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A memory that could have been brought up at a turn, and whether it was: to learn choosing.

    Attributes:
        heard: What was said just before.
        chosen: 1 for the memory that was taken, 0 for the others that were offered.
    """

    id: str
    conversation: str
    turn: int
    heard: str
    name: str
    memory: str
    chosen: int


def memory_choices(
    conversations: Iterable[Conversation], people: Iterable[Persona]
) -> Sequence[MemoryChoice]:
    """A row for each memory that was offered at each turn, and for one taken without being asked.

    Args:
        conversations: Those that `TwoAgents.talk` made.
        people: Who talked, each with the view "memories".

    Returns:
        Read from disk: a talk has a hundred of them.
    """
    memories = {person.id: person.views.get("memories", {}) for person in people}
    return Spool(row for talk in conversations for row in _choices(talk, memories))


def _choices(
    talk: Conversation, memories: Mapping[str, Mapping[str, object]]
) -> Iterator[MemoryChoice]:
    for choice in talk.provenance.extra.get("memories", ()):
        turn, taken = choice["turn"], choice["chosen"]
        texts = memories[str(talk.speakers[choice["speaker"]].persona_id)]
        for name in dict.fromkeys([*choice["offered"], *([taken] if taken else [])]):
            yield MemoryChoice(
                id=f"{talk.id}-{turn}-{name}",
                conversation=talk.id,
                turn=turn,
                heard=talk.turns[turn - 1].text,
                name=name,
                memory=str(texts.get(name, "")),
                chosen=int(name == taken),
            )
