"""Show a person by some of their views: facts, demographics, traits, style, backstory.

In the first person the person speaks, in the second they are spoken to, in the third spoken of.
What a person said in their own words is quoted as it stands and never turned round: changing "I"
to "you" inside free text makes errors that nobody would see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from dramaturg.errors import RecordError
from dramaturg.profile.traits import BIG_FIVE, Level, Pole
from dramaturg.records import Persona

View = Literal["facts", "demographics", "traits", "style", "backstory"]
VIEWS: tuple[View, ...] = ("demographics", "traits", "style", "backstory", "facts")
_MUCH, _RATHER = 0.7, 0.35  # from so far from the middle on; below _SLIGHT nothing is said
_SLIGHT = 0.1


def show(persona: Persona, *, person: Literal[1, 2, 3] = 2, views: Sequence[View] = VIEWS) -> str:
    """The named views that the person has, one a paragraph, in the order named.

    Args:
        person: 1 "I am ...", 2 "You are ...", 3 "NAME is ..." ("This person" without a name).

    Raises:
        RecordError: If a view does not have the form that it should (demographics and traits: a
            mapping; traits: numbers from -1 to 1 by name of the trait).

    >>> ada = Persona(name="Ada", facts=(), views={"demographics": {"age": 36, "city": "Ghent"}})
    >>> show(ada, person=3)
    'Ada is 36 years old. Ada lives in Ghent.'
    """
    words = _Words(person, persona.name)
    parts = [_SHOWN[view](persona, words) for view in views]
    return "\n".join(part for part in parts if part)


class _Words:
    """How the person is called, with the verbs that follow."""

    def __init__(self, person: Literal[1, 2, 3], name: str) -> None:
        self.person = person
        self.who = {1: "I", 2: "You", 3: name or "This person"}[person]
        self.am = f"{self.who} {({1: 'am', 2: 'are', 3: 'is'})[person]}"
        self.own = {1: "My", 2: "Your", 3: f"{self.who}'s"}[person]

    def does(self, verb: str) -> str:
        """ "lives" and the like, given in the third person: "work" for I and you."""
        return f"{self.who} {verb if self.person == 3 else verb.removesuffix('s')}"


def _facts(persona: Persona, words: _Words) -> str:
    if not persona.facts:
        return ""
    said = " ".join(persona.sentences)
    return said if words.person == 1 else f'{words.own} own words: "{said}"'


def _demographics(persona: Persona, words: _Words) -> str:
    found = _mapping(persona, "demographics")
    known: dict[str, Callable[[Any], str]] = {
        "age": lambda v: f"{words.am} {v} years old.",
        "gender": lambda v: f"{words.own} gender: {v}.",
        "occupation": lambda v: f"{words.does('works')} as {v}.",
        "city": lambda v: f"{words.does('lives')} in {v}.",
        "country": lambda v: f"{words.own} country: {v}.",
    }
    lines = [
        known[key](value) if key in known else f"{words.own} {key.replace('_', ' ')}: {value}."
        for key, value in found.items()
        if value not in (None, "")
    ]
    return " ".join(lines)


def _traits(persona: Persona, words: _Words) -> str:
    lines = []
    for trait, value in _mapping(persona, "traits").items():
        if not isinstance(value, (int, float)) or not -1 <= value <= 1:
            raise RecordError(
                f"the trait {trait!r} of {persona.id} is {value!r}", why="it lies from -1 to 1"
            )
        if abs(value) < _SLIGHT:
            continue
        much = "very" if abs(value) >= _MUCH else "rather" if abs(value) >= _RATHER else "slightly"
        if trait in BIG_FIVE:
            level: Level = "high" if value > 0 else "low"
            lines.append(f"{words.am} {much} {Pole(trait=trait, level=level).words}.")
        else:
            lines.append(f"{words.am} {much} {'high' if value > 0 else 'low'} in {trait}.")
    return " ".join(lines)


def _style(persona: Persona, words: _Words) -> str:
    style = persona.views.get("style", ())
    said = style if isinstance(style, str) else "; ".join(str(one) for one in style)
    return f"{words.own} way of speaking: {said}" if said else ""


def _backstory(persona: Persona, words: _Words) -> str:
    story = str(persona.views.get("backstory", "")).strip()
    if not story:
        return ""
    return story if words.person == 1 else f'{words.own} story, as told by the person: "{story}"'


def _mapping(persona: Persona, view: str) -> Mapping[str, Any]:
    found = persona.views.get(view, {})
    if not isinstance(found, Mapping):
        raise RecordError(f"the view {view!r} of {persona.id} is no mapping of names to values")
    return found


_SHOWN: dict[View, Callable[[Persona, _Words], str]] = {
    "facts": _facts,
    "demographics": _demographics,
    "traits": _traits,
    "style": _style,
    "backstory": _backstory,
}
