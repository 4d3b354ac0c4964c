"""What a reader of an evaluation must know of the data before the figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dramaturg.evaluate import Side, by_round
from dramaturg.records import Drop
from dramaturg.store import is_run_folder

LONG = 500  # turns from which a conversation is worth a note


def notes(side: Side, lost: Sequence[Drop], lost_count: int) -> list[str]:
    """What is odd in a dataset, and what could not be measured because of it.

    Args:
        lost: The first lines that could not be read; `lost_count` is of all.
    """
    own = side.own
    n = len(own)
    found = []
    if lost_count:
        found.append(f"{lost_count:,} lines could not be read and are left out: {lost[0].reason}")
    if own.without_personas:
        found.append(
            f"{own.without_personas:,} of {n:,} conversations have no persona: faithfulness, "
            "what shows of a persona, copying of facts and profile extraction are of the others"
        )
    alone = own.speakers.get(1, 0)
    if alone:
        found.append(f"in {alone:,} of {n:,} conversations only one speaker says anything")
    many = sum(count for people, count in own.speakers.items() if people > 2)
    if many:
        found.append(f"{many:,} of {n:,} conversations have more than two speakers")
    if own.longest > LONG:
        found.append(f"the longest conversation has {own.longest:,} turns")
    english = own.table.ratio("english")
    foreign = int(english.under.sum() - english.over.sum())
    if foreign:
        found.append(
            f"{foreign:,} of {int(english.under.sum()):,} conversations do not read as English: "
            "persona words, vectors and the embedded judges know English only"
        )
    empty = own.table.ratio("empty_turns")
    if empty.over.sum():
        found.append(f"{int(empty.over.sum()):,} of {int(empty.under.sum()):,} turns are empty")
    return found


def splits(side: Side) -> dict[str, int]:
    """Conversations by split; "unmarked" for those that have none."""
    counts = Counter(side.own.splits)
    return {side.own.split_names[i] or "unmarked": n for i, n in sorted(counts.items())}


def rounds(source: Any, side: Side) -> list[dict[str, Any]]:
    """A run folder's own report by round; for anything else what conversations say of theirs."""
    return _of_run(source) or by_round(side)


def _of_run(source: Any) -> list[dict[str, Any]]:
    if not isinstance(source, str | Path):
        return []
    path = Path(source)
    if not (path.is_dir() and is_run_folder(path) and (path / "report.json").is_file()):
        return []
    try:
        told = json.loads((path / "report.json").read_text(encoding="utf-8")).get("rounds", [])
    except (ValueError, OSError, AttributeError):
        return []
    return [row for row in told if isinstance(row, dict)]
