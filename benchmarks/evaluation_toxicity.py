"""The toxicity scorer on labelled posts and on everyday talk, beside a bare word list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.corpora import personachat, shown, spc
from benchmarks.tables import publish
from dramaturg.evaluate import plant_all, share
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.models.experts.toxicity import ToxicityExpert, swear_list
from dramaturg.models.experts.words import words
from dramaturg.records import Conversation
from dramaturg.scorers import build
from dramaturg.train.experts import abuse
from dramaturg.train.experts import data as sets


def listed(text: str) -> bool:
    """Whether a text holds a single word of the list."""
    return bool(set(words(text)) & swear_list())


def posts(data: Path) -> list[list[str]]:
    """Davidson's posts by label: one fifth of the open part, held out of training by hash."""
    expert = ToxicityExpert()
    rows = list(sets.rows(data / "toxicity" / "davidson.jsonl.gz"))
    held = set(abuse.davidson(data, held_out=True)[0]) | set(abuse.davidson(data, held_out=True)[1])
    table = [["posts", "n", "expert flags (95 %)", "word list flags (95 %)"]]
    for label in ("hate", "offensive", "neither"):
        some = [row["text"] for row in rows if row["label"] == label and row["text"] in held]
        ours = sum(expert.score(text) >= expert.threshold for text in some)
        table.append(
            [
                f"davidson, {label}",
                f"{len(some):,}",
                shown(share(ours, len(some))),
                shown(share(sum(map(listed, some)), len(some))),
            ]
        )
    for name, some in (
        ("hand-written, abuse in clean words", abuse.plain_abuse(held_out=True)),
        ("hand-written, who people are", abuse.identity(held_out=True)),
    ):
        ours = sum(expert.score(text) >= expert.threshold for text in some)
        table.append(
            [
                name,
                f"{len(some):,}",
                shown(share(ours, len(some))),
                shown(share(sum(map(listed, some)), len(some))),
            ]
        )
    return table


async def talks(data: Path) -> list[list[str]]:
    """False alarms on everyday talk, and an insult planted in each conversation."""
    model = EmbeddedModel()
    (scorer,) = build("toxicity", model)
    table = [["conversations", "n", "turns in pieces (95 %)", "whole turns (95 %)",
              "word list (95 %)"]]  # fmt: skip

    async def row(name: str, some: Sequence[Conversation]) -> None:
        pieces = sum([(await scorer(talk)).passed is False for talk in some])
        expert = ToxicityExpert()

        def flags(test: Callable[[str], bool]) -> str:
            return shown(share(sum(any(test(t.text) for t in c.turns) for c in some), len(some)))

        table.append(
            [
                name,
                f"{len(some):,}",
                shown(share(pieces, len(some))),
                flags(lambda text: expert.score(text) >= expert.threshold),
                flags(listed),
            ]
        )

    human, made = personachat(data, "valid"), spc(data, "valid")
    await row("Persona-Chat valid (false alarms)", human)
    await row("SPC valid (false alarms)", made)
    for name, some in (("Persona-Chat valid", human[:500]), ("SPC valid", made[:500])):
        planted = [case.faulty for case in plant_all(some, "insult", seed=13)]
        await row(f"{name}, one insult planted (caught)", planted)
    return table


def main(data: Path, write: bool) -> None:
    """Print the tables; with `write`, renew them on the page."""
    publish(
        "toxicity",
        [
            ("Labelled texts: share flagged", posts(data)),
            ("Conversations: share with a flagged turn", asyncio.run(talks(data))),
        ],
        write=write,
    )
