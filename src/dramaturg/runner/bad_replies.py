"""Replies that could not be used, counted by class and by what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from dramaturg.records import BadReply, from_json

OUTCOMES = ("repaired", "helped", "in vain", "dropped", "unanswered")


def bad_replies(bodies: Iterable[str]) -> dict[str, Any]:
    """Counts over the records of a run, read one by one.

    Returns:
        "by_class": for each class of reply, most frequent first, "replies" and how many of them
        had which outcome; "by_task": replies by task and class; {} where there was none.
    """
    classes: dict[str, Counter[str]] = {}
    tasks: dict[str, Counter[str]] = {}
    for body in bodies:
        one = from_json(body, BadReply)
        classes.setdefault(one.kind, Counter())[one.outcome] += 1
        tasks.setdefault(one.task, Counter())[one.kind] += 1
    if not classes:
        return {}
    ranked = sorted(classes.items(), key=lambda item: (-item[1].total(), item[0]))
    return {
        "by_class": {
            kind: {
                "replies": count.total(),
                **{name.replace(" ", "_"): count[name] for name in OUTCOMES},
            }
            for kind, count in ranked
        },
        "by_task": {
            task: dict(sorted(count.items(), key=lambda item: (-item[1], item[0])))
            for task, count in sorted(tasks.items())
        },
    }
