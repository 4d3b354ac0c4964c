"""Small conversations for the tests of this room."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dramaturg.records import Conversation, Speaker, Turn

NOUNS = tuple(
    """goats maps tubas knots lamps clogs moths yachts plums vines rocks drums ducks kites bells
    ropes pears hats coins forks tents boots nails figs""".split()  # noqa: SIM905
)


def a_talk(
    *texts: str,
    personas: Sequence[Sequence[str]] = (("I bake.",), ("I sail.",)),
    scene: str = "s",
    split: str = "",
) -> Conversation:
    """A conversation of people who take turns."""
    return Conversation(
        scene_id=scene,
        speakers=tuple(
            Speaker(name=f"User {i + 1}", persona=tuple(facts)) for i, facts in enumerate(personas)
        ),
        turns=tuple(Turn(speaker=i % len(personas), text=text) for i, text in enumerate(texts)),
        split=split,
    )


def many_talks(count: int, *, seed: int = 0, split: str = "") -> list[Conversation]:
    """Conversations of six turns about random things; the same seed gives the same."""
    draw = random.Random(seed)
    found = []
    for i in range(count):
        mine, yours = draw.sample(NOUNS, 2)
        found.append(
            a_talk(
                f"Hello, do you like {mine}?",
                f"I own many {yours} and {draw.choice(NOUNS)}.",
                f"My {mine} are the best in town number {draw.randrange(50)}.",
                f"Do your {mine} sleep near the {draw.choice(NOUNS)}?",
                f"They do, and they eat {draw.choice(NOUNS)}.",
                f"I should show them my {yours}.",
                personas=((f"I collect {mine}.", "I bake."), (f"I own {yours}.", "I sail.")),
                scene=f"{seed}-{i}",
                split=split,
            )
        )
    return found
