"""personachat_self_original.json: one object, an array a split, a history for each reply.

The reply that was given is the last of its candidates. Only the persona of the one who replies
has a key of its own; the partner's stands in `partner_personality`, which other readers pass over.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.formats import containers
from dramaturg.dataset.formats.base import Format, Losses, Row
from dramaturg.dataset.formats.passed import paths
from dramaturg.dataset.formats.peek import Peek
from dramaturg.dataset.formats.talk import both, conversation, person, text
from dramaturg.records import Conversation

SILENCE = "__ SILENCE __"
_SPLITS = {"valid": "validation", "dev": "validation"}
_NAMES = {"validation": "valid", "": "train"}


def read(path: Path) -> Iterator[Row]:
    """The dialogues of every split."""
    for line, key, value in containers.keyed_rows(path):
        if isinstance(value, containers.Bad):
            yield line, value
            continue
        try:
            yield line, _made(value, _SPLITS.get(key, key))
            if (passed := PERSONACHAT_JSON.passed(value)) is not None:
                yield line, passed
        except KeyError as error:
            yield line, f"it lacks {error}"
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            yield line, str(error)


def _made(row: dict[str, Any], split: str) -> Conversation:
    told = row["utterances"]
    said = [*told[-1]["history"], told[-1]["candidates"][-1]]
    candidates: dict[str, list[str]] = {}
    turns: list[tuple[int, str]] = []
    for n, words in enumerate(said):
        spoken = text(words)
        if spoken == SILENCE:
            continue
        if n % 2 and n // 2 < len(told) and len(told[n // 2]["candidates"]) > 1:
            candidates[str(len(turns))] = [text(c) for c in told[n // 2]["candidates"]]
        turns.append((n % 2, spoken))
    people = [
        person("User 1", map(text, row.get("partner_personality") or ())),
        person("User 2", map(text, row["personality"])),
    ]
    return conversation(
        people, turns, split=split, extra={"candidates": candidates} if candidates else None
    )


def _write(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    files: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, contextlib.ExitStack() as stack:
        for made in rows:
            row = _row(made, losses)
            if row is None:
                continue
            split = _NAMES.get(made.split, made.split)
            if split not in files:
                file = Path(folder, str(len(files))).open("w+b")  # noqa: SIM115 - the stack closes it
                files[split] = stack.enter_context(file)
            file = files[split]
            file.write((b",\n" if file.tell() else b"") + msgspec.json.encode(row))
        with containers.open_out(path) as out:
            before = b"{"
            for split, file in files.items():
                out.write(before + msgspec.json.encode(split) + b": [\n")
                file.seek(0)
                shutil.copyfileobj(file, out)
                out.write(b"\n]")
                before = b",\n"
            out.write(b"}\n" if files else b"{}\n")


def _row(made: Conversation, losses: Losses) -> dict[str, Any] | None:
    said: list[str] = []
    at: dict[int, int] = {}
    for n, turn in enumerate(made.turns):
        if len(said) % 2 != turn.speaker:
            said.append(SILENCE)
        at[len(said)] = n
        said.append(f" {SILENCE}" if turn.text == SILENCE else turn.text)
    if any(turn.text == SILENCE for turn in made.turns):
        losses.lose("turns that say the mark of silence")
    if len(said) % 2:
        losses.lose("the last turn, which nobody answers")
        said.pop()
    if not said:
        losses.leave_out("nobody answers in it")
        return None
    others = made.provenance.extra.get("candidates") or {}
    utterances = []
    for n in range(1, len(said), 2):
        told = others.get(str(at.get(n))) or [said[n]]
        if told[-1] != said[n]:
            told = [*(c for c in told if c != said[n]), said[n]]
            losses.lose("the order of candidates: what was said stands last")
        utterances.append({"candidates": told, "history": said[:n]})
    partner, you = both(made.speakers)
    row: dict[str, Any] = {"personality": you.persona, "utterances": utterances}
    return {**row, "partner_personality": partner.persona} if partner.persona else row


def _looks(peek: Peek) -> bool:
    """An object whose first key has an array of objects with `personality` and `utterances`."""
    head = peek.text
    keyed = re.match(r'\s*\{\s*"[^"]*"\s*:\s*\[\s*\{', head) is not None
    return peek.kind == "json" and keyed and '"personality"' in head and '"utterances"' in head


PERSONACHAT_JSON = Format(
    name="personachat-json",
    about="personachat_self_original.json: `personality`, and `history` with `candidates`",
    looks=_looks,
    read=read,
    reads=paths("personality partner_personality utterances.history utterances.candidates"),
    write=_write,
    holds=frozenset({"personas", "split", "candidates"}),
    speakers=2,
    partly="a last turn that nobody answers; the order of candidates",
)
