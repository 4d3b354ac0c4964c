"""Read scenes of two named people: a situation in a sentence or two, and who they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from dramaturg.dataset.facts import clean
from dramaturg.dataset.source import Bad, csv_rows, existing_file, kind_of, lines
from dramaturg.errors import UserError
from dramaturg.records import Drop, Ensemble, Persona, Scene, content_id

LONGEST = 2_000  # characters of a situation
_TEXTS = ("narrative", "scene", "setting", "situation", "text")
_FIRST, _SECOND = ("personx", "speaker_1", "first"), ("persony", "speaker_2", "second")
_PLAIN = re.compile(r"^\s*([^:|]{1,40}?)\s*[,&]\s*([^:|]{1,40}?)\s*[:|]\s*(.+)$")


@dataclass(frozen=True)
class Scenes:
    """What a source of scenes holds.

    Attributes:
        scenes: Each once, in the order read. Its people are named and nothing else is known of
            them; a name means another person in every scene.
        drops: Lines that are not used, each with its reason.
    """

    scenes: list[Ensemble]
    drops: list[Drop] = field(default_factory=list)


def load_scenes(source: str | Path | None = None) -> Scenes:
    """The scenes of a file; None = those that come with the package.

    Args:
        source: Text with a line "Ada, Ben: Ada has missed the last bus ..." for each scene, or
            JSONL or CSV with narrative, PersonX and PersonY (or scene, first and second).

    Raises:
        UserError: If there is nothing to read, or no line is a scene.
    """
    if source is None:
        text = (
            resources.files("dramaturg.dataset").joinpath("starter/scenes.txt").read_text("utf-8")
        )
        rows: Iterator[tuple[int, Mapping[str, Any] | str]] = iter(
            (n, _plain(line)) for n, line in enumerate(text.splitlines(), 1) if line.strip()
        )
    else:
        rows = _rows(existing_file(source, "scenes"))
    found: dict[str, Ensemble] = {}
    drops: list[Drop] = []
    for number, row in rows:
        one = row if isinstance(row, str) else _scene(row)
        if isinstance(one, Ensemble) and one.id in found:
            one = "duplicate: this scene is there already"
        if isinstance(one, str):
            drops.append(Drop(kind="scene", reason=one, subject=f"line {number}"))
        else:
            found[one.id] = one
    if not found:
        why = f"{len(drops)} lines are none, the first: {drops[0].reason}" if drops else ""
        raise UserError(
            f"{source} holds no scene",
            why=why,
            fix="give lines such as: Ada, Ben: Ada has missed the last bus and calls Ben.",
        )
    return Scenes(list(found.values()), drops)


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    kind = kind_of(path)
    if kind == "text":
        for number, line in lines(path):
            if line.strip() and not line.lstrip().startswith("#"):
                yield number, _plain(line)
    elif kind == "jsonl":
        for number, line in lines(path):
            if line.strip():
                yield number, _json_row(line)
    elif kind == "csv":
        for number, row in csv_rows(path):
            yield number, f"not a whole row: {row}" if isinstance(row, Bad) else row
    else:
        raise UserError(f"{path} is {kind}", fix="give text, JSONL or CSV")


def _plain(line: str) -> Mapping[str, Any] | str:
    hit = _PLAIN.match(line)
    if hit is None:
        return "no scene: it does not begin with two names, as in 'Ada, Ben: ...'"
    return {"first": hit[1], "second": hit[2], "scene": hit[3]}


def _json_row(line: str) -> Mapping[str, Any] | str:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"[:200]
    return value if isinstance(value, dict) else "no scene: a line is an object"


def _scene(given: Mapping[str, Any]) -> Ensemble | str:
    row = {str(key).lower(): value for key, value in given.items()}
    setting, first, second = (clean(_text(row, names)) for names in (_TEXTS, _FIRST, _SECOND))
    if not setting or not first or not second:
        return "no scene: it needs a situation and two names"
    if first.lower() == second.lower():
        return "no scene: both people have one name"
    if len(setting) > LONGEST:
        return f"too long: {len(setting):,} characters"
    people = tuple(
        Persona(name=name, facts=(), id=content_id("p", [setting, name]))
        for name in (first, second)
    )
    return Ensemble(
        people=people,
        scene=Scene(cast=tuple(p.id for p in people), fields={"setting": setting}),
    )


def _text(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((row[name] for name in names if isinstance(row.get(name), str) and row[name]), "")
