"""Read the corpora into one plain form. Nothing named valid or test is read for training."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dramaturg.models.embedded.overlap import SHOWN_SHARE, share_said
from dramaturg.train.embedded.cleaning import (
    Truecaser,
    fill_names,
    merge_speakers,
    plain,
    tidy_fact,
)


@dataclass
class Source:
    """One conversation: facts of both speakers, turns, and which turn says which fact."""

    style: str
    facts: tuple[list[str], list[str]]
    turns: list[tuple[int, str]]
    grounded: dict[int, str] = field(default_factory=dict)
    weight: float = 1.0


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def truecaser(data_dir: Path) -> Truecaser:
    """A truecaser that learned its names from the training conversations of SPC."""
    folder = data_dir / "synthetic-persona-chat"
    return Truecaser(
        plain(text)
        for name in ("train", "new")
        for row in rows(folder / f"{name}.jsonl.gz")
        for _, text in row["turns"]
    )


def read_persona_file(path: Path, style: str, truecase: Truecaser, weight: float) -> list[Source]:
    """SPC or Persona-Chat rows; rows without turns or with open placeholders are left out."""
    out = []
    for row in rows(path):
        who = {"User 1": 0, "User 2": 1}
        clean = truecase if style == "human" else plain
        turns = merge_speakers([(who[speaker], clean(text)) for speaker, text in row["turns"]])
        filled = fill_names(turns, random.Random(row["id"]))
        if filled is None or len(filled) < 4:
            continue
        facts = tuple(
            [tidy_fact(fact, truecase) for fact in row.get(f"user_{number}") or [] if fact.strip()]
            for number in (1, 2)
        )
        source = Source(style, (facts[0], facts[1]), filled, weight=weight)
        source.grounded = grounding(source)
        out.append(source)
    return out


def grounding(source: Source) -> dict[int, str]:
    """For each turn that says a fact of its speaker, that fact; every fact at most once."""
    found: dict[int, str] = {}
    used: set[str] = set()
    for number, (who, text) in enumerate(source.turns):
        if text.endswith("?") and " I " not in f" {text}":
            continue
        scored = [(share_said(fact, text), fact) for fact in source.facts[who] if fact not in used]
        if scored:
            best, fact = max(scored)
            if best >= SHOWN_SHARE:
                found[number] = fact
                used.add(fact)
    return found


def read_plain_file(path: Path, weight: float) -> list[Source]:
    """Conversations without profiles; speakers alternate."""
    out = []
    for row in rows(path):
        turns = [(number % 2, plain(text)) for number, text in enumerate(row["turns"])]
        if len(turns) >= 4 and all(text for _, text in turns):
            out.append(Source("human", ([], []), turns, weight=weight))
    return out


def training_sources(data_dir: Path) -> list[Source]:
    """Everything that is trained on; `weight` is how often an epoch shows it, on average."""
    spc, truecase = data_dir / "synthetic-persona-chat", truecaser(data_dir)
    out = read_persona_file(spc / "train.jsonl.gz", "made", truecase, 0.9)
    out += read_persona_file(spc / "new.jsonl.gz", "made", truecase, 1.0)
    for source in out:
        source.weight *= (0.75, 0.9, 1.1, 1.25)[min(3, len(source.grounded))]
    chat = data_dir / "personachat" / "train-sample.jsonl.gz"
    out += read_persona_file(chat, "human", truecase, 3.0)
    out += read_plain_file(data_dir / "training-text" / "topical-chat.jsonl.gz", 0.3)
    return out


def held_out_sources(data_dir: Path) -> dict[str, list[Source]]:
    """The validation conversations, by corpus."""
    truecase = truecaser(data_dir)
    spc = data_dir / "synthetic-persona-chat" / "valid.jsonl.gz"
    chat = data_dir / "personachat" / "valid.jsonl.gz"
    return {
        "spc-valid": read_persona_file(spc, "made", truecase, 1.0),
        "personachat-valid": read_persona_file(chat, "human", truecase, 1.0),
    }
