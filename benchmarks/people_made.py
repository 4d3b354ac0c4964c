"""Persona sentences from a seed, with planted duplicates at known distances.

Every sentence is put together from parts: who somebody is, where from, what they do, keep, dread
and hope for. The words were chosen for this file; no corpus stands behind it. Names of places and
people are made of syllables, so that there are as many as are needed. Two sentences that were not
planted differ in several words: `tests/crowd/test_made.py` compares 300 of them with one another.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

WHO = """baker plumber nurse teacher violinist carpenter gardener lawyer surgeon beekeeper welder
librarian mechanic dentist farmer translator pilot tailor chemist journalist potter butcher cellist
electrician florist geologist historian investor jeweller locksmith midwife
notary optician painter roofer sailor trader umpire vet waiter archivist barber cartographer dancer
engraver fisher glazier hatter illustrator joiner knitter linguist miller novelist organist printer
quarryman ranger sculptor tanner usher vintner weaver zoologist accountant bookbinder cobbler diver
economist forester gilder hydrologist innkeeper juggler lecturer mason netmaker oculist physicist
restorer smith toolmaker undertaker valuer watchmaker brewer climber drummer editor fencer goldsmith
harpist inventor jockey lifeguard meteorologist navigator osteopath philosopher referee stonecutter
typist ventriloquist wrestler astronomer botanist comedian driver entomologist falconer guide"""
HOW = """retired young shy cheerful stubborn patient restless widowed lonely ambitious clumsy devout
curious generous thrifty sleepless quiet boastful homesick careful freckled tireless moody witty
forgetful bearded gentle hasty proud modest nervous dreamy blunt polite weary eager cautious frank
loyal tidy sociable gloomy stern playful hopeful sceptical nostalgic graceful sturdy"""
DOES = """restores wooden boats|breeds alpine goats|collects antique maps|teaches evening chess
trains rescue dogs|bakes rye bread|photographs migrating cranes|repairs church organs
translates medieval poems|grows giant pumpkins|builds model railways|sings in choirs
climbs frozen waterfalls|writes crime novels|paints desert landscapes|brews bitter ale
carves chess pieces|dances tango weekly|studies lunar craters|plays jazz trumpet
knits woollen socks|keeps honey bees|rides vintage motorcycles|coaches junior hockey
maps forgotten footpaths|forages wild mushrooms|dives for sponges|flies paper kites
blends herbal teas|binds leather notebooks|juggles flaming torches|forges kitchen knives
tunes grand pianos|sails around islands|plants oak saplings|embroiders silk cushions
polishes glass lenses|hosts quiz nights|restrings tennis rackets|raises prize rabbits
sketches city skylines|ferments hot peppers|solves cryptic crosswords|mends fishing nets
recites epic verse|engraves silver rings|records birdsong daily|skates frozen canals"""
KEEPS = """two parrots|an orchard|a telescope|seven aquariums|a lighthouse|old diaries|three donkeys
a vineyard|a printing press|rare orchids|a canoe|a tame raven|many clocks|an accordion|a greenhouse
forty cacti|a windmill|a sidecar|a loom|four llamas|a tortoise|a dictionary collection|a sauna
a houseboat|a cello|five hens|a snake|a trampoline|a bakery van|a puppet theatre
a rowing machine|a herb garden|a jukebox|a chess computer|a flute collection|a bonsai
a pinball table|a tractor"""
DREADS = """thunderstorms|lifts|spiders|public speaking|deep water|dentists|flying|crowds|moths
heights|tunnels|silence|needles|clowns|mirrors|escalators|bridges|geese|fog|exams|horses|telephones|caves
balloons|wasps|strangers|hospitals|driving|eels|basements|auctions|fireworks|ladders|snow"""
HOPES = """open a museum|cross the Gobi|learn Welsh|meet a cousin|win an auction|publish a memoir
found a school|buy an island|see the aurora|walk to Rome|record an album|adopt twins
swim the Channel|build a cathedral organ|run a marathon|own a ferry|move to Lisbon
compose an opera|find a comet|ride across Mongolia|restore a castle|speak Finnish fluently
cook for a king|plant a forest|stand for mayor|visit every lighthouse|write a cookbook
sell everything|sail around Iceland|become a monk|teach in Nairobi|invent a cheese"""
FRAMES = (
    "{A} {how} {who} from {place} who {does} with {name}, keeps {keeps} and hopes to {hopes}.",
    "{name}, {a} {how} {who} in {place}, {does} for {other}, dreads {dreads}, hopes to {hopes}.",
    "The {how} {who} of {place} {does} with {name}, owns {keeps} called {other}, fears {dreads}.",
    "I am {a} {how} {who} near {place}; my friend {name} {does} while {other} tends {keeps}.",
    "Born in {place}, this {how} {who} {does}, shares {keeps} with {name} {other}, will {hopes}.",
    "{A} {how} {who}, {name} {other} left {place} to {hopes}, and {does} despite {dreads}.",
)
ONSETS = "b br c d dr f fl g gr h k kl l m n p pr r s sk st t tr v w z"
VOWELS = "a e i o u ai ea ou"
ENDS = "ck dale den field ford gate ham heim ley low mere mont nia port ra ria sund ton ville"


class Made(NamedTuple):
    """A row, and what was planted there.

    Attributes:
        of: Row that it was made from, from 0, or -1 if it is new.
        kind: "new"; of the duplicates "same" (case and punctuation), "order", "typo", "edit-1",
            "edit-2" (words replaced); of what is no duplicate "decoy-far", "decoy-not" and
            "decoy-number" (a negation, a number put in).
    """

    text: str
    of: int
    kind: str


DUPLICATES = ("same", "order", "typo", "edit-1", "edit-2")
DECOYS = ("decoy-far", "decoy-not", "decoy-number")


def _parts(text: str) -> list[str]:
    return [part.strip() for line in text.split("\n") for part in line.split("|")]


_LISTS = {
    "who": WHO.split(), "how": HOW.split(), "does": _parts(DOES), "keeps": _parts(KEEPS),
    "dreads": _parts(DREADS), "hopes": _parts(HOPES),
}  # fmt: skip


_SYLLABLES = ONSETS.split(), VOWELS.split(), ENDS.split()


def made(count: int, seed: int = 13, share: float = 0.12) -> Iterator[Made]:
    """That many rows, the same for the same seed; `share` of them planted.

    Each repeats another new row, near or far in the file: no row has two of them. Of "edit-N" and
    "typo" the share of words changed is at most one in ten; "decoy-far" changes more than that.
    """
    draw = random.Random(seed)
    fresh: list[tuple[int, str]] = []
    for n in range(count):
        if fresh and draw.random() < share:
            at = draw.randrange(len(fresh))
            of, text = fresh[at]
            kind = draw.choice(DUPLICATES + DECOYS)
            changed = _changed(text, kind, draw)
            if changed is not None:
                fresh[at] = fresh[-1]
                fresh.pop()
                yield Made(changed, of, kind)
                continue
        text = _new(draw)
        if len(fresh) < 20_000:
            fresh.append((n, text))
        else:
            fresh[draw.randrange(20_000)] = (n, text)
        yield Made(text, -1, "new")


def write(path: Path, count: int, seed: int = 13) -> Path:
    """The rows as JSON lines {"text"}, and beside them `NAME.truth.jsonl` with what was planted."""
    truth = path.with_suffix(".truth.jsonl")
    with path.open("w", encoding="utf-8") as rows, truth.open("w", encoding="utf-8") as told:
        for n, row in enumerate(made(count, seed)):
            rows.write(json.dumps({"text": row.text}) + "\n")
            if row.of >= 0:
                told.write(json.dumps({"row": n, "of": row.of, "kind": row.kind}) + "\n")
    return truth


def _new(draw: random.Random) -> str:
    filled = {name: draw.choice(parts) for name, parts in _LISTS.items()}
    a = "an" if filled["how"][0] in "aeiou" else "a"
    names = {name: draw.choice(_names()) for name in ("place", "name", "other")}
    return draw.choice(FRAMES).format(**filled, **names, a=a, A=a.capitalize())


@lru_cache(maxsize=1)
def _names() -> list[str]:
    """30,000 names, as many as a large list of people and places might have."""
    draw = random.Random(7)
    names: dict[str, None] = {}
    while len(names) < 30_000:
        names[_place(draw)] = None
    return list(names)


def _place(draw: random.Random) -> str:
    onsets, vowels, ends = _SYLLABLES
    middle = draw.choice(onsets) + draw.choice(vowels) if draw.random() < 0.7 else ""
    return (draw.choice(onsets) + draw.choice(vowels) + middle + draw.choice(ends)).capitalize()


def _changed(text: str, kind: str, draw: random.Random) -> str | None:
    """The text with that change, None where it has too few words for it."""
    words = text.split()
    n = len(words)
    if kind == "same":
        return draw.choice((text.upper(), text.rstrip("."), text.replace(",", " -"), text + " !"))
    if kind == "order":
        half = draw.randrange(2, n - 2)
        return " ".join([*words[half:], *words[:half]])
    if kind == "decoy-not":
        words.insert(draw.randrange(1, n), draw.choice(("not", "never")))
        return " ".join(words)
    if kind == "decoy-number":
        words.insert(draw.randrange(1, n), str(draw.randrange(2, 99)))
        return " ".join(words)
    if kind == "typo":
        at = draw.choice([i for i, word in enumerate(words) if len(word) > 4])
        cut = draw.randrange(1, len(words[at]) - 2)
        word = words[at]
        words[at] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
        if words[at] == word:
            words[at] = word[:cut] + word[cut + 1 :]
        return " ".join(words) if n >= 10 else None
    edits = {"edit-1": 1, "edit-2": 2}.get(kind) or n // 10 + 1 + draw.randrange(2)
    if kind != "decoy-far" and n < 10 * edits:
        return None
    for at in draw.sample(range(n), edits):
        words[at] = _place(draw).lower() + draw.choice("xq")
    return " ".join(words)
