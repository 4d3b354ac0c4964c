"""One conversation with all that is known of it: verdicts, rivals, and what made it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from dramaturg import dataset
from dramaturg.errors import UserError
from dramaturg.records import Comparison, Conversation, Drop, Persona, Verdict, from_json
from dramaturg.store import RunFolder, latest


@dataclass(frozen=True)
class Lineage:
    """A conversation and where it came from.

    Attributes:
        verdicts: What each filter said of it.
        comparisons: Its comparisons with other drafts of the pair.
        drops: Why it was not kept, if it was not.
        people: The personas of its speakers, with the provenance of each fact.
        calls: The model calls behind it (exact prompts and replies), if asked for.
    """

    conversation: Conversation
    kept: bool
    verdicts: list[Verdict]
    comparisons: list[Comparison]
    drops: list[Drop]
    people: list[Persona]
    calls: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        plain: dict[str, Any] = {
            name: msgspec.to_builtins(getattr(self, name))
            for name in ("conversation", "kept", "verdicts", "comparisons", "drops", "people")
        }
        return {**plain, "calls": self.calls}


def trace(run_dir: str, conversation: str, *, with_calls: bool = False) -> Lineage:
    """Find a conversation in a run folder and gather what is known of it.

    Args:
        run_dir: The folder, or "latest".
        conversation: An id, the beginning of one, or "1", "2", ... for the kept ones in order.

    Raises:
        UserError: If there is no such run or conversation.
    """
    path = latest() if run_dir == "latest" else Path(run_dir)
    with RunFolder.read(path) as run:
        kept = {c.id: c for c in dataset.read_dataset(path)} if (path / "data").is_dir() else {}
        found = _kept_by_number(kept, conversation) or run.find(conversation)
        found = kept.get(found.id, found)
        keys = found.provenance.calls
        verdicts = (from_json(v, Verdict) for v in run.journal.records("verdict"))
        compared = (from_json(c, Comparison) for c in run.journal.records("comparison"))
        drops = (from_json(d, Drop) for d in run.journal.records("drop"))
        who = [s.persona_id for s in found.speakers if s.persona_id]
        people = [run.journal.record("persona", p) for p in who]
        return Lineage(
            conversation=found,
            kept=found.id in kept,
            verdicts=[v for v in verdicts if v.subject == found.id],
            comparisons=[c for c in compared if found.id in (c.first, c.second)],
            drops=[d for d in drops if d.subject == found.id],
            people=[from_json(p, Persona) for p in people if p],
            calls=[_call(c) for c in run.journal.calls_for(keys)] if with_calls else [],
        )


def _kept_by_number(kept: dict[str, Conversation], text: str) -> Conversation | None:
    if not (text.isdigit() and len(text) < 7):
        return None
    if not 1 <= int(text) <= len(kept):
        raise UserError(
            f"there is no kept conversation number {text}",
            why=f"this run has {len(kept)}",
            fix="give a number from 1 on, or an id",
        )
    return list(kept.values())[int(text) - 1]


def _call(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("request", "reply"):
        if isinstance(row.get(name), str):
            row[name] = json.loads(row[name])
    return row
