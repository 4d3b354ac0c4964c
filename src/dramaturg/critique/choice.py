"""What a panel decided about the drafts of one pair."""

from __future__ import annotations

import msgspec

from dramaturg.records import Comparison, Conversation, Drop, Preference, Verdict


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The kept draft and everything that was said on the way to it.

    Attributes:
        kept: The best draft with its scores, or None if no draft survived the filters.
        scores: The kept draft's value by scorer, "votes", and "wins" over all comparisons.
        drafts: All that were judged, in order of their number.
        asked, saved: Verdicts and comparisons that were asked for, and those that were not
            because a draft was already out or alone, or not written.
        unwritten: Drafts that were not written, since enough had passed; known only where the
            panel was told how many there may be.
    """

    kept: Conversation | None
    scores: dict[str, float] = msgspec.field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    preferences: tuple[Preference, ...] = ()
    drops: tuple[Drop, ...] = ()
    drafts: tuple[Conversation, ...] = ()
    asked: int = 0
    saved: int = 0
    unwritten: int = 0
