"""A played scene beside its original: mean flaw scores, and how far the words are the same.

Source: Wang et al. 2025, CoSER, arXiv:2502.09082; BLEU: Papineni et al. 2002; ROUGE-L: Lin 2004.
Differs: words are runs of letters and digits of any script, so BLEU is not that of a tokeniser
which counts marks; a scene without a reference has no overlap, and n says so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from dramaturg.dataset.terms import terms
from dramaturg.prompts.channels import THOUGHT, read_script, write_script
from dramaturg.records import Conversation
from dramaturg.scorers.flaws import DIMENSIONS
from dramaturg.scorers.rouge import rouge_l_of

_PARTS = 4  # BLEU looks at runs of one to four words


def bleu(candidate: Sequence[str], reference: Sequence[str]) -> float:
    """BLEU-4 of one text against one reference, without smoothing; in [0, 1].

    Args:
        candidate, reference: Words in order.

    Returns:
        0 where some length of run has no match, as the definition has it.

    >>> bleu("a b c d e".split(), "a b c d e".split())
    1.0
    """
    if not candidate:
        return 0.0
    logs = 0.0
    for size in range(1, _PARTS + 1):
        ours, theirs = _runs(candidate, size), _runs(reference, size)
        hits = sum((ours & theirs).values())
        if not hits:
            return 0.0
        logs += math.log(hits / ours.total())
    short = min(0.0, 1 - len(reference) / len(candidate))
    return math.exp(logs / _PARTS + short)


def words_of_play(conversation: Conversation) -> tuple[list[str], list[str]]:
    """Words as played and words of the original, thoughts left out; [] where there is none."""
    names = [speaker.name for speaker in conversation.speakers]
    played = [f"{names[t.speaker]}: {write_script(t, hide=[THOUGHT])}" for t in conversation.turns]
    original = [
        f"{who}: {write_script(read_script(str(text)).turn(0), hide=[THOUGHT])}"
        for who, text in conversation.scene.get("reference", ())
    ]
    return terms("\n".join(played)), terms("\n".join(original))


def acting_figures(conversations: Sequence[Conversation], *, judge: str) -> list[dict[str, Any]]:
    """Rows of name, value, n, unit and scorer: what a report of played scenes tells.

    Args:
        judge: Reference of the model behind the flaw lists.
    """
    scores: dict[str, list[float]] = {f"flaws_{name}": [] for name in DIMENSIONS}
    overlap: dict[str, list[float]] = {"bleu": [], "rouge_l": []}
    turns, drawn = [], 0
    for talk in conversations:
        for name, values in scores.items():
            values += [talk.scores[name]] if name in talk.scores else []
        played, original = words_of_play(talk)
        if original:
            overlap["bleu"].append(bleu(played, original))
            overlap["rouge_l"].append(rouge_l_of(played, original))
        turns.append(len(talk.turns))
        drawn += talk.provenance.repairs.get("next speaker drawn", 0)
    whole = (
        [sum(v) / len(v) for v in zip(*scores.values(), strict=False)]
        if all(len(v) == len(conversations) for v in scores.values())
        else []
    )
    rows = [
        *(
            (name, values, "points, 0 to 100", f"flaws-1 by {judge}")
            for name, values in scores.items()
        ),
        ("flaws_mean", whole, "points, 0 to 100", f"mean of the four, by {judge}"),
        *(
            (name, values, "share of runs of words", f"{name}, no model")
            for name, values in overlap.items()
        ),
        ("turns", turns, "turns a scene", "count"),
    ]
    made = [
        {
            "name": name,
            "value": sum(values) / len(values),
            "n": len(values),
            "unit": unit,
            "scorer": by,
        }
        for name, values, unit, by in rows
        if values
    ]
    if sum(turns):
        share = drawn / sum(turns)
        made.append(
            {
                "name": "next_speaker_drawn",
                "value": share,
                "n": sum(turns),
                "unit": "share",
                "scorer": "count",
            }
        )
    return made


def _runs(words: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + size]) for i in range(len(words) - size + 1))
