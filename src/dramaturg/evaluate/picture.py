"""What the pictures of a report need: distributions, a map, worst and best cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.evaluate.measures import Side
from dramaturg.evaluate.spread import flat_map
from dramaturg.records import Conversation, Verdict
from dramaturg.scorers import ENTRIES

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

COLUMNS = ("turns", "words", "questions", "said_before", "shown_by_owner")
CASES, TURNS, CHARACTERS, FACTS = 6, 60, 400, 12


def columns(side: Side) -> dict[str, Floats]:
    """Each conversation's own value of some figures, over the whole dataset."""
    import numpy as np

    found = {}
    for name in COLUMNS:
        values = np.asarray(side.own.table.column(name)["values"])
        found[name] = values[~np.isnan(values)]
    return found


def scores(
    side: Side, verdicts: Sequence[Verdict]
) -> tuple[dict[str, list[float]], dict[str, tuple[float, float]]]:
    """Scores of the sample's conversations, given and judged, and the range of each.

    Returns:
        By scorer one value a conversation of the sample, NaN where it has none; and lowest and
        highest possible value (of a given score: lowest and highest met).
    """
    size = len(side.conversations)
    found: dict[str, list[float]] = {}
    ranges: dict[str, tuple[float, float]] = {}
    place = {}
    for i, talk in enumerate(side.conversations):
        place[talk.id] = i
        for name, value in talk.scores.items():
            found.setdefault(name, [float("nan")] * size)[i] = value
    for name, values in found.items():
        good = [value for value in values if value == value]
        ranges[name] = (min(good), max(good)) if good else (0.0, 1.0)
    for verdict in verdicts:
        found.setdefault(verdict.scorer, [float("nan")] * size)
        found[verdict.scorer][place[verdict.subject]] = verdict.value
        ranges[verdict.scorer] = (verdict.low, verdict.high)
    return found, ranges


def maps(sides: Sequence[Side], most: int) -> dict[str, list[dict[str, Any]]]:
    """Two maps, of conversations and of people, all sides in one picture.

    Args:
        most: Points a side at most.

    Returns:
        "talks" and "people": each point with its side (0 or 1), x and y in [0, 1], and what it
        shows when it is looked at.
    """
    import numpy as np

    talks, people = [], []
    talk_rows, people_rows = [], []
    for number, side in enumerate(sides):
        if side.vectors is None:
            continue
        seen: set[tuple[str, ...]] = set()
        for i, talk in enumerate(side.vectors.talks[:most]):
            talks.append({"side": number, **shown_talk(talk)})
            talk_rows.append(side.vectors.whole[i])
            for who, speaker in enumerate(talk.speakers):
                if not speaker.persona or speaker.persona in seen or len(seen) >= most:
                    continue
                seen.add(speaker.persona)
                mean = side.vectors.facts[i][who].mean(axis=0)
                people_rows.append(mean / max(float(np.sqrt((mean**2).sum())), 1e-9))
                facts = [fact[:CHARACTERS] for fact in speaker.persona[:FACTS]]
                people.append({"side": number, "facts": facts, "talk": talk.id})
    for points, rows in ((talks, talk_rows), (people, people_rows)):
        if not rows:
            continue
        spots = flat_map(np.stack(rows))
        low, high = spots.min(axis=0), spots.max(axis=0)
        spots = (spots - low) / np.maximum(high - low, 1e-9)
        for point, (x, y) in zip(points, spots.tolist(), strict=True):
            point["x"], point["y"] = round(x, 4), round(y, 4)
    return {"talks": talks, "people": people}


def badness(verdict: Verdict) -> float:
    """0 good to 1 bad, by which end of the scorer's range is good; 0 for a mere description."""
    width = verdict.high - verdict.low or 1.0
    share = (verdict.value - verdict.low) / width
    entry = ENTRIES.get(verdict.scorer)
    better = entry.better if entry else "high"
    return {"high": 1.0 - share, "low": share, "neither": 0.0}[better]


def cases(side: Side, verdicts: Sequence[Verdict], *, worst: bool) -> list[dict[str, Any]]:
    """Conversations by their worst verdict, with its reasons and the turns that it names.

    A verdict that decides (passes or fails) goes before one that only describes.

    Best are those with the best worst verdict that show most of their personas: saying nothing is
    no merit.
    """
    place = {talk.id: i for i, talk in enumerate(side.conversations)}
    by_talk: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_talk.setdefault(verdict.subject, []).append(verdict)

    def rank(subject: str) -> tuple[bool, float, float]:
        shown = side.talks[place[subject]].shown
        share = shown.owner / shown.attributes if shown.attributes else 0.0
        deciding = [v for v in by_talk[subject] if v.passed is not None] or by_talk[subject]
        failed = any(verdict.passed is False for verdict in deciding)
        worst_of_all = max(map(badness, deciding))
        return failed, worst_of_all if worst else round(worst_of_all, 1), -share

    found = []
    for subject in sorted(by_talk, key=lambda s: (rank(s), s), reverse=worst)[:CASES]:
        mine = by_talk[subject]
        marked = {e.turn for v in mine for e in v.evidence if e.turn is not None}
        found.append(
            {
                "conversation": subject,
                "verdicts": [_told(verdict) for verdict in mine],
                "marked": sorted(marked),
                **shown_talk(side.conversations[place[subject]], sorted(marked)),
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


def shown_talk(talk: Conversation, marked: Sequence[int] = ()) -> dict[str, Any]:
    """A conversation as JSON values, cut to what a page can show: 60 turns of 400 characters.

    Args:
        marked: Turns that must be seen: of a longer conversation these, their neighbours and the
            beginning are kept. "places" has the number of each turn kept, "cut" how many are not.
    """
    places = _seen(len(talk.turns), marked)
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
        "turns": [[talk.turns[i].speaker, talk.turns[i].text[:CHARACTERS]] for i in places],
        "places": places,
        "cut": len(talk.turns) - len(places),
    }


def _seen(count: int, marked: Sequence[int]) -> list[int]:
    if all(turn < TURNS for turn in marked):
        return list(range(min(count, TURNS)))
    beside = [turn + step for turn in marked for step in (-1, 1)]
    wanted = dict.fromkeys([*marked, *beside, *range(min(count, TURNS))])
    return sorted([turn for turn in wanted if 0 <= turn < count][:TURNS])
