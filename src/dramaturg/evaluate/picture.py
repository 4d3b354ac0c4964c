"""What the pictures of a report need of a dataset: distributions, a map, worst and best cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dramaturg.evaluate.measures import Side
from dramaturg.evaluate.spread import flat_map
from dramaturg.records import Conversation, Verdict

COLUMNS = ("turns", "words", "questions", "said_before", "shown_by_owner")
CASES, TURNS, CHARACTERS, FACTS = 6, 60, 400, 12


def picture(side: Side, verdicts: Sequence[Verdict], most: int) -> dict[str, Any]:
    """Everything that is drawn of one dataset.

    Args:
        verdicts: What the judges said of conversations of the sample.
        most: Conversations on the map.

    Returns:
        "columns" (values by name, over all conversations), "scores", "ranges" and "lengths"
        (per conversation of the sample), "talks" (the conversations shown, cut to 60 turns of
        400 characters), "points" and "people" (coordinates), "worst", "best".
    """
    import numpy as np

    place = {talk.id: i for i, talk in enumerate(side.conversations)}
    scores: dict[str, list[float]] = {}
    ranges: dict[str, tuple[float, float]] = {}
    for talk in side.conversations:
        for name in talk.scores:
            scores.setdefault(name, [float("nan")] * len(side.conversations))
    for i, talk in enumerate(side.conversations):
        for name, value in talk.scores.items():
            scores[name][i] = value
    for verdict in verdicts:
        column = scores.setdefault(verdict.scorer, [float("nan")] * len(side.conversations))
        column[place[verdict.subject]] = verdict.value
        ranges[verdict.scorer] = (verdict.low, verdict.high)
    for name, values in scores.items():
        good = [value for value in values if value == value]
        ranges.setdefault(name, (min(good, default=0.0), max(good, default=1.0)))
    columns = {}
    for name in COLUMNS:
        values = np.asarray(side.own.table.column(name)["values"])
        columns[name] = values[~np.isnan(values)]
    whole = side.vectors.whole if side.vectors else np.zeros((0, 2))
    return {
        "columns": columns,
        "scores": scores,
        "ranges": ranges,
        "lengths": [float(len(talk.flat)) for talk in side.talks],
        "points": flat_map(whole[:most]),
        "worst": _cases(side, verdicts, place, worst=True),
        "best": _cases(side, verdicts, place, worst=False),
    }


def badness(verdict: Verdict) -> float:
    """0 good to 1 bad: harm is bad when high, everything else when low."""
    width = verdict.high - verdict.low or 1.0
    share = (verdict.value - verdict.low) / width
    return share if verdict.scorer == "toxicity" else 1.0 - share


def _cases(
    side: Side, verdicts: Sequence[Verdict], place: dict[str, int], *, worst: bool
) -> list[dict[str, Any]]:
    """Conversations by their worst verdict, with its reasons and the turns that it names."""
    by_talk: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_talk.setdefault(verdict.subject, []).append(verdict)

    def rank(subject: str) -> tuple[float, float]:
        talk = side.conversations[place[subject]]
        shown = side.talks[place[subject]].shown
        share = shown.owner / shown.attributes if shown.attributes else 0.0
        return max(map(badness, by_talk[subject])), -share - 1e-6 * len(talk.turns)

    ordered = sorted(by_talk, key=lambda s: (rank(s), s), reverse=worst)
    found = []
    for subject in ordered[:CASES]:
        talk = side.conversations[place[subject]]
        found.append(
            {
                "conversation": subject,
                "verdicts": [_told(verdict) for verdict in by_talk[subject]],
                "marked": sorted(
                    {e.turn for v in by_talk[subject] for e in v.evidence if e.turn is not None}
                ),
                **shown_talk(talk),
            }
        )
    return found


def _told(verdict: Verdict) -> dict[str, Any]:
    return {
        "scorer": verdict.scorer,
        "value": verdict.value,
        "passed": verdict.passed,
        "reasons": [reason[:CHARACTERS] for reason in verdict.reasons[:3]],
    }


def shown_talk(talk: Conversation) -> dict[str, Any]:
    """A conversation as JSON values, cut to what a page can show."""
    return {
        "id": talk.id,
        "split": talk.split,
        "people": [
            {
                "name": speaker.name or f"User {i + 1}",
                "facts": [fact[:CHARACTERS] for fact in speaker.persona[:FACTS]],
            }
            for i, speaker in enumerate(talk.speakers)
        ],
        "turns": [[turn.speaker, turn.text[:CHARACTERS]] for turn in talk.turns[:TURNS]],
        "cut": max(0, len(talk.turns) - TURNS),
    }
