"""What the surface of a dataset shows: questions, openings, length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dramaturg.records import Conversation
from dramaturg.scorers import (
    count_tokens,
    different_utterances,
    distinct_n,
    tokens,
    utterances,
)


def question_share(texts: Iterable[str]) -> float:
    """The share of texts that hold a question mark; 0 for none."""
    marks = [any(mark in text for mark in "?？؟") for text in texts]
    return sum(marks) / len(marks) if marks else 0.0


def opens_with(texts: Iterable[str], opening: str) -> float:
    """The share of texts whose first words are these, case and punctuation set aside.

    >>> opens_with(["I like to swim.", "Do you?"], "I like to")
    0.5
    """
    words = tokens(opening)
    hits = [tokens(text)[: len(words)] == words for text in texts]
    return sum(hits) / len(hits) if hits else 0.0


def surface(
    conversations: Sequence[Conversation], *, at_tokens: int | None = None
) -> dict[str, float]:
    """The surface figures of a dataset by name, for reports and as the loop's `measure`.

    Returns:
        conversations, utterances (a conversation), words (an utterance), different_utterances,
        distinct_1 to distinct_3 (over `at_tokens` tokens, None = all), questions,
        opens_with_i_like_to; shares in [0, 1].
    """
    said = utterances(conversations)
    return {
        "conversations": float(len(conversations)),
        "utterances": len(said) / max(len(conversations), 1),
        "words": count_tokens(said) / max(len(said), 1),
        "different_utterances": different_utterances(said),
        "distinct_1": distinct_n(said, 1, at_tokens=at_tokens),
        "distinct_2": distinct_n(said, 2, at_tokens=at_tokens),
        "distinct_3": distinct_n(said, 3, at_tokens=at_tokens),
        "questions": question_share(said),
        "opens_with_i_like_to": opens_with(said, "I like to"),
    }
