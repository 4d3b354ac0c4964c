"""Score an answer by its form: exact, as a set, as an order, or by its words."""

from __future__ import annotations

from collections.abc import Sequence

from dramaturg.errors import RecordError
from dramaturg.evaluate.attributes import set_f1
from dramaturg.evaluate.meteor import meteor
from dramaturg.evaluate.rank_agreement import rank_score


def answer_score(
    form: str,
    right: Sequence[str],
    found: Sequence[str],
    *,
    right_analysis: str = "",
    found_analysis: str = "",
) -> float:
    """How good an answer is, in [0, 1]; what it means depends on the form.

    Args:
        form: "yes or no" (1 if equal), "letters" (F1 of the sets), "order" ((tau + 1) / 2 on the
            ranks of the items), "list" or "text" (METEOR by equal words, of analysis and answer).
        right, found: The answers; an empty one scores 0.
        right_analysis, found_analysis: Only looked at where words are scored.

    Raises:
        RecordError: If the form is unknown.

    Source: the task scores of IP-Dialog (2025), arXiv:2506.02449.
    """
    if form not in ("yes or no", "letters", "order", "list", "text"):
        raise RecordError(f"there is no form of answers {form!r}")
    if not found:
        return 0.0
    if form == "yes or no":
        return float(list(right) == list(found))
    if form == "letters":
        return set_f1(frozenset(right), frozenset(found))[2]
    if form == "order":
        return rank_score(right, found)
    return meteor(" ".join([right_analysis, *right]), " ".join([found_analysis, *found]))
