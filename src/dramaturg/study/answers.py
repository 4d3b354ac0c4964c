"""What an answer looks like, task by task, and whether it is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dramaturg.errors import RecordError
from dramaturg.study.questions import POINTS, RELATIONS, TWO_SIDED


def checked(
    questions: Mapping[str, Any], shown: Mapping[str, Any], answer: Any, *, whole: bool
) -> dict[str, Any]:
    """The answer with nothing in it but what the task asks.

    Args:
        questions: What `questions_for` gave.
        shown: What the annotator saw of the item.
        answer: turing and pairwise {"choices": {question: "a" | "b" | "tie"}, "left": "a" | "b"},
            likert {"ratings": {scale: 1..5}}, faithfulness {"marks": {turn: relation}}, flags
            {"flags": [name]}.
        whole: Whether every question must be answered; False for an answer still being given.

    Raises:
        RecordError: If it is no such answer.
    """
    task = questions["task"]
    if not isinstance(answer, dict):
        raise RecordError("the answer is not an object")
    names = [ask["name"] for ask in questions["ask"]]
    if task in TWO_SIDED:
        choices = _values(answer, "choices", names, ("a", "b", "tie"), whole)
        return {"choices": choices, "left": _one_of(answer.get("left"), ("a", "b"), "left")}
    if task == "likert":
        points = tuple(range(1, POINTS + 1))
        return {"ratings": _values(answer, "ratings", names, points, whole)}
    if task == "faithfulness":
        marks = answer.get("marks")
        if not isinstance(marks, dict):
            raise RecordError("the answer has no marks")
        speaker, turns = shown["speaker"], shown["talk"]["turns"]
        found: dict[str, str] = {}
        for turn, relation in marks.items():
            said = str(turn).isdecimal() and len(str(turn)) <= 9 and int(turn) < len(turns)
            if not said or turns[int(turn)][0] != speaker:
                raise RecordError(f"the speaker does not say turn {turn!r}"[:80])
            found[str(int(turn))] = _one_of(relation, RELATIONS, "a mark")
        return {"marks": dict(sorted(found.items(), key=lambda mark: int(mark[0])))}
    flags = answer.get("flags")
    if not isinstance(flags, list):
        raise RecordError("the answer has no flags")
    for flag in flags:
        _one_of(flag, names, "a flag")
    return {"flags": [name for name in names if name in flags]}


def _values(
    answer: Mapping[str, Any], key: str, names: list[str], allowed: tuple[Any, ...], whole: bool
) -> dict[str, Any]:
    given = answer.get(key)
    if not isinstance(given, dict):
        raise RecordError(f"the answer has no {key}")
    for name, value in given.items():
        if name not in names:
            raise RecordError(f"{str(name)[:40]!r} was not asked")
        _one_of(value, allowed, name)
    missing = [name for name in names if name not in given]
    if whole and missing:
        raise RecordError(f"{missing[0]!r} is not answered")
    return {name: given[name] for name in names if name in given}


def _one_of(value: Any, allowed: Any, what: str) -> Any:
    if not isinstance(value, str | int) or isinstance(value, bool) or value not in allowed:
        shown = ", ".join(map(str, allowed))
        raise RecordError(f"{what} must be one of {shown}, not {value!r}"[:160])
    return value
