"""What all formats for training share: who is trained, where the persona stands, what is shown.

`dataset.examples` makes the examples; here they are counted, and what they lose is told.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from dramaturg.dataset import examples
from dramaturg.dataset.formats.aspects import outer_id
from dramaturg.dataset.formats.base import Format, Losses
from dramaturg.records import Conversation

OPTIONS = frozenset({"train_on", "persona", "distractors", "window", "seed", "pool"})
BORDER = "the border between turns of one speaker in a row"
WITH_OPTIONS = "with options for training, all but the words and the trained speaker's persona"
Split = Callable[..., Iterable[examples.Example]]


def shape_of(options: dict[str, Any]) -> tuple[examples.Shape, examples.Pool | None]:
    """What the options of a training format ask for."""
    told = {**options}
    pool = told.pop("pool", None)
    if "train_on" in told:
        told["train_on"] = str(told["train_on"])
    return examples.Shape(**told), pool


def examples_of(
    rows: Iterable[Conversation],
    losses: Losses,
    options: dict[str, Any],
    split: Split = examples.chats,
) -> Iterator[tuple[Conversation, str, examples.Example]]:
    """Each example with its conversation and the row's id.

    Where a conversation gives several rows, the id is the conversation's and a number.
    """
    shape, pool = shape_of(options)
    many = split is examples.replies or shape.train_on == "both" or shape.window is not None
    for made in rows:
        count = 0
        for example in split(made, shape, pool):
            count += 1
            yield made, f"{outer_id(made)}/{count}" if many else outer_id(made), example
        if not count:
            losses.leave_out(f"speaker {shape.train_on}, who is trained, says nothing in it")
            continue
        if count > 1:
            losses.lose("which rows are one conversation, but for their ids")
        order = [turn.speaker for turn in made.turns]
        if any(a == b for a, b in itertools.pairwise(order)):
            losses.lose(BORDER)


def sides(made: Conversation, trained: int) -> list[list[str]]:
    """The facts of whoever is the user, and of the trained speaker."""
    others = [f for i, s in enumerate(made.speakers) if i != trained for f in s.persona]
    return [others, list(made.speakers[trained].persona)]


def holds(form: Format, options: Mapping[str, Any]) -> frozenset[str]:
    """What a format holds with these options: as examples for training, little of the rest."""
    if not options.keys() & OPTIONS or not form.holds >= {"names", "personas", "system"}:
        return form.holds
    return frozenset({"id"} & form.holds)
