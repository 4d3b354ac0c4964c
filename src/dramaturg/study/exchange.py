"""Take answers in from files that came back, and hand all answers out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.errors import RecordError, UserError
from dramaturg.records import Drop
from dramaturg.study.checks import passes
from dramaturg.study.folder import Study
from dramaturg.study.order import share_of
from dramaturg.study.questions import for_pages

MOST_BYTES = 256 << 20
COLUMNS = (
    "annotator",
    "item",
    "check",
    "passed",
    "question",
    "value",
    "turns",
    "seconds",
    "at",
    "key",
)


class TakenIn(msgspec.Struct, frozen=True, kw_only=True):
    """What a file brought.

    Attributes:
        annotator: As the file says it.
        answers: Answers in it that could be used; the same file twice adds nothing.
        drops: Those that could not, with their reasons.
    """

    annotator: str
    answers: int
    drops: tuple[Drop, ...]


def sheet(study: Study, part: int = 1, parts: int = 1) -> dict[str, Any]:
    """Everything that a page without a server needs, and nothing of any key.

    Args:
        part, parts: For the `part`th of `parts` annotators, see `order.share_of`; 1 of 1 is all.
    """
    items = list(study.items.values())
    chosen = items if parts == 1 else share_of(items, part, parts, study.per_item)
    return {
        "study": study.id,
        "seed": study.seed,
        "questions": for_pages(study.questions),
        "items": [{"id": i.id, "group": i.group, "shown": i.shown} for i in chosen],
    }


def take_in(study: Study, file: str | Path) -> TakenIn:
    """Take in the answers that a page without a server handed back.

    Raises:
        UserError: If the file is missing, is not such a file, or is of another study.
    """
    path = Path(file)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path} is too large to be an annotator's answers")
        read = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path} cannot be read", why=error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path} is not the file that the annotation page saves", why=str(error)[:200]
        ) from error
    answers = read.get("answers") if isinstance(read, dict) else None
    if not isinstance(answers, list) or not isinstance(read.get("annotator"), str):
        raise UserError(
            f"{path} is not the file that the annotation page saves",
            why="it has no annotator and answers",
            fix="send the file that the page's button 'Save my answers' wrote",
        )
    if read.get("study") != study.id:
        raise UserError(
            f"{path} is of another study",
            why=f"it says {str(read.get('study'))[:60]!r}, this one is {study.id!r}",
            fix="name the study that its page was made from",
        )
    written = read["annotator"]
    try:
        name = study.join(written)
    except RecordError as error:
        raise UserError(f"{path}: the annotator's name cannot be used", why=error.what) from error
    drops: list[Drop] = []
    taken = 0
    for number, answer in enumerate(answers, 1):
        try:
            study.save(
                name,
                _text(answer, "item"),
                answer.get("answer"),
                done=answer.get("done") is True,
                seconds=_number(answer, "seconds"),
                at=_number(answer, "at"),
            )
        except RecordError as error:
            reason = f"answer: number {number} of {path.name}: {error.what}"
            drops.append(Drop(kind="answer", reason=reason, subject=written))
        else:
            taken += 1
    return TakenIn(annotator=written, answers=taken, drops=tuple(drops))


def rows(study: Study) -> Iterator[dict[str, Any]]:
    """Every finished answer as one row for each question of it, by item and annotator.

    Values: "data", "against" or "tie" for turing and pairwise (what was taken for human, or
    preferred), 1..5 for likert, "entail", "contradict" or "neutral" for faithfulness (with the
    turns in `turns`), True or False for flags.
    """
    names = study.annotators()
    for answer in study.answers():
        if not answer.done:
            continue
        item = study.items[answer.item]
        check = item.key.get("check")
        base = {
            "annotator": names.get(answer.annotator, answer.annotator),
            "item": item.id,
            "check": check is not None,
            "passed": passes(study.questions["task"], check, answer.answer) if check else None,
        }
        ends = {"seconds": answer.seconds, "at": answer.at, "key": item.key}
        for question, value, turns in values(study, answer.item, answer.answer):
            more = {"turns": turns} if turns is not None else {}
            yield {**base, "question": question, "value": value, **more, **ends}


def values(
    study: Study, item: str, answer: dict[str, Any]
) -> list[tuple[str, Any, dict[str, str] | None]]:
    """(question, value, marked turns) of one answer, sides named by their dataset."""
    task = study.questions["task"]
    if "choices" in answer:
        first = study.items[item].key.get("a")
        names = {"tie": "tie", "a": first or "a", "b": _OTHER.get(first or "", "b")}
        return [(name, names[side], None) for name, side in answer["choices"].items()]
    if "ratings" in answer:
        return [(name, value, None) for name, value in answer["ratings"].items()]
    if task == "faithfulness":
        return [("fact", label_of(answer["marks"]), answer["marks"])]
    asked = [ask["name"] for ask in study.questions["ask"]]
    return [(name, name in answer["flags"], None) for name in asked]


_OTHER = {"data": "against", "against": "data"}


def label_of(marks: dict[str, str]) -> str:
    """What a conversation does to a fact, by its turns: one denial makes it a contradiction."""
    said = set(marks.values())
    return "contradict" if "contradict" in said else "entail" if "entail" in said else "neutral"


def export(study: Study, file: str | Path) -> int:
    """Write `rows` to a .jsonl or .csv file; returns how many.

    Raises:
        UserError: If the name ends otherwise, or the file cannot be written.
    """
    path = Path(file)
    kind = path.suffix.lower()
    if kind not in (".jsonl", ".csv"):
        raise UserError(f"{path} names no form", fix="end it in .jsonl or .csv")
    text = io.StringIO()
    found = list(rows(study))
    if kind == ".jsonl":
        text.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
    else:
        table = csv.writer(text)
        table.writerow(COLUMNS)
        table.writerows([_cell(row.get(name)) for name in COLUMNS] for row in found)
    try:
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
    except OSError as error:
        raise UserError(f"{path} cannot be written", why=error.strerror or str(error)) from error
    return len(found)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t") else text  # no formula


def _text(answer: Any, key: str) -> str:
    value = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(value, str):
        raise RecordError(f"it has no {key}")
    return value


def _number(answer: dict[str, Any], key: str) -> float:
    value = answer.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e11:
        raise RecordError(f"it has no {key}")
    return float(value)
