"""Find people in texts: who would read, write, like or dislike this?

Source: Ge et al. 2024, arXiv:2406.20094, "Text-to-Persona".
"""

from __future__ import annotations

import functools
import random
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from dramaturg.dataset.load_texts import Passage
from dramaturg.models import ChatModel, ask
from dramaturg.persona.described import description
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Evidence, Fact, Persona, derive_seed

Detail = Literal["fine", "coarse"]
TIES: tuple[str, ...] = ("read", "write", "like", "dislike")
_DETAIL: Mapping[str, str] = {
    "fine": "Be as specific as the text allows: what is particular in it is particular to them.",
    "coarse": "Stay general: a kind of person in at most eight words.",
}


class FromText(msgspec.Struct, frozen=True, kw_only=True):
    """A text, and how the wanted person stands to it."""

    text: str
    tie: str
    detail: Detail = "fine"


@functools.cache
def from_text_task() -> Task[FromText, str]:
    """ "persona.from_text": one sentence about one person."""
    return Task(
        name="persona.from_text",
        prompt=load("dramaturg.persona", "from_text"),
        fill=lambda given: {
            "text": "\n".join(quote(line) for line in given.text.split("\n")),
            "tie": given.tie,
            "detail": _DETAIL[given.detail],
        },
        parse=lambda reply, _: description(reply),
        sampling=Sampling(max_tokens=160),
    )


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A passage, and how the person who is looked for stands to it: one of `TIES`."""

    passage: Passage
    tie: str

    @property
    def id(self) -> str:
        """Where the passage stands."""
        return self.passage.source or self.passage.id


async def from_text(
    look: Look, writer: ChatModel, *, detail: Detail = "fine", seed: int
) -> Persona:
    """The person whom the writer sees behind a text.

    Args:
        detail: "fine" follows the text into its particulars, "coarse" names a kind of person.

    Returns:
        One fact, the description, with the passage as its evidence.

    Raises:
        ReplyError: If no reply describes a person.
    """
    passage, tie = look.passage, look.tie
    answer = await ask(
        writer,
        from_text_task(),
        FromText(text=passage.text, tie=tie, detail=detail),
        seed=derive_seed(seed, "from text", passage.id, tie),
        about=passage.id,
    )
    note = f"would {tie} {passage.source}".strip()
    evidence = (Evidence(document=passage.id, note=note),)
    return described_person(answer.value, writer, evidence=evidence)


def described_person(
    text: str,
    writer: ChatModel,
    *,
    evidence: tuple[Evidence, ...] = (),
    parents: tuple[str, ...] = (),
) -> Persona:
    """A new person of whom one sentence is known."""
    fact = Fact(text=text, provider=writer.ref, evidence=evidence, parents=parents, status="new")
    return Persona(facts=(fact,), source=writer.ref)


def looks(
    passages: Sequence[Passage], count: int, *, ties: Sequence[str] = TIES, seed: int
) -> list[Look]:
    """Which passages are read for which tie: every passage once before any is read again.

    Returns:
        At most `count`, fewer where there are fewer passages times ties.
    """
    draw = random.Random(derive_seed(seed, "passages"))
    order = {p.id: draw.sample(list(ties), len(ties)) for p in passages}
    rounds = [draw.sample(list(passages), len(passages)) for _ in ties]
    every = [
        Look(passage=p, tie=order[p.id][turn]) for turn, some in enumerate(rounds) for p in some
    ]
    return every[: max(count, 0)]
