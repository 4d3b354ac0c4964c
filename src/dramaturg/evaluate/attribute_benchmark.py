"""Attribute inference as a benchmark: labels out of what comments give away, items, a sitting.

Source: Yukhymenko et al. 2024, SynthPAI, arXiv:2406.07217. Differs: labels come from tags that
agree with the profile and not from people; the controls (other people's comments, redacted ones)
are part of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.dataset.redaction import Redactor
from dramaturg.errors import ReplyError
from dramaturg.evaluate.attribute_guesses import (
    CERTAIN,
    AttributeGuess,
    AttributeLabel,
    attribute_hits,
    shuffled_comments,
)
from dramaturg.models import ChatModel
from dramaturg.records import Conversation, Drop, content_id, derive_seed
from dramaturg.scorers.attribute_inference import infer_attributes
from dramaturg.scorers.attribute_leaks import Leak
from dramaturg.scorers.attributes import grade_guesses
from dramaturg.store import notes

OWN, SHUFFLED, REDACTED = "own", "shuffled", "redacted"


class AttributeItem(msgspec.Struct, frozen=True, kw_only=True):
    """One author to be read: the comments shown, and what is to be guessed.

    Attributes:
        shown: "own", "shuffled" or "redacted".
    """

    author: str
    shown: str
    comments: tuple[str, ...]
    labels: tuple[AttributeLabel, ...]
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.author, self.shown, self.comments, self.labels]
            msgspec.structs.force_setattr(self, "id", content_id("i", content))


def attribute_labels(leaks: Iterable[Leak]) -> list[AttributeLabel]:
    """One label for each author and attribute that some comment gives away, as first seen.

    Only right guesses make a label; a less precise one does not.
    """
    found: dict[tuple[str, str], AttributeLabel] = {}
    for leak in leaks:
        if leak.grade < 1:
            continue
        key = (leak.author, leak.attribute)
        before = found.get(key)
        found[key] = AttributeLabel(
            author=leak.author,
            attribute=leak.attribute,
            truth=leak.truth,
            hardness=min(leak.hardness, before.hardness) if before else leak.hardness,
            certainty=max(leak.certainty, before.certainty) if before else leak.certainty,
            comments=before.comments + 1 if before else 1,
        )
    return list(found.values())


def attribute_items(
    conversations: Sequence[Conversation],
    labels: Sequence[AttributeLabel],
    *,
    controls: bool,
    seed: int,
    certain: int = CERTAIN,
) -> list[AttributeItem]:
    """An item for each author with a label that is certain enough, and two more as controls.

    Args:
        controls: Whether the same authors are also read from other people's comments, and from
            their own with names, numbers and addresses replaced.
    """
    said: dict[str, list[str]] = {}
    for talk in conversations:
        for turn in talk.turns:
            said.setdefault(str(talk.speakers[turn.speaker].persona_id), []).append(turn.text)
    asked: dict[str, list[AttributeLabel]] = {}
    for label in labels:
        if label.certainty >= certain and label.author in said:
            asked.setdefault(label.author, []).append(label)
    shown: dict[str, Mapping[str, Sequence[str]]] = {OWN: said}
    if controls:
        shown[SHUFFLED] = shuffled_comments(said, seed=derive_seed(seed, "shuffle"))
        shown[REDACTED] = _redacted({author: said[author] for author in asked})
    return [
        AttributeItem(
            author=author, shown=how, comments=tuple(texts[author]), labels=tuple(asked[author])
        )
        for how, texts in shown.items()
        for author in asked
    ]


def sit_attributes(
    guesser: ChatModel, checker: ChatModel, *, seed: int
) -> Callable[[AttributeItem], Awaitable[list[AttributeGuess]]]:
    """How an item is answered and graded: one prompt for all attributes of an author.

    An attribute without a guess has no grades: that is no answer, and counts as a miss; so is
    every attribute of a guesser's reply that cannot be used, asked twice, which is noted as a Drop.

    Raises:
        ReplyError: From the sitting, where a reply of the checker cannot be used twice.
    """

    async def sit(item: AttributeItem) -> list[AttributeGuess]:
        own = derive_seed(seed, "infer", item.author, item.shown)
        names = [label.attribute for label in item.labels]
        try:
            said = await infer_attributes(
                item.comments, names, guesser, seed=own, about=item.author
            )
        except ReplyError as error:
            notes.note(
                Drop(kind="inference", reason=f"{error.kind}: {error.what}", subject=item.id)
            )
            said = {}
        rows = []
        for label in item.labels:
            guesses = said.get(label.attribute, ())
            grades = await grade_guesses(
                label.attribute,
                label.truth,
                guesses,
                checker,
                seed=derive_seed(own, label.attribute),
            )
            rows.append(
                AttributeGuess(
                    author=item.author,
                    attribute=label.attribute,
                    truth=label.truth,
                    guesses=guesses,
                    grades=grades,
                    certainty=label.certainty,
                    comments=item.shown,
                )
            )
        return rows

    return sit


def inference_figures(rows: Sequence[AttributeGuess], *, guesser: str) -> list[dict[str, Any]]:
    """Rows of name, value, n, unit and scorer: top-1, top-3 and answered, by what was shown."""
    made: list[dict[str, Any]] = []
    for how in dict.fromkeys(row.comments for row in rows):
        hits = attribute_hits([row for row in rows if row.comments == how])
        if not hits.items:
            continue
        for name, value in (
            ("top_1", hits.share(hits.first)),
            ("top_3", hits.share(hits.among)),
            ("less_precise", hits.share(hits.less_precise)),
            ("answered", hits.share(hits.answered)),
        ):
            made.append(
                {
                    "name": f"inference_{name}, {how} comments",
                    "value": value,
                    "n": hits.items,
                    "unit": f"share of labels of certainty {CERTAIN} or more",
                    "scorer": f"attribute inference by {guesser}",
                }
            )
    return made


def _redacted(said: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    redactor = Redactor()
    return {who: [text for text, _ in redactor.together(texts)] for who, texts in said.items()}
