"""A question with options, asked at one moment of a history."""

from __future__ import annotations

import msgspec

from dramaturg.records.ids import content_id

LETTERS = "ABCDEFGHIJ"


class OptionQuestion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One question of an option benchmark; a reader sees the history up to `ends` and nothing else.

    Attributes:
        text: What is asked.
        options: In the order shown.
        right: Index of the right one.
        kind: What is tested, e.g. "latest_preference".
        why: For each option why it is right or wrong, in the order shown; for reports only.
        person: Id of the persona that it is about.
        history: Id of the history that it is asked of.
        ends: Turns of the history that a reader may see, >= 0.
        date: The day on which it is asked, ISO 8601; nothing later is in the history before `ends`.
        sessions_ago: Sessions between the evidence and the question; 0 = in the last one shown.
        tokens_ago: Tokens between the end of the evidence and the question.
        evidence: Ids of the facts that the right option rests on.
        split: "train", "validation", "test", or "" while undecided.
    """

    text: str
    options: tuple[str, ...]
    right: int
    kind: str = ""
    why: tuple[str, ...] = ()
    person: str = ""
    history: str = ""
    ends: int = 0
    date: str = ""
    sessions_ago: int = 0
    tokens_ago: int = 0
    evidence: tuple[str, ...] = ()
    split: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.text, self.options, self.history, self.ends, self.kind]
            msgspec.structs.force_setattr(self, "id", content_id("o", content))

    @property
    def letter(self) -> str:
        """The letter of the right option, "A" for the first."""
        return LETTERS[self.right]
