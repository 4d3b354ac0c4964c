"""From one format to another, one conversation at a time; what is lost is told."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dramaturg.dataset import examples, formats
from dramaturg.dataset.formats import training
from dramaturg.dataset.formats.ours import left_behind
from dramaturg.dataset.formats.passed import in_words
from dramaturg.dataset.load_conversations import load_conversations
from dramaturg.dataset.place import check_place, part_of, put, remove
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Drop
from dramaturg.store import is_run_folder


@dataclass(frozen=True)
class Converted:
    """What became of a conversion.

    Attributes:
        source, target: Names of the formats read and written.
        written: Conversations written.
        dropped: Rows that could not be read, each with its line and reason: the first 1,000.
        dropped_count: How many there were.
        lost: What the target had no place for -> in how many conversations.
        left_out: Why conversations were not written at all -> how many.
        lost_line: The two together in one line, "" if nothing was lost.
        passed: Keys of the source that were not read -> in how many rows.
        passed_line: They in one line, "" if there are none.
    """

    source: str
    target: str
    written: int
    dropped: list[Drop] = field(default_factory=list)
    dropped_count: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    lost_line: str = ""
    passed: dict[str, int] = field(default_factory=dict)
    passed_line: str = ""


def convert(
    source: str | Path,
    target: str | Path,
    *,
    from_format: str | None = None,
    to_format: str | None = None,
    force: bool = False,
    progress: Callable[[int], None] | None = None,
    **options: Any,
) -> Converted:
    """Write the conversations of a source in another format; memory does not grow with it.

    The target appears when it is whole: a failure or Ctrl-C leaves what was there before.

    Args:
        source: As `load_conversations` reads it.
        target: A file, or a folder for the formats that are folders.
        from_format, to_format: Names of formats; None = from the content, and from the name.
        force: Replace a target that exists.
        progress: Is told the number of conversations written so far, now and then.
        options: What the target's format takes, e.g. `train_on=2`.

    Raises:
        UserError: If the source cannot be read, a format is unknown or only read, an option is
            not the target's, the target exists, or it cannot be written.
    """
    path = Path(target).resolve()  # a link's own file is written, the link stays
    form = _target_format(path, to_format)
    options = {name: value for name, value in options.items() if value is not None}
    unknown = sorted(options.keys() - form.options)
    if unknown:
        raise UserError(
            f"the format {form.name} has no option {unknown[0]!r}",
            fix=f"its options are {', '.join(sorted(form.options))}" if form.options else "",
        )
    check_place(path, [Path(source)], force)
    if options.get("distractors") and "pool" not in options:
        options["pool"] = examples.fact_pool(
            load_conversations(source, format=from_format), seed=options.get("seed", 13)
        )
    losses = formats.Losses()
    dropped = losses.drops
    count = 0
    passed: Counter[str] = Counter()

    def drop(one: Drop) -> None:
        nonlocal count
        count += 1
        if len(dropped) < 1000:
            dropped.append(one)

    def counted(rows: Iterator[Conversation]) -> Iterator[Conversation]:
        for n, row in enumerate(rows, 1):
            yield row
            if progress is not None and n % 1000 == 0:
                progress(n)

    if form.of_run is not None and is_run_folder(source):
        rows = form.of_run(Path(source), losses)
    else:
        rows = load_conversations(
            source, drop, format=from_format, passed=lambda key: passed.update([key])
        )
    first = list(itertools.islice(rows, 1))  # a source that cannot be read leaves no trace
    aside = part_of(path)
    assert form.write is not None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        holds = training.holds(form, options)
        fitting = form.fitting(itertools.chain(first, rows), losses, holds)
        form.write(counted(fitting), aside, losses, **options)
        if not losses.written:
            raise UserError(
                f"{source} holds no conversation that {form.name} can hold",
                why=losses.line(form.name),
            )
        put(aside, path)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written", why=str(error), fix="see that the disk has room"
        ) from error
    finally:
        remove(aside)
    taken = frozenset({"preference"} if form.of_run is not None else ())
    stayed = left_behind(Path(source), taken)
    return Converted(
        source=from_format or formats.name_of(source),
        target=form.name,
        written=losses.written,
        dropped=dropped,
        dropped_count=count,
        lost=dict(losses.counts),
        left_out=dict(losses.left_out),
        lost_line="; ".join(filter(None, [losses.line(form.name), stayed])),
        passed=dict(passed),
        passed_line=in_words(passed),
    )


def _target_format(path: Path, name: str | None) -> formats.Format:
    form = formats.find(name) if name else formats.for_name(path)
    writable = [f.name for f in formats.FORMATS if f.write is not None]
    if form is None:
        raise UserError(
            f"the name {path.name} does not say a format",
            fix=f"give --to {', '.join(writable[:-1])} or {writable[-1]}",
        )
    if form.write is None:
        raise UserError(
            f"the format {form.name} can only be read",
            fix=f"give --to {', '.join(writable[:-1])} or {writable[-1]}",
        )
    return form
