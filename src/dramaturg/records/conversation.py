"""A conversation: the turns of one scene, what was said of it, and where it came from."""

from __future__ import annotations

from typing import Any

import msgspec

from dramaturg.records.ids import content_id


class Grounding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A turn uses, denies or borrows a fact.

    Attributes:
        fact_id: The fact.
        relation: "entail", "contradict", or "partner" (the fact is the other speaker's).
        start, end: Characters of the turn that show it, or None where only the turn is known.
    """

    fact_id: str
    relation: str = "entail"
    start: int | None = None
    end: int | None = None


class Turn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One utterance.

    Attributes:
        speaker: Index into the conversation's speakers, from 0.
        text: What is said. May hold any Unicode, newlines too.
        channels: What is not speech, by name: "thought", "action", "image".
        grounding: The facts that the turn touches.
        time, act, emotion: Optional marks; dialogue act and emotion are free labels.
    """

    speaker: int
    text: str
    channels: dict[str, str] = msgspec.field(default_factory=dict)
    grounding: tuple[Grounding, ...] = ()
    time: str | None = None
    act: str | None = None
    emotion: str | None = None


class Speaker(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One side of a conversation, with the persona it was written for.

    Attributes:
        name: The tag in text forms, e.g. "User 1".
        persona: The facts as sentences; empty if none is known.
        fact_ids: Ids of the same facts, in the same order.
    """

    name: str
    persona_id: str | None = None
    persona: tuple[str, ...] = ()
    fact_ids: tuple[str, ...] = ()


class Provenance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a conversation was made: enough to find every prompt and reply behind it.

    Attributes:
        recipe: The recipe's name, or "import".
        models: Model reference by role.
        prompts: Prompt hash by task.
        seed: The seed of this draft.
        round, draft: Counted from 1 and 0.
        demonstrations: Ids of the conversations shown as examples.
        calls: Journal keys of the calls that wrote it.
        repairs: What the parser had to mend, by kind.
        extra: Anything a recipe adds, JSON values.
    """

    recipe: str = "import"
    models: dict[str, str] = msgspec.field(default_factory=dict)
    prompts: dict[str, str] = msgspec.field(default_factory=dict)
    seed: int = 0
    round: int = 0
    draft: int = 0
    demonstrations: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    repairs: dict[str, int] = msgspec.field(default_factory=dict)
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class Conversation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The turns of one scene between two or more speakers.

    Attributes:
        scene_id: The scene it plays in; also the id of the pair it was written for.
        scores: Value by scorer name, for reports and filters; verdicts carry the evidence.
        split: "train", "validation", "test", or "" while undecided.
        previous: Id of the session before this one, if sessions chain.
        id: Content hash of scene, speakers, turns, and of what makes a draft itself (recipe,
            seed, round, draft); filled when empty. Scores and split do not change it.
    """

    scene_id: str
    speakers: tuple[Speaker, ...]
    turns: tuple[Turn, ...]
    id: str = ""
    scene: dict[str, Any] = msgspec.field(default_factory=dict)
    scores: dict[str, float] = msgspec.field(default_factory=dict)
    provenance: Provenance = msgspec.field(default_factory=Provenance)
    split: str = ""
    previous: str | None = None

    def __post_init__(self) -> None:
        if not self.id:
            made = self.provenance
            said = [[t.speaker, t.text, t.channels] for t in self.turns]
            who = [[s.name, s.persona_id, s.persona] for s in self.speakers]
            content = [self.scene_id, who, said, made.recipe, made.seed, made.round, made.draft]
            msgspec.structs.force_setattr(self, "id", content_id("c", content))

    def said_by(self, speaker: int) -> tuple[Turn, ...]:
        """The turns of one speaker, in order."""
        return tuple(turn for turn in self.turns if turn.speaker == speaker)

    def as_text(self) -> str:
        """One line a turn, "NAME: TEXT", newlines inside a turn shown as spaces."""
        names = [s.name or f"User {i + 1}" for i, s in enumerate(self.speakers)]
        return "\n".join(f"{names[t.speaker]}: {' '.join(t.text.split())}" for t in self.turns)
