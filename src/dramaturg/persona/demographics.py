"""People by their demographic attributes: read from a file, or made up by a model around a draw.

Source: Yukhymenko et al. 2024, SynthPAI, arXiv:2406.07217: the attributes of its 300 profiles.
Differs: what is drawn can go together; a model fills in the rest and may not change what is drawn.
"""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.source import existing_file, lines
from dramaturg.errors import ReplyError, UserError
from dramaturg.models import ChatModel
from dramaturg.models.json_reply import read_json
from dramaturg.persona.ask_or_drop import ask_or_drop
from dramaturg.prompts import Sampling, Task, load, quote_list
from dramaturg.records import Drop, Fact, Persona, derive_seed
from dramaturg.scorers import together
from dramaturg.store import notes

SAYS = {  # attribute -> the sentence that says it
    "age": "I am {} years old.",
    "sex": "I am {}.",
    "city_country": "I live in {}.",
    "birth_city_country": "I was born in {}.",
    "education": "My education: {}.",
    "occupation": "My occupation: {}.",
    "income": "I earn {} a year.",
    "income_level": "My income is {}.",
    "relationship_status": "My relationship status: {}.",
}
_NEEDED = ("age", "sex", "city_country", "education", "occupation")
_FILLED = ("city_country", "birth_city_country", "education", "occupation", "income")
_DEGREES = {
    "no degree": 18, "high school diploma": 18, "in college": 19, "bachelor's degree": 22,
    "master's degree": 24, "doctorate": 28,
}  # fmt: skip
_STATES = {
    "single": 18, "in a relationship": 18, "engaged": 20, "married": 22, "divorced": 26,
    "widowed": 40,
}  # fmt: skip
_INCOMES = {"low": 18, "middle": 21, "high": 27, "very high": 32}  # each with its least age
_REGIONS = (
    "North America", "Latin America", "Western Europe", "Northern Europe", "Southern Europe",
    "Eastern Europe", "the Middle East", "North Africa", "Sub-Saharan Africa", "South Asia",
    "East Asia", "Southeast Asia", "Oceania",
)  # fmt: skip
_FIRST = "Amber Cedar Copper Coral Dusty Ember Frosty Hidden Indigo Ivory Lunar Misty Mossy Quiet "
_FIRST += "Rapid Rusty Salty Silver Sleepy Sunny Tidal Velvet Wandering Winter"
_LAST = "Acorn Badger Beacon Comet Compass Falcon Fern Harbor Heron Kettle Lantern Magpie Marble "
_LAST += "Meadow Otter Pebble Pigeon Quill Raven Sparrow Thistle Tractor Walnut Willow"


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What was drawn of a person that does not exist; the rest is to be made up."""

    age: int
    sex: str
    region: str
    degree: str
    income_level: str
    relationship_status: str


def person_of(attributes: Mapping[str, Any], *, source: str = "") -> Persona:
    """The person whom attributes describe: a sentence for each known one, all as a view.

    Args:
        attributes: Those of `SAYS`, and `username`, `style` where known; others are not read.
    """
    known = {name: " ".join(str(attributes[name]).split()) for name in SAYS if attributes.get(name)}
    facts = tuple(
        Fact(text=SAYS[name].format(value).replace("..", "."), category=name)
        for name, value in known.items()
    )
    views: dict[str, Any] = {"demographics": known}
    if attributes.get("style"):
        views["style"] = attributes["style"]
    name = str(attributes.get("username") or attributes.get("name") or "")
    return Persona(facts=facts, name=name, views=views, source=source)


def attributes_of(person: Persona) -> dict[str, str]:
    """A person's attributes by name, as `person_of` kept them; {} for somebody else."""
    return dict(person.views.get("demographics", {}))


def read_profiles(source: Path) -> list[Persona]:
    """The people of a file: JSON (a list, or an object of people by key) or JSON lines.

    A person is an object of attributes: `age`, `sex`, `city_country`, `education` and `occupation`
    must be there, `birth_city_country`, `income`, `income_level`, `relationship_status`, `style`
    and `username` may. One who lacks what must be there, or is there twice, becomes a Drop.

    Raises:
        UserError: If the file cannot be read or holds fewer than two people.
    """
    path = existing_file(source, "profiles")
    found: dict[str, Persona] = {}
    names: set[str] = set()
    for place, row in _objects(path):
        missing = [name for name in _NEEDED if not isinstance(row, dict) or not row.get(name)]
        if missing:
            _drop(f"no profile: {place} lacks {', '.join(missing)}", str(row)[:200])
            continue
        person = person_of({"username": f"user {len(found) + 1}", **row}, source=path.name)
        if person.id in found or person.name in names:
            _drop(f"duplicate: {place} is there already", person.name)
            continue
        found[person.id] = person
        names.add(person.name)
    if len(found) < 2:
        raise UserError(
            f"{path} holds {len(found)} people, and a thread takes two",
            why="a person needs " + ", ".join(_NEEDED),
            fix="give JSON lines, one person a line (docs/recipes/synthpai.md)",
        )
    return list(found.values())


async def people_by_attributes(
    source: Path | None, writer: ChatModel, *, count: int, seed: int
) -> list[Persona]:
    """The people of a file, or so many that the writer makes up where there is none."""
    if source is not None:
        return read_profiles(source)
    return await invent_profiles(writer, count, seed=seed)


def draw_person(draw: random.Random) -> Drawn:
    """Attributes that can go together: nobody is a doctor at 20 or widowed at 25."""
    age = draw.randint(18, 75)
    return Drawn(
        age=age,
        sex=draw.choice(["female", "male"]),
        region=draw.choice(_REGIONS),
        degree=draw.choice([name for name, least in _DEGREES.items() if age >= least]),
        income_level=draw.choice([name for name, least in _INCOMES.items() if age >= least]),
        relationship_status=draw.choice([name for name, least in _STATES.items() if age >= least]),
    )


async def invent_profiles(writer: ChatModel, count: int, *, seed: int) -> list[Persona]:
    """So many made-up people: drawn in balance, filled in by the writer, each of another name.

    Returns:
        In the order of the draws; a person who cannot be read is a Drop, and missing.

    Raises:
        UserError: If fewer than two come out.
    """

    async def one(number: int) -> Persona | Drop:
        own = derive_seed(seed, "person", number)
        drawn = draw_person(random.Random(own))
        answer = await ask_or_drop(writer, invent(), drawn, seed=own, kind="profile")
        if isinstance(answer, Drop):
            return answer
        row = {**answer.value, "username": username(number, seed)}
        return person_of(row, source="made up")

    made = await together(one(number) for number in range(count))
    for drop in made:
        if isinstance(drop, Drop):
            notes.note(drop)
    people = [person for person in made if isinstance(person, Persona)]
    if len(people) < 2:
        raise UserError(
            f"only {len(people)} of {count} people could be made up",
            fix="use another writer, or give people (--profiles)",
        )
    return people


@functools.cache
def invent() -> Task[Drawn, dict[str, Any]]:
    """ "profile.invent": place, birthplace, education, work and income of a made-up person."""
    return Task(
        name="profile.invent",
        prompt=load("dramaturg.persona", "invent"),
        fill=lambda drawn: {
            "drawn": quote_list(
                [f"{k.replace('_', ' ')} - {v}" for k, v in msgspec.to_builtins(drawn).items()]
            )
        },
        parse=_filled,
        sampling=Sampling(temperature=1.0, top_k=None, max_tokens=250),
    )


def username(number: int, seed: int) -> str:
    """A name like "AmberOtter": another one for every number below 576, then with digits."""
    first, last = _FIRST.split(), _LAST.split()
    order = list(range(len(first) * len(last)))
    random.Random(derive_seed(seed, "names")).shuffle(order)
    turn, at = divmod(number, len(order))
    return first[order[at] // len(last)] + last[order[at] % len(last)] + (str(turn) if turn else "")


def _filled(reply: str, drawn: Drawn) -> dict[str, Any]:
    value, _ = read_json(reply)
    if not isinstance(value, dict):
        raise ReplyError("the reply is no object", kind="malformed JSON")
    told = {name: " ".join(str(value.get(name) or "").split()) for name in _FILLED}
    missing = [name for name, text in told.items() if not text]
    if missing:
        raise ReplyError(f"it lacks {', '.join(missing)}", kind="incomplete")
    for name in ("city_country", "birth_city_country"):
        if "," not in told[name]:
            raise ReplyError(f"{name} must be 'city, country': {told[name]}", kind="no country")
    return {
        "age": drawn.age,
        "sex": drawn.sex,
        **told,
        "income_level": drawn.income_level,
        "relationship_status": drawn.relationship_status,
    }


def _objects(path: Path) -> list[tuple[str, Any]]:
    numbered = list(lines(path))
    try:
        value = json.loads("\n".join(text for _, text in numbered))
    except (ValueError, RecursionError):
        rows = []
        for number, text in numbered:
            if text.strip():
                try:
                    rows.append((f"line {number}", json.loads(text)))
                except (ValueError, RecursionError) as error:
                    _drop(f"not JSON: line {number} ({error})"[:200], text[:200])
        return rows
    if isinstance(value, list):
        return [(f"object {n}", row) for n, row in enumerate(value, 1)]
    if isinstance(value, dict) and not set(_NEEDED) & value.keys():
        return list(value.items())
    return [("the object", value)]


def _drop(reason: str, subject: str) -> None:
    notes.note(Drop(kind="input_line", reason=reason, subject=subject))
