"""What a text shows of its writer's Big Five: one reading, five numbers, none where nothing shows.

The judge is told neither who wrote the text nor which trait was wanted.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import Sampling, Task, load, quote

BIG_FIVE = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
MIDDLE = 0.5


class TextToRate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text, and what was said before it ("" for nothing)."""

    text: str
    after: str = ""


@functools.cache
def trait_ratings_task() -> Task[TextToRate, dict[str, float]]:
    """ "traits.rate": a rating from 0 to 1 for each trait that the text shows."""
    number = {"type": ["number", "null"], "minimum": 0, "maximum": 100}
    return Task(
        name="traits.rate",
        prompt=load("dramaturg.scorers", "traits_rate"),
        fill=_fill,
        parse=lambda reply, _: _parse(reply),
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=120),
        schema={
            "type": "object",
            "properties": dict.fromkeys(BIG_FIVE, number),
            "required": list(BIG_FIVE),
            "additionalProperties": False,
        },
    )


async def trait_ratings(
    text: str, judge: ChatModel, *, after: str = "", seed: int, about: str = ""
) -> dict[str, float]:
    """How strongly a text shows each trait: 0 its low end, 1 its high end.

    Args:
        after: The line that the text answers.

    Returns:
        Ratings by trait; a trait of which nothing shows is not there.

    Raises:
        ReplyError: If no reply can be read.
    """
    given = TextToRate(text=text, after=after)
    return (await ask(judge, trait_ratings_task(), given, seed=seed, about=about)).value


def level_shown(ratings: Mapping[str, float], trait: str) -> str:
    """ "high", "low", or "" where the trait does not show or lies in the middle.

    >>> level_shown({"openness": 0.8}, "openness"), level_shown({}, "openness")
    ('high', '')
    """
    value = ratings.get(trait, MIDDLE)
    return "high" if value > MIDDLE else "low" if value < MIDDLE else ""


def _fill(given: TextToRate) -> dict[str, str]:
    before = f"<said_before_by_another>\n{quote(given.after)}\n</said_before_by_another>\n"
    return {"text": quote(given.text), "context": before if given.after else ""}


def _parse(reply: str) -> dict[str, float]:
    found, _ = read_json(reply)
    if not isinstance(found, dict):
        raise ReplyError("the reply is no JSON object", kind="malformed JSON")
    ratings: dict[str, float] = {}
    for trait in BIG_FIVE:
        if trait not in found:
            raise ReplyError(f"{trait} is not rated", kind="no score")
        value: Any = found[trait]
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ReplyError(f"{trait} is {value!r}"[:80], kind="no score")
        if not 0 <= value <= 100:
            raise ReplyError(f"{trait} is {value}", kind="off the scale")
        ratings[trait] = value / 100
    return ratings
