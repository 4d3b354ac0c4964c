"""Parts of a life: a short list that ships with the package, or a file with one a line."""

from __future__ import annotations

import random
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from dramaturg.errors import UserError


def load_topics(path: Path | None = None) -> list[str]:
    """The topics of a text file, one a line, each once; without a file the fifteen of the package.

    Raises:
        UserError: If the file cannot be read as UTF-8 text or holds no topic.
    """
    try:
        if path is None:
            text = resources.files("dramaturg.profile").joinpath("topics.txt").read_text("utf-8")
        else:
            text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the topics in {path}", why=str(error)) from error
    topics = [" ".join(line.split()) for line in text.splitlines()]
    found = list(dict.fromkeys(topic for topic in topics if topic))
    if not found:
        raise UserError(f"there is no topic in {path}", fix="write one a line")
    return found


def draw_topics(topics: Sequence[str], count: int, *, seed: int) -> list[str]:
    """So many different topics at random; all of them where there are no more."""
    return random.Random(seed).sample(list(topics), min(count, len(topics)))
