"""What critics said of the conversations of a study, read from a run or a folder of `critique`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

import msgspec

from dramaturg.errors import RecordError, UserError
from dramaturg.records import Comparison, Verdict, from_json
from dramaturg.store import RunFolder, is_run_folder

VERDICTS, COMPARISONS = "verdicts.jsonl", "comparisons.jsonl"
FACTS, REPORT = "facts.parquet", "report.json"
R = TypeVar("R")
Cell = tuple[str, int, str]  # conversation id, turn, id of a fact of the turn's speaker


class FactLabels(msgspec.Struct, frozen=True, kw_only=True):
    """A critic's table of facts.

    Attributes:
        model: Reference of the critic, "" where its report is not there.
        cells: (label, p_entail, p_contradict) of each turn and own fact.
    """

    model: str
    cells: dict[Cell, tuple[str, float, float]]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What one source says of the conversations.

    Attributes:
        facts: Its table of facts, where it has one.
        broken: In words, the lines that cannot be read.
    """

    verdicts: tuple[Verdict, ...]
    comparisons: tuple[Comparison, ...] = ()
    facts: FactLabels | None = None
    broken: tuple[str, ...] = ()


def read_verdicts(source: str | Path, subjects: set[str]) -> Said:
    """What a source says of these conversations.

    Args:
        source: A run folder, the folder of `dramaturg critique --out` or `compare --out`, or one
            verdicts.jsonl.

    Raises:
        UserError: If there is none such, or nothing in it speaks of these conversations.
    """
    path = Path(source)
    if is_run_folder(path):
        with RunFolder.read(path) as folder:
            found = (from_json(body, Verdict) for body in folder.journal.records("verdict"))
            return Said(verdicts=tuple(one for one in found if one.subject in subjects))
    compared: list[Comparison] = []
    verdicts: list[Verdict] = []
    broken: list[str] = []
    if (path / COMPARISONS).is_file():
        every, broken = read_comparisons(path)
        compared = [one for one in every if {one.first, one.second} <= subjects]
    if not (path / COMPARISONS).is_file() or (path / VERDICTS).is_file():
        every_verdict, more = _lines(path / VERDICTS if path.is_dir() else path, Verdict)
        verdicts = [one for one in every_verdict if one.subject in subjects]
        broken += more
    if not verdicts and not compared:
        raise UserError(
            f"{source} speaks of none of the study's conversations or pairs",
            why=broken[0] if broken else "its verdicts are on others",
            fix="judge the same data: dramaturg critique DATA --out FOLDER; for pairs, make the "
            "study with --pairs-of FOLDER",
        )
    table = path / FACTS
    return Said(
        verdicts=tuple(verdicts),
        comparisons=tuple(compared),
        facts=_facts(table, subjects) if table.is_file() else None,
        broken=tuple(broken),
    )


def read_comparisons(folder: str | Path) -> tuple[list[Comparison], list[str]]:
    """The comparisons of `dramaturg compare --out FOLDER`, and the lines that cannot be read.

    Raises:
        UserError: If there are none.
    """
    return _lines(Path(folder) / COMPARISONS, Comparison)


def _lines(file: Path, kind: type[R]) -> tuple[list[R], list[str]]:
    found: list[R] = []
    broken: list[str] = []
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    if line.strip():
                        found.append(from_json(line, kind))
                except RecordError as error:
                    broken.append(f"{file} line {number}: {error.why}"[:200])
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file} cannot be read",
            why=str(error),
            fix="name a run folder, or the folder of `dramaturg critique --out` or `compare --out`",
        ) from error
    return found, broken


def _facts(file: Path, subjects: set[str]) -> FactLabels:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["conversation", "turn", "whose", "fact_id", "label", "p_entail", "p_contradict"]
    cells: dict[Cell, tuple[str, float, float]] = {}
    try:
        table = pq.read_table(
            file, columns=names, filters=[("conversation", "in", sorted(subjects))]
        )
        for talk, turn, whose, fact, *said in zip(*(c.to_pylist() for c in table), strict=True):
            if whose == "own" and fact is not None:
                cells[talk, turn, fact] = (said[0], said[1], said[2])
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{file} is not a whole table of facts", why=str(error)) from error
    try:
        report = json.loads((file.parent / REPORT).read_text(encoding="utf-8"))
        model = str(report.get("critic", ""))
    except (OSError, ValueError, AttributeError):
        model = ""  # the table stands without its report
    return FactLabels(model=model, cells=cells)
