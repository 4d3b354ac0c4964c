"""The public corpora as conversations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from dramaturg import dataset
from dramaturg.evaluate import Share
from dramaturg.records import Conversation
from dramaturg.train.experts.human import talks


def spc(data: Path, part: str, limit: int | None = None) -> list[Conversation]:
    """The first conversations of a part of Synthetic-Persona-Chat: "train", "valid" or "new"."""
    source = data / "synthetic-persona-chat" / f"{part}.jsonl.gz"
    return list(islice(dataset.load_conversations(source), limit))


def personachat(data: Path, part: str, limit: int | None = None) -> list[Conversation]:
    """The first conversations of a part of Persona-Chat: "train-sample" or "valid"."""
    rows: Iterator[Conversation] = talks(data, part)
    return list(islice(rows, limit))


def shown(found: Share) -> str:
    """ "0.873 (0.841 to 0.899)", or a dash where nothing was counted."""
    if found.value is None:
        return "-"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
