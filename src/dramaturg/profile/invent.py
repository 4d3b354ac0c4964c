"""People who do not exist, as profiles drawn from a small table: a start that needs no file."""

from __future__ import annotations

import random

from dramaturg.records import Attribute, Profile, derive_seed

_FIRST = (
    "Ada|Bela|Carmen|Dario|Edda|Farid|Greta|Hanno|Ines|Jonas|Kaya|Luca|Mira|Nils|Oda|Pavel|"
    "Rosa|Samir|Tilda|Ugo|Vera|Wanda|Yara|Zeno"
)
_LAST = (
    "Abel|Brandt|Castell|Dorn|Eklund|Farkas|Grau|Holm|Ivic|Jansen|Kovac|Lindt|Morau|Novak|"
    "Ostrow|Prager|Quist|Rask|Sever|Torm|Urban|Vidal|Wenz|Zoric"
)
VALUES: dict[str, tuple[str, ...]] = {
    "birth_place": ("Graz", "Turku", "Lille", "Bergen", "Malaga", "Cork", "Ghent", "Łódź"),
    "residence": ("Lisbon", "Aarhus", "Porto", "Leipzig", "Trieste", "Utrecht", "Riga", "Vigo"),
    "nationality": ("Austrian", "Finnish", "French", "Norwegian", "Spanish", "Irish", "Polish"),
    "occupation": (
        "baker", "bridge engineer", "cartographer", "ferry pilot", "school nurse", "violin maker",
        "translator", "park ranger",
    ),
    "employer": (
        "North Quay Bakery", "Halden Shipyard", "Sella Maps", "Orme Clinic", "Tarn Radio",
    ),
    "education": (
        "Halden School of Crafts", "University of Orme", "Tarn Technical College",
    ),
    "hobbies": (
        "rowing", "beekeeping", "chess", "kite building", "choir singing", "mushroom picking",
        "radio repair", "ice swimming",
    ),
    "languages": ("Danish", "Portuguese", "Basque", "Latvian", "Welsh", "Maltese"),
    "pets": ("two goats", "a grey parrot", "an old cat", "three hens", "a rescue dog"),
    "awards": ("Silver Compass", "Harbour Prize", "Golden Trowel", "Tarn Medal"),
    "children": ("Noa", "Emil", "Frida", "Ivo", "Selma", "Tomas"),
    "spouse": ("Kim Alder", "Robin Falk", "Sascha Winter", "Toni Bergh"),
    "works": ("The Slow River", "Maps of Salt", "Nine Bridges", "A Winter by Ferry"),
}  # fmt: skip
"""Possible values by key; places are real, the rest is made up."""

_SEVERAL = ("hobbies", "children", "languages")
_MONTHS = ("January", "March", "May", "June", "August", "October", "December")


def invent(count: int, *, seed: int) -> list[Profile]:
    """So many different people, each with a birth date and six to nine further values."""
    people: dict[str, Profile] = {}
    attempt = 0
    firsts, lasts = _FIRST.split("|"), _LAST.split("|")
    while len(people) < count:
        draw = random.Random(derive_seed(seed, "invent", attempt))
        attempt += 1
        name = f"{draw.choice(firsts)} {draw.choice(lasts)}"
        if len(people) >= len(firsts) * len(lasts) // 2:  # further people carry a second name
            name = f"{draw.choice(firsts)} {name}"
        born = f"{draw.randint(1, 28)} {draw.choice(_MONTHS)} {draw.randint(1945, 2004)}"
        held = [Attribute(key="birth_date", value=born)]
        for key in sorted(draw.sample(sorted(VALUES), draw.randint(5, 7))):
            values = draw.sample(VALUES[key], 2 if key in _SEVERAL and draw.random() < 0.5 else 1)
            held += [Attribute(key=key, value=value) for value in values]
        people.setdefault(name, Profile(name=name, attributes=tuple(held)))
    return list(people.values())
