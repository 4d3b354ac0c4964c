"""Scenes for pairs: a kind of talk and what the two already share, each combination equally often.

Source: Njifenjou et al. 2025, "Open-Source Large Language Models as Multilingual Crowdworkers";
kinds of talk after Goldsmith and Baxter 1996.
Differs: kinds of talk that strangers cannot have are not drawn for strangers.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from dramaturg.errors import UserError
from dramaturg.records import Pair, Scene, derive_seed

_LINE = re.compile(r"(?P<name>[^:\[\]]+?)\s*(?:\[(?P<mark>[^\[\]]*)\])?\s*:\s*(?P<text>\S.*)")
_LONGEST = 500  # characters of a line
_KINDS = {"events": "speech_events.txt", "grounds": "common_ground.txt"}


class Circumstance(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of talk, or what two people share.

    Attributes:
        mark: "" goes with everything; else only with what has the same mark or none.
    """

    name: str
    text: str
    mark: str = ""


def load_scenes(
    events: Path | None, grounds: Path | None
) -> tuple[list[Circumstance], list[Circumstance]]:
    """Kinds of talk and what two people share, from files; None = ours."""
    return load_circumstances(events, "events"), load_circumstances(grounds, "grounds")


def load_circumstances(path: Path | None, kind: str) -> list[Circumstance]:
    """Those in a file, one a line, "NAME [mark]: what it is"; None = ours of this kind.

    Empty lines and those that begin with # are passed over.

    Args:
        kind: "events" or "grounds".

    Raises:
        UserError: If the file cannot be read, holds none, or a line is none.
    """
    if path is None:
        text = (
            resources.files("dramaturg.pairing").joinpath("scenes", _KINDS[kind]).read_text("utf-8")
        )
    else:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"cannot read the {kind} in {path}", why=str(error)) from error
    found: dict[str, Circumstance] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        hit = _LINE.fullmatch(line.strip())
        if hit is None or hit["name"] in found:
            why = "its name is there already" if hit else "it has no name, colon and text"
            raise UserError(
                f"{path}, line {number} cannot be used", why=why,
                fix="write e.g. small talk: They pass the time.",
            )  # fmt: skip
        if len(line) > _LONGEST:
            raise UserError(
                f"{path}, line {number} is too long",
                why=f"it has {len(line):,} characters, and goes into the prompts of many talks",
                fix=f"say it in at most {_LONGEST} characters",
            )
        mark = (hit["mark"] or "").strip()
        found[hit["name"]] = Circumstance(name=hit["name"], text=hit["text"], mark=mark)
    if not found:
        raise UserError(f"{path} holds no {kind}", fix="write one a line, e.g. small talk: ...")
    return list(found.values())


def balanced(
    count: int,
    events: Sequence[Circumstance],
    grounds: Sequence[Circumstance],
    *,
    seed: int,
) -> list[tuple[Circumstance, Circumstance]]:
    """So many combinations, in random order, each possible one as often as any other, give or
    take one.

    Raises:
        UserError: If no event goes with any ground.
    """
    cells = [
        (event, ground)
        for event in events
        for ground in grounds
        if not event.mark or not ground.mark or event.mark == ground.mark
    ]
    if not cells:
        raise UserError(
            "no kind of talk goes with what two people share",
            why=f"events are for {_marks(events)}, grounds are {_marks(grounds)}",
            fix="take the marks out, or give an event without one",
        )
    draw = random.Random(derive_seed(seed, "balanced"))
    drawn: list[tuple[Circumstance, Circumstance]] = []
    while len(drawn) < count:
        drawn += draw.sample(cells, len(cells))
    return drawn[:count]


def with_scenes(
    pairs: Sequence[Pair],
    events: Sequence[Circumstance],
    grounds: Sequence[Circumstance],
    *,
    seed: int,
) -> list[Pair]:
    """The pairs with the scene fields "language", "speech_event" and "common_ground".

    The language is that of the first person; events and grounds stand as "NAME: what it is" and
    are drawn for each language by itself, so that each has all of them.

    Args:
        events, grounds: Empty: the language is the only field.
    """
    drawn: dict[str, Iterator[tuple[Circumstance, Circumstance]]] = {}
    counts = Counter(pair.first.language for pair in pairs) if events or grounds else Counter()
    for language, count in counts.items():
        own = derive_seed(seed, "scenes", language)
        drawn[language] = iter(balanced(count, events, grounds, seed=own))
    made = []
    for pair in pairs:
        told = {"language": pair.first.language}
        if drawn:
            event, ground = next(drawn[pair.first.language])
            told["speech_event"] = f"{event.name}: {event.text}"
            told["common_ground"] = f"{ground.name}: {ground.text}"
        made.append(with_fields(pair, told))
    return made


def with_fields(pair: Pair, fields: Mapping[str, object]) -> Pair:
    """The pair with further scene fields, and so with another id."""
    scene = Scene(cast=pair.scene.cast, fields={**pair.scene.fields, **fields})
    return Pair(first=pair.first, second=pair.second, scene=scene)


def _marks(some: Sequence[Circumstance]) -> str:
    return " and ".join(sorted({one.mark or "anybody" for one in some}))
