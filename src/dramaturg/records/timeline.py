"""What happens in a life, day by day, and what it leaves: a like or a dislike from then on."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from dramaturg.records.ids import content_id

Stance = Literal["likes", "dislikes"]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One dated event of a life and the state that it leaves.

    Attributes:
        date: The day, ISO 8601 ("2024-03-05").
        text: What happened, in the third or first person.
        about: What is liked or disliked from this day on, e.g. "board games".
        stance: "likes" or "dislikes".
        topic: The part of life that it belongs to, e.g. "travel".
        period: The block of the timeline that it was made for: "past", "week", "month", "year".
        reason: Why it changed; "" where nothing was there before.
        replaces: Id of the event whose state it ends, None where there is none.
    """

    date: str
    text: str
    about: str
    stance: Stance
    topic: str = ""
    period: str = ""
    reason: str = ""
    replaces: str | None = None
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.date, self.text, self.about, self.stance, self.topic]
            msgspec.structs.force_setattr(self, "id", content_id("e", content))

    @property
    def thing(self) -> str:
        """What it is about in plain words: two events with the same are about the same thing."""
        return plain_thing(self.about)


def plain_thing(text: str) -> str:
    """A thing's name without what is only spelling.

    >>> plain_thing("The Board-games ") == plain_thing("board games.")
    True
    """
    words = re.sub(r"[^\w']+", " ", text.casefold()).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in ("the", "a", "an") else words)
