"""Conversations for the tests of this room."""

from __future__ import annotations

from collections.abc import Sequence

from dramaturg.records import Conversation, Fact, Speaker, Turn

FACTS = (("I am vegan.", "I have a dog."), ("I grill every weekend.", "I live in Norway."))


def a_talk(
    *texts: str, facts: Sequence[Sequence[str]] = FACTS, who: Sequence[int] | None = None
) -> Conversation:
    """Turns in turn (or by `who`), between people with these facts."""
    speakers = tuple(
        Speaker(
            name=f"User {i + 1}", persona=tuple(side), fact_ids=tuple(Fact(text=t).id for t in side)
        )
        for i, side in enumerate(facts)
    )
    order = who or [i % len(speakers) for i in range(len(texts))]
    turns = tuple(Turn(speaker=s, text=text) for s, text in zip(order, texts, strict=True))
    return Conversation(scene_id="s", speakers=speakers, turns=turns)
