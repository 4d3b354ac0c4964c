"""A scene played turn by turn: someone speaks, others hear, someone says who is next.

Source: the staging of CoSER (Wang et al. 2025), Generative-agent chats and their kin: one loop,
with the speakers, the order and the end as arguments.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec

from dramaturg.records import Turn

HIDDEN = ("thought",)  # channels that only their speaker knows

Speak = Callable[[int, tuple[Turn, ...]], Awaitable[Turn]]
Follow = Callable[[tuple[Turn, ...]], Awaitable[int | None]]
Stop = Callable[[tuple[Turn, ...]], str | None]


@dataclass(frozen=True)
class Staged:
    """The turns of a scene, whole with every channel, and why it ended."""

    turns: tuple[Turn, ...]
    ended: str


def heard_by(
    speaker: int, turns: Sequence[Turn], hidden: Sequence[str] = HIDDEN
) -> tuple[Turn, ...]:
    """The turns as one speaker may know them: the hidden channels of all others are taken out.

    Args:
        speaker: Whose ears; an index of nobody (-1) hears no hidden channel at all.
    """
    return tuple(
        turn
        if turn.speaker == speaker or not any(name in turn.channels for name in hidden)
        else msgspec.structs.replace(
            turn, channels={k: v for k, v in turn.channels.items() if k not in hidden}
        )
        for turn in turns
    )


async def stage(
    cast_size: int,
    *,
    speak: Speak,
    follow: Follow,
    most: int,
    stop: Stop = lambda turns: None,
    hidden: Sequence[str] = HIDDEN,
) -> Staged:
    """Play a scene.

    Args:
        cast_size: Speakers are 0 .. cast_size - 1.
        speak: (speaker, what that speaker has heard) -> its turn.
        follow: What everybody heard -> who speaks next, or None: the scene is over. It is asked
            for the first speaker too.
        most: Turns at most, >= 1; a scene that nobody ends ends here.
        stop: The turns with all channels -> why the scene is over, or None.
        hidden: Channels that nobody but their speaker gets to know.

    Raises:
        ValueError: If a speaker is called that is not in the cast, or `speak` answers for another.
    """
    turns: list[Turn] = []
    while len(turns) < most:
        speaker = await follow(heard_by(-1, turns, hidden))
        if speaker is None:
            return Staged(tuple(turns), "nobody is to speak next")
        if not 0 <= speaker < cast_size:
            raise ValueError(f"speaker {speaker} is not among the {cast_size} of the cast")
        turn = await speak(speaker, heard_by(speaker, turns, hidden))
        if turn.speaker != speaker:
            raise ValueError(f"speaker {speaker} was called and {turn.speaker} answered")
        turns.append(turn)
        why = stop(tuple(turns))
        if why:
            return Staged(tuple(turns), why)
    return Staged(tuple(turns), f"{most} turns are over")


def in_turn(cast_size: int, first: int = 0) -> Follow:
    """Everybody speaks one after the other, again and again, from `first` on."""

    async def follow(turns: tuple[Turn, ...]) -> int:
        return (turns[-1].speaker + 1) % cast_size if turns else first

    return follow
