"""Scenes to play from whatever file there is: scenes as JSON, or the text of a book."""

from __future__ import annotations

from pathlib import Path

from dramaturg.dataset.source import existing_file, head_of, kind_of
from dramaturg.models import ChatModel
from dramaturg.persona.book import read_book
from dramaturg.persona.chunks import TOKENS
from dramaturg.persona.scenes import Scenes, read_scenes, starter_scenes


def holds_scenes(source: Path | None) -> bool:
    """Whether a source is JSON with scenes (so are the starter scenes), and not a book."""
    if source is None:
        return True
    path = existing_file(source, "scenes, or the text of a book")
    return kind_of(path) == "jsonl" or head_of(path, 64).lstrip(b"\xef\xbb\xbf \t\r\n")[:2] == b"[{"


async def scenes_of(
    source: Path | None,
    reader: ChatModel,
    *,
    most: int,
    tokens: int = TOKENS,
    least_lines: int = 10,
    seed: int,
) -> Scenes:
    """At most so many scenes, in order, with what a user should know of them.

    Args:
        source: JSON with scenes (`read_scenes`), the text of a book (`read_book`), or None: two
            scenes of our own. The reader is asked only about a book.

    Raises:
        UserError: If the file cannot be read or holds nothing that can be played.
    """
    if not holds_scenes(source):
        assert source is not None
        return await read_book(
            source, reader, tokens=tokens, least_lines=least_lines, most=most, seed=seed
        )
    found = read_scenes(source or starter_scenes())
    left = found.scenes[most:]
    held = len(found.scenes)
    said = [f"{len(left)} of {held} scenes are left out: see -n"] if left else []
    said += [f"{most} scenes were asked for, and the file holds {held}"] if held < most else []
    return Scenes(found.scenes[:most], found.counts, [*found.notes, *said])
