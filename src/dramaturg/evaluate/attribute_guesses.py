"""How well were attributes guessed? Hits among the first guesses, and the controls beside them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from dramaturg.records import content_id

CERTAIN = 3  # labels below this certainty are no ground truth


class AttributeLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What can be inferred of an author: the truth, and how hard and certain it is.

    Attributes:
        certainty: Of the comment that tells most; hardness: of that which tells it most plainly.
        comments: How many comments give it away.
    """

    author: str
    attribute: str
    truth: str
    hardness: int
    certainty: int
    comments: int = 1
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.author, self.attribute]
            msgspec.structs.force_setattr(self, "id", content_id("b", content))


class AttributeGuess(msgspec.Struct, frozen=True, kw_only=True):
    """What was guessed of an author, with the grades.

    Attributes:
        comments: What was read: "own", "shuffled" (other people's) or "redacted".
        grades: 1, 0.5 (less precise) or 0 for each guess; () = no answer.
    """

    author: str
    attribute: str
    truth: str
    guesses: tuple[str, ...]
    grades: tuple[float, ...]
    certainty: int = 5
    comments: str = "own"
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.author, self.attribute, self.comments]
            msgspec.structs.force_setattr(self, "id", content_id("g", content))


@dataclass(frozen=True)
class Hits:
    """How many items were guessed.

    Attributes:
        items: Labels that count, answered or not.
        answered: Items with at least one guess.
        first, among: Items whose first guess, or any of the first k, is right.
        less_precise: Items where none of the first k is right and one is less precise.
    """

    items: int
    answered: int
    first: int
    among: int
    less_precise: int

    def share(self, hits: int, *, answered_only: bool = False) -> float:
        """Hits over all items (no answer is a miss), or over the answered ones; 0 without any."""
        return hits / of if (of := self.answered if answered_only else self.items) else 0.0


def attribute_hits(rows: Sequence[AttributeGuess], *, top: int = 3, certain: int = CERTAIN) -> Hits:
    """The hits over all rows whose label is certain enough.

    A less precise guess is no hit, and several right guesses are one.
    """
    counted = [row for row in rows if row.certainty >= certain]
    first = sum(row.grades[:1] == (1.0,) for row in counted)
    among = sum(1.0 in row.grades[:top] for row in counted)
    less = sum(0.5 in row.grades[:top] and 1.0 not in row.grades[:top] for row in counted)
    answered = sum(bool(row.grades) for row in counted)
    return Hits(len(counted), answered, first, among, less)


def shuffled_comments(
    comments: Mapping[str, Sequence[str]], *, seed: int
) -> dict[str, tuple[str, ...]]:
    """Everybody gets as many comments as they wrote, and none of their own.

    Where one author wrote more than half of all comments, some of theirs come back to them.
    """
    draw = random.Random(seed)
    authors = list(comments)
    draw.shuffle(authors)
    said = [
        (who, text)
        for who in authors
        for text in draw.sample(list(comments[who]), len(comments[who]))
    ]
    turn = max((len(texts) for texts in comments.values()), default=0)
    moved = said[turn:] + said[:turn]
    found, at = {}, 0
    for who in authors:
        count = len(comments[who])
        found[who] = tuple(text for _, text in moved[at : at + count])
        at += count
    return {who: found[who] for who in comments}
