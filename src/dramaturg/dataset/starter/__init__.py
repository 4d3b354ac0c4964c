"""What a first run starts from: facts and conversations written for this project."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def starter_people() -> Path:
    """The file of starter facts, one a line."""
    return Path(str(resources.files("dramaturg.dataset.starter").joinpath("people.txt")))


def starter_entries() -> Path:
    """The file of starter journals: 22 entries by six people who do not exist."""
    return Path(str(resources.files("dramaturg.dataset.starter").joinpath("entries.jsonl")))
