"""Make one dataset out of others, and say how: the part that every small command shares."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset import formats
from dramaturg.dataset.card import write_card
from dramaturg.dataset.card_sections import LINEAGE
from dramaturg.dataset.export import ROWS_PER_FILE, export
from dramaturg.dataset.origin import Origin, people_of
from dramaturg.dataset.place import check_place, part_of, put, remove
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Drop, Persona, Preference, to_json
from dramaturg.store import RunFolder, write_atomically


@dataclass
class Produced:
    """What became of one of these steps.

    Attributes:
        out: The folder or file that was made.
        step: "merge", "filter", ...
        read, kept: Conversations.
        dropped: Class of reason -> how many were left out for it.
        splits: Conversations kept by split, "" for those without one.
        lost: What a target file had no place for, in one line.
        notes: Sentences to read.
        figures: What the step counted besides, by name.
        first_reason: Why the first one was left out, in full.
    """

    out: Path
    step: str
    read: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    lost: str = ""
    notes: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    first_reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {**vars(self), "out": str(self.out)}


def produce(
    out: str | Path,
    step: str,
    arguments: Mapping[str, Any],
    sources: Sequence[Origin],
    rows: Iterable[Conversation | Drop],
    *,
    people: Iterable[Persona] | None = None,
    preferences: Iterable[tuple[Preference, dict[str, Conversation]]] | None = None,
    made: Produced | None = None,
    unread: Callable[[Drop], Drop] = lambda drop: drop,
    rows_per_file: int = ROWS_PER_FILE,
    to_format: str | None = None,
    force: bool = False,
) -> Produced:
    """Write rows as a dataset folder, or as one file where `out` is named as one.

    The target appears when it is whole: a failure or Ctrl-C leaves what was there before. A
    folder is a run folder whose recipe is the step; `lineage.json` in it (beside a file) names
    the step, its arguments and its sources, with their own lineage, and every conversation has
    the step in `provenance.extra`.

    Args:
        arguments: What the step was asked, JSON values without paths.
        rows: What to keep, and a Drop for each that is not kept.
        people: The persons to write; None = those of the sources that the kept conversations name.
        preferences: None = those of the sources whose chosen conversation is kept.
        made: Is filled and returned.
        unread: What is kept of a source's row that could not be read.

    Raises:
        UserError: If nothing is kept, or the target exists or cannot be written.
    """
    path = Path(out)
    form = formats.find(to_format) if to_format else formats.for_name(path)
    if form is None or form.write is None:
        raise UserError(
            f"the name {path.name} does not say a format that is written",
            fix="name a folder, a .jsonl or .parquet file, or give --to",
        )
    check_place(path, [source.path for source in sources], force)
    made = made or Produced(out=path, step=step)
    aside = part_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if form.name == "run":
            _fill_folder(
                aside, step, arguments, sources, rows, people, preferences, made, unread,
                rows_per_file,
            )  # fmt: skip
        else:
            losses = formats.Losses()
            form.write(
                form.fitting(_kept(rows, step, arguments, made, None), losses), aside, losses
            )
            made.lost = losses.line(form.name)
        if not made.kept:
            raise UserError(
                f"no conversation is left after {step}",
                why=_reasons(made),
                fix=f"the first one: {made.first_reason}" if made.first_reason else "",
            )
        made.read = sum(source.read for source in sources)
        made.dropped["unreadable"] = sum(source.unreadable for source in sources)
        made.dropped = +made.dropped
        lineage = _lineage(step, arguments, sources, made)
        text = json.dumps(lineage, indent=2, ensure_ascii=False) + "\n"
        if form.name == "run":
            write_atomically(aside / LINEAGE, text.encode("utf-8", "replace"))
            with _opened(aside, step, arguments) as folder:
                facts = {"state": "finished", "notes": made.notes}
                write_card(folder, facts)
                folder.finish()
            (aside / ".lock").unlink(missing_ok=True)
        put(aside, path)
        if form.name != "run":
            write_atomically(
                path.with_name(f"{path.name}.{LINEAGE}"), text.encode("utf-8", "replace")
            )
    except OSError as error:
        raise UserError(
            f"{path} cannot be written", why=str(error), fix="see that the disk has room"
        ) from error
    finally:
        remove(aside)
    return made


def _opened(aside: Path, step: str, arguments: Mapping[str, Any]) -> RunFolder:
    told = {"recipe": step, "settings": dict(arguments)}
    return RunFolder.open(aside, told, metadata.version("dramaturg"))


def _fill_folder(
    aside: Path,
    step: str,
    arguments: Mapping[str, Any],
    sources: Sequence[Origin],
    rows: Iterable[Conversation | Drop],
    people: Iterable[Persona] | None,
    preferences: Iterable[tuple[Preference, dict[str, Conversation]]] | None,
    made: Produced,
    unread: Callable[[Drop], Drop],
    rows_per_file: int,
) -> None:
    with _opened(aside, step, arguments) as folder:
        journal = folder.journal
        wanted: set[str] = set()
        for row in _kept(rows, step, arguments, made, folder):
            split = row.split or "train"
            if not re.fullmatch(r"\w+", split):
                split = re.sub(r"\W", "_", split)
            if not row.split:
                made.splits[""] -= 1
                made.splits["train"] += 1
                row = msgspec.structs.replace(row, split=split)
            journal.put("conversation", row.id, to_json(row), row.provenance.round)
            wanted.update(s.persona_id for s in row.speakers if s.persona_id)
            if people is None:
                for person in people_of(row):
                    journal.put("persona", person.id, to_json(person))
        made.splits = +made.splits
        if not made.kept:
            return
        for person in people if people is not None else _people(sources, wanted):
            journal.put("persona", person.id, to_json(person))
        journal.flush()
        if preferences is None:
            preferences = (found for source in sources for found in source.preferences())
        for preference, named in preferences:
            if journal.record("conversation", preference.chosen) is None:
                continue
            journal.put("preference", preference.id, to_json(preference))
            for id, conversation in named.items():
                if journal.record("conversation", id) is None:
                    bare = msgspec.structs.replace(conversation, split="")
                    journal.put("conversation", id, to_json(bare), bare.provenance.round)
        for source in sources:
            for drop in map(unread, source.drops):
                journal.put("drop", drop.id, to_json(drop))
        journal.flush()
        export(folder, rows_per_file=rows_per_file)


def _people(sources: Sequence[Origin], wanted: set[str]) -> Iterator[Persona]:
    """Persons as their sources' tables know them: these replace what conversations tell.

    Of a person in several tables the first that states a source or a licence counts.
    """
    stated: set[str] = set()
    for source in sources:
        for person in source.people():
            if person.id in wanted and person.id not in stated:
                if person.source or person.licence:
                    stated.add(person.id)
                yield person


def _kept(
    rows: Iterable[Conversation | Drop],
    step: str,
    arguments: Mapping[str, Any],
    made: Produced,
    folder: RunFolder | None,
) -> Iterator[Conversation]:
    """What is kept, with the step in its lineage; of one id a folder holds the first only."""
    mark = {"step": step, **arguments}
    seen: set[str] = set()
    for n, row in enumerate(rows, 1):
        if folder is not None and not isinstance(row, Drop):
            if row.id in seen:
                row = Drop(
                    kind="conversation", reason=f"repeat: row {n} has the id of one before it",
                    subject=row.id,
                )  # fmt: skip
            else:
                seen.add(row.id)
        if isinstance(row, Drop):
            made.dropped[row.reason_class] += 1
            made.first_reason = made.first_reason or row.reason
            if folder is not None:
                folder.journal.put("drop", row.id, to_json(row))
            continue
        made.kept += 1
        made.splits[row.split] += 1
        provenance = row.provenance
        before = provenance.extra.get("lineage", [])
        told = [*(before if isinstance(before, list) else [before]), mark]
        extra = {**provenance.extra, "lineage": told}
        provenance = msgspec.structs.replace(provenance, extra=extra)
        yield msgspec.structs.replace(row, provenance=provenance)


def _lineage(
    step: str, arguments: Mapping[str, Any], sources: Sequence[Origin], made: Produced
) -> dict[str, Any]:
    return {
        "step": step,
        "arguments": dict(arguments),
        "version": metadata.version("dramaturg"),
        "read": made.read,
        "kept": made.kept,
        "dropped": dict(made.dropped),
        **({"figures": made.figures} if made.figures else {}),
        "sources": [source.as_json() for source in sources],
    }


def _reasons(made: Produced) -> str:
    return ", ".join(f"{why} {n:,}" for why, n in made.dropped.most_common(3)) or "none was read"
