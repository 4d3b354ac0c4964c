"""Characters by type: so many of each, made by a writer and filled in by a second request.

Source: Tu et al. 2023, "CharacterChat": 16 types x 64 characters, 16 fields each.
Differs: gender and age of each are drawn and not left to the writer, who would repeat itself; the
fields are told in the first person, so that they serve as facts.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.errors import ReplyError, UserError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Fact, Persona, derive_seed

BASE = ("name", "gender", "age", "region", "job")
TOLD = (
    "tone", "personality", "strengths_and_weaknesses", "hobby", "growth_experience", "family",
    "work", "social_life", "emotional_state", "living_conditions", "recent_worry",
)  # fmt: skip
FIELDS = (*BASE, *TOLD)
WRITTEN = tuple(name for name in FIELDS if name not in ("gender", "age"))
EXTRA = "additional_information"
_LONGEST = 2_000  # characters of a type's text
_EXTRA_WORDS = 100
_SLACK = 1.5  # writers do not count well
_AGES = (18, 75)
_GENDERS = ("female", "male")


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A type of character, and what is typical of it."""

    name: str
    text: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One place of the grid: the type, the number within it, and what is drawn for it."""

    kind: Kind
    number: int
    gender: str
    age: int

    @property
    def id(self) -> str:
        """E.g. "INTJ 3"."""
        return f"{self.kind.name} {self.number + 1}"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A character as far as it is known: for the second request."""

    place: Place
    fields: dict[str, str]


def load_kinds(path: Path | None = None) -> list[Kind]:
    """The types in a file, one a line, "NAME: what is typical"; none = the sixteen of ours.

    Empty lines and those that begin with # are passed over.

    Raises:
        UserError: If the file cannot be read, holds no type, or a line is none.
    """
    if path is None:
        file = resources.files("dramaturg.persona").joinpath("types", "sixteen.txt")
        text = file.read_text(encoding="utf-8")
    else:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"cannot read the types in {path}", why=str(error)) from error
    kinds: dict[str, Kind] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, told = (part.strip() for part in line.partition(":"))
        if not (name and colon and told) or name in kinds:
            why = (
                "this name is there already" if name in kinds else "it has no name, colon and text"
            )
            raise UserError(
                f"{path}, line {number} is no type", why=why, fix="write e.g. Dreamer: lives in ..."
            )
        if len(told) > _LONGEST:
            raise UserError(
                f"{path}, line {number} is too long for a type",
                why=f"it has {len(told):,} characters, and each is sent with every character made",
                fix=f"tell what is typical in at most {_LONGEST:,} characters",
            )
        kinds[name] = Kind(name=name, text=told)
    if not kinds:
        raise UserError(f"{path} holds no type", fix="write one a line, e.g. Dreamer: lives in ...")
    return list(kinds.values())


def type_grid(kinds: Sequence[Kind], each: int, *, seed: int) -> list[Place]:
    """The places of a grid of `each` characters a type, type by type within each number.

    The first `n` places hold nearly equally many of each type. Genders come equally often in each
    type; ages are drawn from 18 to 75.
    """
    draw = random.Random(derive_seed(seed, "type grid"))
    first = {kind.name: draw.randrange(2) for kind in kinds}
    return [
        Place(
            kind=kind,
            number=number,
            gender=_GENDERS[(first[kind.name] + number) % 2],
            age=draw.randint(*_AGES),
        )
        for number in range(each)
        for kind in kinds
    ]


async def character(place: Place, *, writer: ChatModel, seed: int) -> Persona:
    """The character at one place: two requests, one that makes it and one that fills it in.

    Returns:
        Each told field, and "additional_information", as a fact with the field as its category;
        the views "type", "gender", "age", "region" and "job".

    Raises:
        ReplyError: If the writer gave no complete character, even when asked twice.
    """
    own = derive_seed(seed, "character", place.id)
    made = (await ask(writer, create_task(), place, seed=own, about=place.id)).value
    draft = Draft(place=place, fields=made)
    full = await ask(writer, enrich_task(), draft, seed=derive_seed(own, 2), about=place.id)
    fields = {**full.value, **{name: made[name] for name in BASE}}
    facts = tuple(
        Fact(text=fields[name], category=name, provider=writer.ref, status="new")
        for name in (*TOLD, EXTRA)
    )
    views = {"type": place.kind.name, **{name: fields[name] for name in BASE if name != "name"}}
    return Persona(name=fields["name"], facts=facts, views=views, source=f"written by {writer.ref}")


@functools.cache
def create_task() -> Task[Place, dict[str, str]]:
    """ "character.create": the 16 fields of a character of this type, gender and age."""
    return Task(
        name="character.create",
        prompt=load("dramaturg.persona", "character"),
        fill=lambda place: {
            "kind": quote(place.kind.text), "gender": place.gender, "age": str(place.age),
        },
        parse=lambda reply, place: _checked(
            {**_fields(reply, WRITTEN), "gender": place.gender, "age": str(place.age)}
        ),
        sampling=Sampling(temperature=1.0, top_k=None, top_p=0.95, max_tokens=1_600),
        schema=_schema(FIELDS),  # gender and age come back as given; the drawn ones count
    )  # fmt: skip


@functools.cache
def enrich_task() -> Task[Draft, dict[str, str]]:
    """ "character.enrich": the told fields in more detail, and something not in them."""
    return Task(
        name="character.enrich",
        prompt=load("dramaturg.persona", "enrich"),
        fill=lambda draft: {
            "character": "\n".join(f"{name}: {quote(v)}" for name, v in draft.fields.items())
        },
        parse=lambda reply, _: _checked(_fields(reply, (*TOLD, EXTRA))),
        sampling=Sampling(temperature=0.8, top_k=None, max_tokens=2_400),
        schema=_schema((*TOLD, EXTRA)),
    )


def _fields(reply: str, names: Sequence[str]) -> dict[str, str]:
    value, _ = read_json(reply)
    if not isinstance(value, dict):
        raise ReplyError("the reply is no JSON object", kind="no character")
    plain = {str(key).strip().lower().replace(" ", "_"): told for key, told in value.items()}
    found = {name: _text(plain.get(name)) for name in names}
    missing = [name for name, text in found.items() if not text]
    if missing:
        raise ReplyError(f"these fields are missing or empty: {', '.join(missing)}",
                         kind="missing field")  # fmt: skip
    return found


def _checked(fields: dict[str, str]) -> dict[str, str]:
    extra = len(fields.get(EXTRA, "").split())
    if extra > _EXTRA_WORDS * _SLACK:
        raise ReplyError(f"{EXTRA} has {extra} words, not {_EXTRA_WORDS} at most", kind="too long")
    return fields


def _text(value: Any) -> str:
    """A field as one line; a list is told one after the other, anything nested is none."""
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        value = "; ".join(str(one) for one in value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(str(value).split())


def _schema(names: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": list(names),
        "additionalProperties": False,
    }
