"""A question that a profile cannot answer any more, because the fact that did was taken out."""

from __future__ import annotations

import msgspec

from dramaturg.records.ids import content_id


class OutOfProfile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One item of a benchmark of extending profiles.

    Attributes:
        query: What the partner said last.
        held: The facts that are left.
        deleted: The fact that the true reply uses.
        reply: The true reply, as the whole profile gave it; "" where nobody knows it.
        source: Id of the conversation, or file and line.
        person: Id of whose profile it is, "" where nobody knows it.
    """

    query: str
    held: tuple[str, ...]
    deleted: str
    reply: str = ""
    source: str = ""
    person: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.query, self.held, self.deleted, self.reply, self.source]
            msgspec.structs.force_setattr(self, "id", content_id("o", content))

    @property
    def whole(self) -> tuple[str, ...]:
        """The profile before the fact was taken out."""
        return (*self.held, self.deleted)


class ExtendedProfile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question outside a profile, the facts found for it, and replies from three profiles.

    Attributes:
        item: The question.
        found: Facts that answer it and go with the profile, the best first; the first is added.
        overlap: The fact of the same pool that shares most words with the question: the control.
        overlap_clashes: Whether that one contradicts the profile, by the same judge.
        deleted, extended, whole: The replies from the profile without the fact, with the found one,
            and with the deleted one, in the same random state.
        uses: Of these three, those whose reply shows the fact that its profile has in addition
            ("deleted" counts the deleted fact, which it cannot know).
        denies: Of these three, those whose reply contradicts a fact that was left.
        wins: Blind comparisons that one side won: "whole over extended", "extended over whole",
            "extended over deleted", "deleted over extended"; a tie is in neither.
        conversation: Id of the conversation with the extended reply.
        split: That of the conversation, so that nothing crosses.
    """

    item: OutOfProfile
    found: tuple[str, ...]
    overlap: str
    overlap_clashes: bool
    deleted: str
    extended: str
    whole: str
    uses: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()
    wins: tuple[str, ...] = ()
    conversation: str = ""
    split: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.item.id, self.found, self.deleted, self.extended, self.whole]
            msgspec.structs.force_setattr(self, "id", content_id("e", content))
