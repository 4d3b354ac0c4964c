"""A persona as the text of a system message, and back, to the letter.

The two headings stand in `templates/persona.txt`. A fact is a list item; its further lines are
indented, so that a fact may hold anything.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from importlib import resources

from dramaturg.dataset.formats.aspects import plain_name
from dramaturg.dataset.formats.talk import person
from dramaturg.records import Speaker

_PLACE = "{{name}}"


def render(speakers: Sequence[Speaker], me: int, before: str = "") -> str:
    """The system message of the speaker `me`: who they are, and whom they talk with.

    Args:
        before: Text that stands before it, e.g. a system prompt that was read from a file.

    Returns:
        "" where there is nothing to say.
    """
    own, other = _headings()
    blocks = [before] if before else []
    for index in sorted(range(len(speakers)), key=lambda i: i != me):
        speaker = speakers[index]
        if not speaker.persona and plain_name(speaker.name, index):
            continue
        name = " ".join((speaker.name or f"User {index + 1}").split("\n"))
        heading = (own if index == me else other).replace(_PLACE, name)
        facts = ("- " + fact.replace("\n", "\n  ") for fact in speaker.persona)
        blocks.append("\n".join([heading, *facts]))
    return "\n\n".join(blocks)


def parse(text: str, me: int = 1) -> tuple[str, dict[int, Speaker]]:
    """The text before the personas, and each speaker that `render` told of.

    A text of another make comes back whole, with no speaker.
    """
    lines = text.split("\n")
    patterns = _patterns()
    start = next((i for i, li in enumerate(lines) if any(p.fullmatch(li) for p in patterns)), None)
    if start is None:
        return text, {}
    found: dict[int, tuple[str, list[str]]] = {}
    facts: list[str] = []
    for line in lines[start:]:
        hits = [pattern.fullmatch(line) for pattern in patterns]
        if hits[0] or hits[1]:
            hit, index = (hits[0], me) if hits[0] else (hits[1], 1 - me)
            assert hit is not None
            facts = []
            found[index] = (hit[1], facts)
        elif line.startswith("- "):
            facts.append(line[2:])
        elif line.startswith("  ") and facts:
            facts[-1] += "\n" + line[2:]
        elif line:
            return text, {}
    before = "\n".join(lines[: max(0, start - 1)])
    return before, {index: person(name, said) for index, (name, said) in found.items()}


@functools.cache
def _headings() -> tuple[str, str]:
    file = resources.files(__package__).joinpath("templates", "persona.txt")
    own, other = file.read_text(encoding="utf-8").splitlines()
    return own, other


@functools.cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(re.escape(h).replace(re.escape(_PLACE), "(.*)"), re.DOTALL) for h in _headings()
    )
