"""The report of a study: every number with its n, from the answers in its folder."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.errors import RecordError, UserError
from dramaturg.evaluate.agreement import RESAMPLES, Level, Ratings, agreement
from dramaturg.evaluate.calibration import estimate
from dramaturg.evaluate.human_study import Vote, majority, ticks, win_lose_tie
from dramaturg.evaluate.shares import share
from dramaturg.study import PASS_SHARE, Answer, Study, name_key, passes, values
from dramaturg.viewer.annotate.critics import beside_critics
from dramaturg.viewer.annotate.verdicts import Said

_MANY, _FEWER_RESAMPLES = 500, 200  # more rows make an interval steadier, and slower
_VOTES: dict[str, Vote] = {"data": "win", "against": "lose", "tie": "tie"}
Values = dict[str, dict[str, dict[str, Any]]]  # question -> item -> annotator -> value


def report_of(
    study: Study,
    *,
    critics: Sequence[Said] = (),
    leave_out: Sequence[str] = (),
    leave_out_failing: bool = False,
) -> dict[str, Any]:
    """All figures of a study as JSON values.

    Args:
        critics: What critics said of the same conversations later; verdicts that the study
            holds itself are there anyway.
        leave_out: Names of annotators whose answers are not counted.
        leave_out_failing: Do not count those who failed their attention checks either.

    Returns:
        `annotators` (with their checks), `coverage`, `figures` (by task), `agreement` (alpha,
        kappa and share of equal pairs for each question), `critics` (how far each agrees with
        the people), `notes`. Checks count for nothing but themselves.

    Raises:
        UserError: If a name to leave out is unknown.
    """
    everybody = study.annotators()
    given = [answer for answer in study.answers() if answer.done]
    people = [_person(study, name, written, given) for name, written in everybody.items()]
    out = _left_out(everybody, people, leave_out, leave_out_failing)
    counted = [
        answer
        for answer in given
        if answer.annotator not in out and "check" not in study.items[answer.item].key
    ]
    said = _said(study, counted)
    notes = [
        f"{person['name']} passed {person['checks_passed']} of {person['checks_seen']} attention "
        f"checks{' and is left out' if person['left_out'] else ''}"
        for person in people
        if person["failed"]
    ]
    notes += [line for source in critics for line in source.broken]
    if not counted:
        notes.append("nobody has finished an item yet")
    arguments = study.arguments
    return {
        "study": study.id,
        "path": str(study.path),
        "task": study.questions["task"],
        "data": arguments.get("data"),
        "against": arguments.get("against"),
        "seed": study.seed,
        "per_item": study.per_item,
        "questions_version": study.questions["version"],
        "about": study.about,
        "annotators": people,
        "coverage": _coverage(study, counted),
        "figures": _FIGURES[study.questions["task"]](study, counted, said),
        "agreement": _agreements(study, counted, said),
        "critics": beside_critics(study, counted, said, critics),
        "notes": notes,
    }


def _person(study: Study, name: str, written: str, given: Sequence[Answer]) -> dict[str, Any]:
    own = [answer for answer in given if answer.annotator == name]
    checks = [
        passes(study.questions["task"], check, answer.answer)
        for answer in own
        if (check := study.items[answer.item].key.get("check")) is not None
    ]
    lefts = [
        choice == answer.answer["left"]
        for answer in own
        if "left" in answer.answer
        for choice in answer.answer["choices"].values()
        if choice != "tie"
    ]
    times = [answer.seconds for answer in own if answer.seconds > 0]
    return {
        "name": written,
        "items": len(own) - len(checks),
        "checks_seen": len(checks),
        "checks_passed": sum(checks),
        "failed": bool(checks) and sum(checks) / len(checks) < PASS_SHARE,
        "left_out": False,
        "median_seconds": statistics.median(times) if times else None,
        "chose_left": _plain(share(sum(lefts), len(lefts))) if lefts else None,
    }


def _left_out(
    everybody: Mapping[str, str],
    people: Sequence[dict[str, Any]],
    names: Sequence[str],
    failing: bool,
) -> set[str]:
    out: set[str] = set()
    for written in names:
        try:
            name = name_key(written)
        except RecordError as error:
            raise UserError(f"{written!r} is no annotator's name", why=error.what) from error
        if name not in everybody:
            raise UserError(
                f"there is no annotator {written!r}",
                fix=f"the study knows {', '.join(everybody.values()) or 'nobody yet'}",
            )
        out.add(name)
    for name, person in zip(everybody, people, strict=True):
        if failing and person["failed"]:
            out.add(name)
        person["left_out"] = name in out
    return out


def _said(study: Study, counted: Sequence[Answer]) -> Values:
    said: Values = defaultdict(lambda: defaultdict(dict))
    for answer in counted:
        for question, value, _ in values(study, answer.item, answer.answer):
            said[question][answer.item][answer.annotator] = value
    return {question: dict(items) for question, items in said.items()}


def _coverage(study: Study, counted: Sequence[Answer]) -> dict[str, Any]:
    by_item = Counter(answer.item for answer in counted)
    asked = [item for item in study.items.values() if "check" not in item.key]
    return {
        "items": len(asked),
        "answered": sum(by_item[item.id] > 0 for item in asked),
        "answered_by_enough": sum(by_item[item.id] >= study.per_item for item in asked),
        "answers": len(counted),
        "clicks": study.clicks(),
    }


# What the answers say, task by task


def _two_sided(study: Study, counted: Sequence[Answer], said: Values) -> dict[str, Any]:
    found = {}
    for question, items in said.items():
        votes = {i: [_VOTES[v] for v in people.values()] for i, people in items.items()}
        same = [v for i, v in votes.items() if study.items[i].key["same_people"]]
        found[question] = {
            "outcome": _plain(win_lose_tie(list(votes.values()))),
            "same_people": _plain(win_lose_tie(same)),
        }
    return found


def _likert(study: Study, counted: Sequence[Answer], said: Values) -> dict[str, Any]:
    found = {}
    for question, items in said.items():
        means = [statistics.fmean(people.values()) for people in items.values()]
        every = [value for people in items.values() for value in people.values()]
        found[question] = {
            "mean": _plain(estimate(means, statistics.fmean, seed=study.seed)),
            "ratings": len(every),
            "by_value": dict(sorted(Counter(every).items())),
        }
    return found


def _faithfulness(study: Study, counted: Sequence[Answer], said: Values) -> dict[str, Any]:
    """Ticks as in the paper (a fact that is shown is ticked), and what happens to each kind."""
    items = said.get("fact", {})
    own = {item: study.items[item].key["kind"] == "own" for item in items}
    votes = [(v == "entail", own[i]) for i, people in items.items() for v in people.values()]
    decided = {i: majority(list(people.values())) for i, people in items.items()}
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for item, label in decided.items():
        kinds[study.items[item].key["kind"]][label or "no majority"] += 1
    talks: dict[str, set[str | None]] = defaultdict(set)
    for item, label in decided.items():
        if own[item]:
            talks[study.items[item].key["ids"][0]].add(label)
    hurt = [labels for labels in talks.values() if "contradict" in labels]
    unclear = [one for one in talks.values() if None in one and "contradict" not in one]
    clear = {item: label for item, label in decided.items() if label is not None}
    ticked = [(label == "entail", own[item]) for item, label in clear.items()]
    return {
        "ticks": _plain(ticks(votes)),
        "ticks_majority": {**_plain(ticks(ticked)), "left_out": len(decided) - len(clear)},
        "by_kind": {kind: dict(counts) for kind, counts in sorted(kinds.items())},
        "conversations_contradicting": _plain(share(len(hurt), len(talks) - len(unclear))),
        "conversations_unclear": len(unclear),
    }


def _flags(study: Study, counted: Sequence[Answer], said: Values) -> dict[str, Any]:
    found = {}
    for question, items in said.items():
        labels = [majority(list(people.values())) for people in items.values()]
        decided = [label for label in labels if label is not None]
        votes = [value for people in items.values() for value in people.values()]
        found[question] = {
            "by_majority": _plain(share(sum(decided), len(decided))),
            "left_out": len(labels) - len(decided),
            "by_vote": _plain(share(sum(votes), len(votes))),
            "by_anybody": _plain(
                share(sum(any(people.values()) for people in items.values()), len(items))
            ),
        }
    return found


_FIGURES: dict[str, Callable[[Study, Sequence[Answer], Values], dict[str, Any]]] = {
    "turing": _two_sided,
    "pairwise": _two_sided,
    "likert": _likert,
    "faithfulness": _faithfulness,
    "flags": _flags,
}


# How far people agree with each other


def _agreements(study: Study, counted: Sequence[Answer], said: Values) -> dict[str, Any]:
    tables: dict[str, dict[str, dict[str, Any]]] = dict(said)
    if study.questions["task"] == "faithfulness":
        turns: dict[str, dict[str, Any]] = defaultdict(dict)
        for answer in counted:
            shown = study.items[answer.item].shown
            for turn, (speaker, _) in enumerate(shown["talk"]["turns"]):
                if speaker == shown["speaker"]:
                    label = answer.answer["marks"].get(str(turn), "neutral")
                    turns[f"{answer.item} {turn}"][answer.annotator] = label
        tables["turn and fact"] = turns
    level: Level = "ordinal" if study.questions["task"] == "likert" else "nominal"
    found = {}
    for question, items in tables.items():
        table = _table(items)
        equal = _equally_rated(table, study.per_item)
        draws = RESAMPLES if len(table) <= _MANY else _FEWER_RESAMPLES
        found[question] = {
            "alpha": _plain(agreement(table, level=level, resamples=draws, seed=study.seed)),
            "kappa": _plain(agreement(equal, measure="kappa", resamples=draws, seed=study.seed)),
            "share": _plain(agreement(table, measure="share", resamples=draws, seed=study.seed)),
        }
    return found


def _table(items: Mapping[str, Mapping[str, Any]]) -> Ratings:
    raters = sorted({rater for people in items.values() for rater in people})
    return [[people.get(rater) for rater in raters] for _, people in sorted(items.items())]


def _equally_rated(table: Ratings, wanted: int) -> Ratings:
    """The rows with exactly `wanted` ratings, or, where there are none, the commonest number."""
    sizes = Counter(sum(value is not None for value in row) for row in table)
    several = {size: count for size, count in sizes.items() if size > 1}
    size = wanted if several.get(wanted) else max(several, key=lambda s: several[s], default=0)
    return [row for row in table if sum(value is not None for value in row) == size]


def _plain(record: Any) -> Any:
    return msgspec.to_builtins(record)
