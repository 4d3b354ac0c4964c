"""The first demonstrations: our own conversations, so that a run needs no corpus."""

from __future__ import annotations

import functools
import json
from importlib import resources

from dramaturg.records import Conversation, Fact, Persona, Provenance, Scene, Speaker, Turn


@functools.cache
def _read() -> tuple[Conversation, ...]:
    file = resources.files("dramaturg").joinpath("dataset", "starter", "demonstrations.json")
    rows = json.loads(file.read_text(encoding="utf-8"))
    return tuple(_conversation(row) for row in rows)


def starter_pool() -> list[Conversation]:
    """Our own two-person conversations with both profiles: the pool of the first round."""
    return list(_read())


def _conversation(row: dict[str, list[str]]) -> Conversation:
    people = [
        Persona(facts=tuple(Fact(text=text) for text in row[side]), source="dramaturg starter")
        for side in ("user_1", "user_2")
    ]
    return Conversation(
        scene_id=Scene(cast=tuple(p.id for p in people)).id,
        speakers=tuple(
            Speaker(
                name=f"User {i + 1}",
                persona_id=p.id,
                persona=p.sentences,
                fact_ids=tuple(f.id for f in p.facts),
            )
            for i, p in enumerate(people)
        ),
        turns=tuple(Turn(speaker=i % 2, text=text) for i, text in enumerate(row["turns"])),
        provenance=Provenance(recipe="starter"),
    )
