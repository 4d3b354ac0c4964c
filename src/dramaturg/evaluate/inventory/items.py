"""An inventory: items, the scale that each belongs to, and which way it is keyed.

Two inventories come with the package, both of the International Personality Item Pool, which is
in the public domain: `ipip-50` (Goldberg 1992) and `ipip-neo-120` (Johnson 2014). Others (the BFI
and NEO-PI-R are under copyright) are read from a file of your own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.errors import UserError
from dramaturg.records import content_id

SHIPPED = ("ipip-50", "ipip-neo-120")
_FROM_TO = re.compile(r"from (-?\d+) to (-?\d+)")
_REFLEXIVE = {"my": "your", "myself": "yourself", "i": "you", "i'm": "you're", "me": "you"}


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One statement.

    Attributes:
        text: As printed, e.g. "Am the life of the party.".
        reversed: Agreeing says less of the scale, not more.
        id: Content hash of text and scale; filled when empty.
    """

    text: str
    scale: str
    reversed: bool = False
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            msgspec.structs.force_setattr(self, "id", content_id("i", [self.text, self.scale]))


class Inventory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Keyed items and the options that every item is answered by.

    Attributes:
        options: The words of the options, from the lowest value to the highest; at least 2.
        lowest: Value of the first option; the others follow in steps of 1.
        stem: What every item goes on from, e.g. "You are someone who"; "" where the items are
            spoken by the one who answers ("Make friends easily.").
    """

    name: str
    options: tuple[str, ...]
    items: tuple[Item, ...]
    title: str = ""
    source: str = ""
    licence: str = ""
    lowest: int = 1
    stem: str = ""

    def __post_init__(self) -> None:
        if len(self.options) < 2 or len(set(self.options)) < len(self.options):
            raise UserError(
                f"the inventory {self.name!r} needs at least two different options",
                why=f"it has {list(self.options)}",
            )
        ids = [item.id for item in self.items]
        if not ids or len(set(ids)) < len(ids):
            why = "it has none" if not ids else "one is there twice"
            raise UserError(f"the inventory {self.name!r} needs different items", why=why)
        if blank := [n for n, i in enumerate(self.items, 1) if not (i.text.strip() and i.scale)]:
            raise UserError(
                f"item {blank[0]} of the inventory {self.name!r} has no text or no scale"
            )

    @property
    def highest(self) -> int:
        """Value of the last option."""
        return self.lowest + len(self.options) - 1

    @property
    def midpoint(self) -> float:
        """The middle between the lowest and the highest value."""
        return (self.lowest + self.highest) / 2

    @property
    def scales(self) -> tuple[str, ...]:
        """The scales in order of first appearance."""
        return tuple(dict.fromkeys(item.scale for item in self.items))

    def statement(self, item: Item) -> str:
        """The item's words as said to the one who answers."""
        if self.stem:
            return f"{self.stem} {item.text[0].lower()}{item.text[1:]}"
        return second_person(item.text)

    def keyed(self, item: Item, value: int) -> int:
        """What an answer says of the item's scale: a reversed item is turned round, once.

        >>> inventory = load_inventory("ipip-50")
        >>> [inventory.keyed(item, 5) for item in inventory.items[:2]]
        [5, 1]
        """
        return self.lowest + self.highest - value if item.reversed else value


def load_inventory(name: str, file: str | Path | None = None) -> Inventory:
    """A shipped inventory by name, or one from a JSON file.

    A file holds `{"name", "options", "lowest", "items": [{"text", "scale", "reversed"}]}`, or a
    questionnaire in the form of PsychoBench (`questions`, `reverse`, `categories`, the range in
    words), or a list of either, of which `name` takes one.

    Raises:
        UserError: If there is no such inventory or file, or the file is none.
    """
    if file is None:
        if name not in SHIPPED:
            raise UserError(
                f"there is no inventory {name!r}",
                why=f"shipped are {' and '.join(SHIPPED)}",
                fix="name one of these, or a JSON file with another one",
            )
        place = resources.files("dramaturg.evaluate.inventory")
        text = place.joinpath(f"data/{name.replace('-', '_')}.json").read_text("utf-8")
        return msgspec.json.decode(text, type=Inventory)
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{file} is no JSON file that can be read", why=str(error)) from error
    if isinstance(found, list):
        found = _one_of(found, name, str(file))
    try:
        if isinstance(found, Mapping) and "questions" in found:
            return _from_psychobench(found)
        return msgspec.convert(found, Inventory)
    except (msgspec.ValidationError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{file} is no inventory",
            why=str(error),
            fix="it needs name, options, and items with text, scale and reversed",
        ) from error


def second_person(item: str) -> str:
    """An item's words said to somebody: "Keep my promises." becomes "You keep your promises.".

    >>> second_person("Am always prepared.")
    'You are always prepared.'
    """
    words = re.sub(r"[A-Za-z']+", lambda w: _REFLEXIVE.get(w[0].lower(), w[0]), item.strip())
    words = re.sub(r"^(?:Am|Are)\b", "are", words)
    return f"You {words[0].lower()}{words[1:]}" if words else ""


def _one_of(found: list[Any], wanted: str, file: str) -> Any:
    named = {str(one.get("name")): one for one in found if isinstance(one, Mapping)}
    if wanted in named:
        return named[wanted]
    raise UserError(
        f"{file} has no inventory {wanted!r}",
        why=f"it has {', '.join(named) or 'none'}",
        fix="name one of those" if named else "",
    )


def _from_psychobench(found: Mapping[str, Any]) -> Inventory:
    """The range stands in the words of the prompt; `scale` is lowest + highest, not a range."""
    hit = _FROM_TO.search(str(found["prompt"])) or _FROM_TO.search(str(found["inner_setting"]))
    if hit is None:
        raise ValueError("its prompt names no range 'from A to B'")
    low, high = int(hit[1]), int(hit[2])
    if low + high != int(found["scale"]):
        raise ValueError(f"a range from {low} to {high} does not fit its scale {found['scale']}")
    scale_of = {
        int(number): str(group["cat_name"])
        for group in found["categories"]
        for number in group["cat_questions"]
    }
    backwards = {int(number) for number in found["reverse"]}
    third = any(str(text).startswith("Is ") for text in found["questions"].values())
    return Inventory(
        name=str(found["name"]),
        stem="You are someone who" if third else "",
        source="your file, PsychoBench form",
        options=tuple(_WORDED.get((low, high)) or map(str, range(low, high + 1))),
        lowest=low,
        items=tuple(
            Item(text=str(text), scale=scale_of[int(n)], reversed=int(n) in backwards)
            for n, text in found["questions"].items()
            if int(n) in scale_of
        ),
    )


_WORDED = {
    (1, 5): (
        "strongly disagree",
        "disagree",
        "neither agree nor disagree",
        "agree",
        "strongly agree",
    )
}
