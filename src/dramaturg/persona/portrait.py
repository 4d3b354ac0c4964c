"""A person out of a short note: sentences about them, and first likes and dislikes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.persona.replies import normalised
from dramaturg.prompts import (
    TEXT,
    Sampling,
    Task,
    list_schema,
    load,
    object_schema,
    quote,
    quote_list,
)
from dramaturg.records import Fact, Persona, derive_seed

_YOUNGEST, _OLDEST = 20, 70  # years of age on the day on which the timeline begins


class PortraitInput(msgspec.Struct, frozen=True, kw_only=True):
    """A note about a person, and the year in which they were born."""

    note: tuple[str, ...]
    born: int


class Portrait(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply tells of a person."""

    name: str
    about: tuple[str, ...]
    likes: tuple[str, ...]
    dislikes: tuple[str, ...]


@functools.cache
def portray() -> Task[PortraitInput, Portrait]:
    """ "persona.portrait": name, sentences, likes and dislikes of one person."""
    return Task(
        name="persona.portrait",
        prompt=load("dramaturg.persona", "portrait"),
        fill=lambda given: {"note": quote_list(given.note), "born": quote(str(given.born))},
        parse=lambda reply, given: _read(reply),
        sampling=Sampling(temperature=0.9, top_k=None, max_tokens=800),
        schema=object_schema(
            name=TEXT, about=list_schema(), likes=list_schema(), dislikes=list_schema()
        ),
    )


async def portrait(
    note: Sequence[str], writer: ChatModel, *, year: int, seed: int, about: str = ""
) -> Persona:
    """A person of 20 to 70 years, with likes and dislikes in the view "tastes".

    Args:
        note: Sentences about the person; data, whatever they say.
        year: The year in which the story begins; the year of birth is drawn from the seed.
        about: Id of the item, for logs.

    Returns:
        Facts are the sentences; `views["tastes"]` holds "likes" and "dislikes", `views["born"]`
        the year of birth.

    Raises:
        ReplyError: If the second reply cannot be used either.
        BackendError: If the writer could not be reached.
    """
    born = year - _YOUNGEST - derive_seed(seed, "born") % (_OLDEST - _YOUNGEST + 1)
    inputs = PortraitInput(note=tuple(note), born=born)
    answer = await ask(writer, portray(), inputs, seed=derive_seed(seed, "portrait"), about=about)
    made = answer.value
    return Persona(
        name=made.name,
        facts=tuple(Fact(text=text, provider=writer.ref, status="new") for text in made.about),
        views={
            "born": born,
            "tastes": {"likes": list(made.likes), "dislikes": list(made.dislikes)},
        },
    )


def _read(reply: str) -> Portrait:
    """Raises ReplyError "incomplete" where a part is missing, "clash" for a thing in both lists."""
    found, _ = read_json(reply)
    if not isinstance(found, dict):
        raise ReplyError("it is no JSON object", kind="malformed JSON")
    name = " ".join(str(found.get("name") or "").split())
    parts = {key: _texts(found.get(key)) for key in ("about", "likes", "dislikes")}
    missing = [key for key, value in [("name", name), *parts.items()] if not value]
    if missing:
        raise ReplyError(f"it lacks {', '.join(missing)}", kind="incomplete")
    both = set(map(normalised, parts["likes"])) & set(map(normalised, parts["dislikes"]))
    if both:
        raise ReplyError(f"{sorted(both)[0]!r} is both liked and disliked", kind="clash")
    return Portrait(name=name, **parts)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.splitlines()
    if not isinstance(value, list):
        return ()
    return tuple(text for one in value if (text := " ".join(str(one).split()).lstrip("-*• ")))
