"""Make a study of a dataset, or go on with the one that is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dramaturg.dataset import load_conversations
from dramaturg.errors import UserError
from dramaturg.records import Comparison, Conversation, Drop
from dramaturg.store import is_run_folder
from dramaturg.study import (
    TWO_SIDED,
    Match,
    Study,
    is_study,
    plan_study,
    questions_for,
    two_datasets,
)
from dramaturg.viewer.annotate.pairs import judged_pairs, lost_drafts
from dramaturg.viewer.annotate.verdicts import read_verdicts


def begin(
    data: str,
    *,
    task: str | None = None,
    against: str | None = None,
    out: str | None = None,
    count: int = 50,
    per_item: int = 3,
    checks: float = 0.1,
    qualities: Sequence[str] = (),
    own_questions: str | None = None,
    same_people: bool | None = None,
    even: bool = False,
    personas: bool = True,
    drafts: bool = False,
    pairs_of: str | None = None,
    seed: int = 13,
) -> tuple[Study, list[str]]:
    """The study in `out`: made now, or the one made before with the same arguments.

    Args:
        data: A dataset, or a study folder, which is opened as it is.
        task: One of `study.TASKS`; needed for a dataset.
        drafts: Pairwise, of a run: compare each kept conversation with a draft that lost to it,
            so that the quality experts' votes stand beside those of people.
        pairs_of: Folder of `dramaturg compare --out`: people judge the pairs that its judges did.
        out: The study's folder; None = the data's name and the task, in the working folder.

    Returns:
        The study, and notes on what was read and made.

    Raises:
        UserError: If something is missing or wrong, or `out` holds another study.
    """
    if is_study(data):
        study = Study(data)
        held = study.questions["task"]
        if task is not None and task != held:
            study.close()
            raise UserError(
                f"{data} is a study, and its task is {held}",
                fix="leave --task out to go on with it, or name a dataset to make another",
            )
        return study, []
    if task is None:
        raise UserError(
            "which task?",
            fix="give --task turing, pairwise, likert, faithfulness or flags"
            if Path(data).exists()
            else f"there is no {data}: name a dataset and give --task, or a study folder",
        )
    questions = questions_for(task, qualities, own_questions)
    two_datasets(task, against is not None or drafts)
    if drafts and (task != "pairwise" or against is not None):
        raise UserError("--drafts goes with --task pairwise, and in place of --against")
    if pairs_of is not None and against is None:
        raise UserError("--pairs-of needs the two datasets", fix="name the other with --against")
    place = Path(out) if out else Path(f"{Path(data).resolve().name.split('.')[0]}-{task}-study")
    arguments: dict[str, Any] = {
        "data": data,
        "against": against,
        "task": task,
        "count": count,
        "per_item": per_item,
        "checks": checks,
        "questions": questions,
        "same_people": same_people,
        "even": even,
        "personas": personas,
        "drafts": drafts,
        "pairs_of": pairs_of,
        "seed": seed,
    }
    if is_study(place):
        study = Study(place)
        try:
            study.refuse_another(arguments)
        except UserError:
            study.close()
            raise
        return study, [f"goes on with the study in {place}"]
    drops: dict[str, list[Drop]] = {}
    pairs: Match | None = None
    comparisons: list[Comparison] = []
    if drafts:
        pairs, comparisons = lost_drafts(data, seed)
    elif pairs_of is not None and against is not None:
        other = against
        pairs, comparisons = judged_pairs(
            pairs_of, lambda: _rows(data, drops), lambda: _rows(other, drops), seed
        )
    plan = plan_study(
        questions,
        lambda: _rows(data, drops),
        (lambda: _rows(against, drops)) if against is not None and pairs is None else None,
        count=count,
        checks=checks,
        seed=seed,
        same_people=same_people,
        even=even,
        personas=personas,
        pairs=pairs,
    )
    subjects = {talk.id for talk in plan.conversations}
    verdicts = [
        verdict
        for source in (data, against)
        if source is not None and is_run_folder(source)
        for verdict in read_verdicts(source, subjects).verdicts
    ]
    study = Study.make(place, arguments, questions, plan, verdicts, comparisons)
    return study, [*_notes(task, plan.about, count), *_told(drops)]


def _rows(source: str, drops: dict[str, list[Drop]]) -> Iterator[Conversation]:
    """The conversations; what cannot be read is kept once, however often the source is read."""
    now = drops[source] = []
    yield from load_conversations(source, now.append)


def _notes(task: str, about: dict[str, Any], count: int) -> list[str]:
    made = about["pairs"] if task in TWO_SIDED else about["conversations"]
    notes = []
    if made < count:
        what = "pairs" if task in TWO_SIDED else "conversations"
        notes.append(f"the data gives {made} {what} for items, not {count}")
    if about.get("checks_missing"):
        notes.append(
            f"attention checks: {about['checks']}, and {about['checks_missing']} fewer than asked "
            "for: nothing asked has a known answer, or the data is too small (a check shows "
            "nothing that an item shows)"
        )
    if task in TWO_SIDED:
        notes.append(f"in {about['same_people']} of {made} pairs the same people talk")
    return notes


def _told(drops: dict[str, list[Drop]]) -> list[str]:
    notes = []
    for source, found in drops.items():
        notes += [f"{source}: {drop.reason}" for drop in found[:5]]
        if len(found) > 5:
            notes.append(f"{source}: {len(found) - 5} more lines cannot be read")
    return notes
