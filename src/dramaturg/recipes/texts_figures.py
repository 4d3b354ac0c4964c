"""The figures of recipes that make people and texts, or talks by topic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dramaturg import evaluate, scorers
from dramaturg.recipes.finish import figure
from dramaturg.records import Conversation
from dramaturg.scorers.variety import count_tokens

_MOST = 500  # texts that are compared with one another

Figures = list[dict[str, Any]]


def of_people(counts: dict[str, int], again: int, relations: int) -> Figures:
    """How many people were found, and what the search for near-duplicates took away.

    Args:
        again: Descriptions that were there already to the word, and are not in `counts`.
    """
    n = counts["people"] + again
    if not n:
        return []
    same = counts["same_words"] + again
    unit = "share of people"
    return [
        figure("people, same words as another", same / n, n=n, unit=unit,
               scorer="Jaccard over words"),
        figure("people, same meaning as another", counts["same_meaning"] / n, n=n, unit=unit,
               scorer="cosine, the role embedder"),
        figure("relations a person", relations / counts["left"], n=counts["left"],
               unit="relations", scorer="count"),
    ]  # fmt: skip


def too_few(counts: dict[str, int], again: int, wanted: int) -> list[str]:
    """What a user should read where fewer different people were found than were looked for."""
    left, gone = counts["left"], counts["people"] - counts["left"] + again
    if left >= wanted:
        return []
    ways = "give more texts, or more rounds (--rounds)"
    ways += ", or raise --same-words or --same-meaning" if gone else ""
    return [f"{left} different people instead of {wanted}, {gone} near-duplicates gone: {ways}"]


def too_few_ties(pairs: int, talks: int) -> list[str]:
    """The same where fewer people have a tie than talks were asked for."""
    if pairs >= talks:
        return []
    return [f"{pairs} pairs of people have a tie, {talks} talks were asked for: raise --rounds"]


def of_texts(texts: Sequence[str]) -> Figures:
    """How varied texts are: each number falls or rises with how many there are."""
    some = list(texts[:_MOST])
    if not some:
        return []
    near = evaluate.nearest_in_words(some)
    return [
        figure("words a text", count_tokens(some) / len(some), n=len(some), unit="mean",
               scorer="count"),
        figure("distinct-2", scorers.distinct_n(some, 2), n=count_tokens(some), unit="share",
               scorer="distinct-n over all tokens"),
        figure("nearest other text", sum(near) / len(near), n=len(near),
               unit="mean of the highest ROUGE-L to any other", scorer="ROUGE-L"),
    ]  # fmt: skip


def of_talks(talks: Sequence[Conversation], examples: Sequence[Conversation]) -> Figures:
    """How the talks are made and how varied they are, the examples beside them at equal size."""
    found: Figures = []
    sides = {"": list(talks[:_MOST]), ", examples": list(examples[:_MOST])}
    size = min(count_tokens(t.text for c in side for t in c.turns) for side in sides.values())
    for name, side in sides.items():
        if not side or not size:
            continue
        turns = [turn.text for talk in side for turn in talk.turns]
        found += [
            figure(f"turns a talk{name}", len(turns) / len(side), n=len(side), unit="mean",
                   scorer="count"),
            figure(f"words a turn{name}", count_tokens(turns) / max(1, len(turns)), n=len(turns),
                   unit="mean", scorer="count"),
            figure(f"distinct-2{name}", scorers.distinct_n(turns, 2, at_tokens=size), n=size,
                   unit="share, over equally many tokens", scorer="distinct-n"),
        ]  # fmt: skip
    if len(talks) > 1:
        near = evaluate.nearest_in_words([talk.as_text() for talk in sides[""]])
        found.append(
            figure("nearest other talk", sum(near) / len(near), n=len(near),
                   unit="mean of the highest ROUGE-L to any other", scorer="ROUGE-L")
        )  # fmt: skip
    return found


def of_ratings(talks: Sequence[Conversation], scorer: str, judge: str) -> tuple[Figures, list[str]]:
    """The mean rating, and what is wrong with the ratings as a measure."""
    rated = [talk for talk in talks if scorer in talk.scores]
    if not rated:
        return [], []
    values = [talk.scores[scorer] for talk in rated]
    lengths = [float(len(talk.as_text().split())) for talk in rated]
    mean = figure(f"{scorer}, 1 to 10", sum(values) / len(values), n=len(values), unit="mean",
                  scorer=f"{judge}, by prompt")  # fmt: skip
    return [mean], evaluate.health({scorer: values}, {scorer: (1.0, 10.0)}, lengths)
