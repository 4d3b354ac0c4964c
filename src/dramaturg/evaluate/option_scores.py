"""Score replies to option questions: how many right, of which kind, and how far back it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from dramaturg.errors import RecordError
from dramaturg.evaluate.option_answers import read_option
from dramaturg.evaluate.shares import Share, share
from dramaturg.records import OptionQuestion


class OptionScores(msgspec.Struct, frozen=True, kw_only=True):
    """How a reader did.

    Attributes:
        right: Of all questions: a reply that names no option, or two, is wrong, not left out.
        states: Replies by what they were: "chosen", "several", "no such option", "unparsed", and
            "lost" where there was no reply.
        by_kind: The same share by kind of question.
        by_distance: The same share by sessions between evidence and question, "0", "1-2", "3-5",
            "6-10", "11+", those that occur.
    """

    right: Share
    states: dict[str, int]
    by_kind: dict[str, Share]
    by_distance: dict[str, Share]


def score_options(
    questions: Sequence[OptionQuestion], replies: Sequence[str | None]
) -> OptionScores:
    """The scores of a reader's replies, None where there was none, in the order of the questions.

    Raises:
        RecordError: If there is no question, or not one reply for each.
    """
    if not questions or len(questions) != len(replies):
        raise RecordError(f"{len(replies)} replies to {len(questions)} questions")
    states: Counter[str] = Counter()
    right: list[bool] = []
    for question, reply in zip(questions, replies, strict=True):
        chosen = None if reply is None else read_option(reply, len(question.options))
        states["lost" if chosen is None else chosen.state] += 1
        right.append(chosen is not None and chosen.index == question.right)
    return OptionScores(
        right=share(sum(right), len(right)),
        states=dict(sorted(states.items())),
        by_kind=_shares(questions, right, lambda q: q.kind),
        by_distance=_shares(questions, right, lambda q: distance_band(q.sessions_ago)),
    )


def distance_band(sessions: int) -> str:
    """The band of a distance in sessions: "0", "1-2", "3-5", "6-10" or "11+"."""
    return next((name for most, name in _BANDS if sessions <= most), "11+")


_BANDS = ((0, "0"), (2, "1-2"), (5, "3-5"), (10, "6-10"))
_ORDER = {name: i for i, name in enumerate(("0", "1-2", "3-5", "6-10", "11+"))}


def _shares(
    questions: Sequence[OptionQuestion], right: Sequence[bool], key: Callable[[OptionQuestion], str]
) -> dict[str, Share]:
    names = sorted({key(q) for q in questions}, key=lambda name: (_ORDER.get(name, 0), name))
    some = {
        name: [r for q, r in zip(questions, right, strict=True) if key(q) == name] for name in names
    }
    return {name: share(sum(rows), len(rows)) for name, rows in some.items()}
