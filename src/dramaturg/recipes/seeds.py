"""Read the seed facts of a recipe, and say what of them is not used."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from dramaturg import dataset
from dramaturg.errors import UserError
from dramaturg.models import ChatModel
from dramaturg.records import Drop
from dramaturg.store import notes

_MOST_FOREIGN = 0.5  # share of facts in other scripts from which the embedded model is refused


def read_seeds(personas: Path | None, writer: ChatModel, most_pairs: int) -> dataset.Loaded:
    """The facts, people and pairs of a file; lines and pairs that are not used become Drops.

    Raises:
        UserError: If the file cannot be used, or if half of its facts are in a script that the
            embedded model does not write.
    """
    loaded = dataset.load_personas(personas or dataset.starter_people())
    said = list(loaded.notes)
    for drop in loaded.drops:
        notes.note(drop)
    beyond = loaded.pairs[most_pairs:]
    for pair in beyond:
        reason = f"beyond -n: {most_pairs} conversations were asked for"
        notes.note(Drop(kind="pair", reason=reason, subject=pair.id))
    if beyond:
        said.append(f"{len(beyond)} of {len(loaded.pairs)} pairs are left out: see -n")
    if not writer.follows_prompts():
        said += _foreign([fact.text for fact in loaded.facts])
    return dataclasses.replace(loaded, notes=said)


def _foreign(facts: Sequence[str]) -> list[str]:
    count = sum(not _latin(text) for text in facts)
    if not count:
        return []
    what = f"{count} of {len(facts)} facts are not in Latin script"
    if count > _MOST_FOREIGN * len(facts):
        raise UserError(
            what,
            why="the embedded model writes English only",
            fix="give the writer an instruction model, e.g. --model openai:gpt-4.1-mini",
        )
    return [f"{what}; the embedded model writes English only and will not do them justice"]


def _latin(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    latin = sum(unicodedata.name(c, "").startswith("LATIN") for c in letters)
    return 2 * latin >= len(letters)
