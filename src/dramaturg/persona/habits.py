"""Routines: what one fact of a person stands for, as a passage and as a schema of its event.

Source: Kane and Schubert 2023, "We Are What We Repeatedly Do: Inducing and Deploying Habitual
Schemas in Persona-Based Responses": fact -> generic passage -> schema of six sections.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import Check, Fact, content_id, derive_seed

SECTIONS = ("event", "preconditions", "static-conditions", "postconditions", "goals", "episodes")
_NAMES = "|".join(name.replace("-", "[-_ ]") for name in SECTIONS)
_HEADING = re.compile(
    rf"^(?:[\s#>*•–-]|\d+[.)])*(?P<before>:?)\s*(?P<name>{_NAMES})\b\s*(?P<after>:?)\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d+[.)](?=\s))\s*")
_ENDS = re.compile(r"[.!?…](?:\s|$)|[。！？؟।]")


class Routine(msgspec.Struct, frozen=True, kw_only=True):
    """What usually happens where a fact comes up: a schema of six sections.

    Attributes:
        fact_id, fact: What it was made from.
        sections: Lines by the name of the section, in the order of `SECTIONS`.
        passage: The text between fact and schema.
        id: Content hash of fact and sections; filled when empty.
    """

    fact_id: str
    fact: str
    sections: dict[str, tuple[str, ...]]
    passage: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            id = content_id("h", [self.fact_id, self.fact, self.sections])
            msgspec.structs.force_setattr(self, "id", id)

    @property
    def header(self) -> str:
        """What the event is, in a line."""
        return self.sections["event"][0]

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line but the header, section by section."""
        return tuple(
            line for name in SECTIONS if name != "event" for line in self.sections.get(name, ())
        )


class PassageInput(msgspec.Struct, frozen=True, kw_only=True):
    """The fact whose recurring event is wanted."""

    fact: str


class SchemaInput(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, the passage about it, and what was wrong with the schemas before."""

    fact: str
    passage: str
    complaints: tuple[str, ...] = ()


def parse_sections(reply: str) -> dict[str, tuple[str, ...]]:
    """Lines by section, whatever their order and bullets; a section that is not there is missing.

    A line before the first heading is not taken; text behind a heading is its first line. A
    heading has a colon or stands alone: a line that only begins with its word is a line.

    >>> parse_sections(":goals\\n- I want bread.\\n**Event:** baking")["event"]
    ('baking',)
    """
    found: dict[str, list[str]] = {}
    here: list[str] | None = None
    for line in re.sub(r"\*\*|__|`", "", reply).splitlines():
        heading = _HEADING.match(line)
        if heading and (heading["before"] or heading["after"] or not heading["rest"]):
            here = found.setdefault(re.sub(r"[_ ]", "-", heading["name"].lower()), [])
            line = heading["rest"]
        text = " ".join(_BULLET.sub("", line).split()).strip("*_")
        if text and here is not None:
            here.append(text)
    return {name: tuple(found[name]) for name in SECTIONS if found.get(name)}


@functools.cache
def passage_task() -> Task[PassageInput, str]:
    """ "habit.passage": a short passage of what usually happens."""
    return Task(
        name="habit.passage",
        prompt=load("dramaturg.persona", "routine"),
        fill=lambda given: {"fact": quote(given.fact)},
        parse=lambda reply, _: _passage(reply),
        sampling=Sampling(temperature=0.7, top_k=None, max_tokens=300),
    )


@functools.cache
def schema_task() -> Task[SchemaInput, dict[str, tuple[str, ...]]]:
    """ "habit.schema": the sections of the passage's event, as far as the reply has them."""
    return Task(
        name="habit.schema",
        prompt=load("dramaturg.persona", "schema"),
        fill=lambda given: {
            "fact": quote(given.fact),
            "passage": quote(given.passage),
            "complaints": _complaints(given.complaints),
        },
        parse=lambda reply, _: parse_sections(reply),
        sampling=Sampling(temperature=0.3, top_k=None, max_tokens=700),
    )


async def passage(fact: Fact, writer: ChatModel, *, seed: int) -> str:
    """What usually happens where the fact comes up. Raises ReplyError, BackendError."""
    own = derive_seed(seed, "habit.passage", fact.id)
    given = PassageInput(fact=fact.text)
    return (await ask(writer, passage_task(), given, seed=own, about=fact.id)).value


async def routine(
    fact: Fact,
    told: str,
    writer: ChatModel,
    *,
    attempt: int = 0,
    complaints: Sequence[str] = (),
    seed: int,
) -> Routine:
    """The schema of a passage, perhaps with sections missing: see `all_sections`.

    Args:
        told: The passage.
        attempt: Number of the try; another one draws anew.
        complaints: What was wrong with the tries before.
    """
    own = derive_seed(seed, "habit.schema", fact.id, attempt)
    given = SchemaInput(fact=fact.text, passage=told, complaints=tuple(complaints)[-1:])
    sections = (await ask(writer, schema_task(), given, seed=own, about=fact.id)).value
    return Routine(fact_id=fact.id, fact=fact.text, sections=sections, passage=told)


async def all_sections(made: Routine) -> Check:
    """Whether each of the six sections has a line; if not, which have none."""
    missing = [name for name in SECTIONS if not made.sections.get(name)]
    return Check(not missing, f"missing sections: {', '.join(missing)}")


def _passage(reply: str) -> str:
    text = " ".join(reply.split()).strip("\"'“”")
    if len(_ENDS.findall(text)) < 2:
        raise ReplyError("the passage has fewer than two sentences", kind="no passage")
    return text


def _complaints(said: Sequence[str]) -> str:
    if not said:
        return ""
    return f"Your last schema could not be used:\n{quote_list(said)}\nWrite all six sections.\n"
