"""Read conversations from whatever file they are in, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from dramaturg.dataset import formats
from dramaturg.dataset.formats import hub
from dramaturg.dataset.formats.ours import conversations_of
from dramaturg.dataset.formats.passed import Passed
from dramaturg.dataset.formats.registry import shaped
from dramaturg.dataset.source import existing_file
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Drop
from dramaturg.store import is_run_folder


def load_conversations(
    source: str | Path,
    drops: Callable[[Drop], None] | None = None,
    *,
    format: str | None = None,
    passed: Callable[[str], None] | None = None,
) -> Iterator[Conversation]:
    """The conversations of a source, in its order; memory does not grow with it.

    Args:
        source: A file or folder in any format of docs/formats.md, or `hf:org/name`; text forms
            may be gzipped.
        drops: Is given a `Drop` for each row that cannot be read; the others are read.
        passed: Is given each key of a row that holds something and is not read.
        format: Read it as this; None = as what it looks like.

    Raises:
        UserError: If the source is missing, empty or of no known form; at the end, if it held
            not one conversation.
    """
    told = drops or (lambda drop: None)
    chosen = formats.find(format) if format else None
    path = Path(source)
    from_hub = str(source).startswith(hub.PREFIX)
    if chosen is None and path.is_dir() and is_run_folder(path):
        yield from conversations_of(path)  # an unfinished run may hold none yet
        return
    if not from_hub and not path.is_dir():
        path = existing_file(path, "conversations")
    read = first = 0
    why = ""
    found = shaped(hub.hub_rows(str(source))) if from_hub else formats.read(path, chosen)
    for line, made in found:
        if isinstance(made, Conversation):
            read += 1
            yield made
        elif isinstance(made, Passed):
            if passed is not None:
                for key in made.keys:
                    passed(key)
        else:
            first, why = first or line, why or made
            told(Drop(kind="input_line", reason=f"unreadable: line {line}: {made}"))
    if not read:
        name = f" in the format {chosen.name}" if chosen else ""
        raise UserError(
            f"{source} holds no conversation{name}",
            why=f"line {first}: {why}" if first else "",
            fix="each row needs turns, messages, or another form of docs/formats.md",
        )
