"""Wrong parts that the proofs of big5-chat must catch."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np

from dramaturg.evaluate.inventory import (
    Answer,
    Inventory,
    Item,
    Read,
    ScaleScore,
    administer,
    score,
)
from dramaturg.generate import decode_mix
from dramaturg.models import ChatModel
from dramaturg.records import Conversation, Preference
from dramaturg.scorers import Degeneration, degeneration, distinct_n


def no_item_turned(inventory: Inventory, values: Mapping[str, int]) -> dict[str, ScaleScore]:
    plain = tuple(msgspec.structs.replace(item, reversed=False) for item in inventory.items)
    return score(msgspec.structs.replace(inventory, items=plain), values)


def turned_from_the_top_only(
    inventory: Inventory, values: Mapping[str, int]
) -> dict[str, ScaleScore]:
    """Takes the highest value for the sum of the lowest and the highest: 5 - 5 = 0."""
    found: dict[str, list[int]] = {}
    for item in inventory.items:
        value = values[item.id]
        keyed = inventory.highest - value if item.reversed else value
        found.setdefault(item.scale, []).append(keyed)
    return {
        scale: ScaleScore(mean=statistics.fmean(keyed), n=len(keyed), of=len(keyed))
        for scale, keyed in found.items()
    }


def turned_twice(inventory: Inventory, values: Mapping[str, int]) -> dict[str, ScaleScore]:
    """The answers of reversed items come turned already and are turned again."""
    turned = {item.id: inventory.keyed(item, values[item.id]) for item in inventory.items}
    return score(inventory, turned)


async def place_is_value(model: ChatModel, inventory: Inventory, **settings: Any) -> list[Answer]:
    """Takes the place of the letter for the value, whatever order was shown."""
    answers = await administer(model, inventory, **settings)
    return [
        msgspec.structs.replace(
            one, value=None if one.value is None else 1 + one.order.index(one.value - 1)
        )
        for one in answers
    ]


async def one_order(model: ChatModel, inventory: Inventory, **settings: Any) -> list[Answer]:
    """Never shuffles."""
    answers = await administer(model, inventory, **settings)
    return [msgspec.structs.replace(one, order=(0, 1, 2, 3, 4)) for one in answers]


def first_sign(reply: str, shown: Sequence[str]) -> Read:
    """The first letter or digit that could be an option."""
    hit = re.search(r"[A-E1-5]", reply.upper())
    if hit is None:
        return Read(state="unparsed")
    sign = hit[0]
    place = int(sign) - 1 if sign.isdigit() else ord(sign) - ord("A")
    return Read(state="answered", place=min(place, len(shown) - 1))


def silence_is_the_middle(reply: str, shown: Sequence[str]) -> Read:
    """What cannot be read becomes the middle option."""
    letter = reply.strip(" .()*").upper()
    place = ord(letter) - ord("A") if letter in ("A", "B", "C") else len(shown) // 2
    return Read(state="answered", place=place)


def all_unparsed(reply: str, shown: Sequence[str]) -> Read:
    """A refusal is a parse error like any other."""
    from dramaturg.evaluate.inventory import read_answer

    read = read_answer(reply, shown)
    return read if read.state == "answered" else Read(state="unparsed", why="?")


def nothing_held_out(
    inventory: Inventory, texts: Iterable[str]
) -> tuple[Inventory, tuple[Item, ...]]:
    return inventory, ()


def only_the_very_words(
    inventory: Inventory, texts: Iterable[str]
) -> tuple[Inventory, tuple[Item, ...]]:
    whole = " ".join(texts).lower()
    said = tuple(i for i in inventory.items if i.text.lower().rstrip(".") in whole)
    kept = tuple(i for i in inventory.items if i not in said)
    return msgspec.structs.replace(inventory, items=kept), said


def plain_sum(base: Any, expert: Any, anti: Any = None, *, alpha: float) -> Any:
    """0 * -inf is no number, and minus -inf makes a token certain."""
    return base + alpha * (expert if anti is None else expert - anti)


def mixture(base: Any, expert: Any, anti: Any = None, *, alpha: float) -> Any:
    """Mixes probabilities instead of logits: what the base rules out comes back."""

    def odds(row: Any) -> Any:
        shifted = np.exp(row - row.max())
        return shifted / shifted.sum()

    return np.log(odds(base) + alpha * odds(expert))


def mixes_what_fits(base: Any, expert: Any, **settings: Any) -> Any:
    """Adds the logits of as many ids as both have."""
    size = min(len(base.vocabulary), len(expert.vocabulary))
    token = int((base.logits([])[:size] + expert.logits([])[:size]).argmax())
    return SimpleNamespace(text=base.vocabulary[token])


def same_size_is_the_same(base: Any, expert: Any, **settings: Any) -> Any:
    from dramaturg.errors import UserError

    if len(base.vocabulary) != len(expert.vocabulary):
        raise UserError("different sizes")
    return mixes_what_fits(base, expert)


def expert_told_the_scene(base: Any, expert: Any, **settings: Any) -> Any:
    """Gives the expert what the base is given."""
    return decode_mix(base, expert, **{**settings, "expert_prompt": settings["prompt"]})


def expert_asked_once(base: Any, expert: Any, **settings: Any) -> Any:
    """The expert's pull is taken at its prompt and kept for the whole reply."""
    pull = expert.logits(settings["expert_prompt"])
    once = SimpleNamespace(ref="once", vocabulary=expert.vocabulary, logits=lambda ids: pull)
    return decode_mix(base, once, **settings)


def at_all_tokens(texts: Sequence[str], *, reference: Sequence[str] = ()) -> Degeneration:
    """Compares sets of different size by all their words: a large set looks poor."""
    now = distinct_n(texts, 2)
    poor = bool(reference) and now < distinct_n(reference[:3], 2) * 0.99
    words = sum(len(text.split()) for text in texts)
    return Degeneration(
        distinct_2=now, tokens=words, words=words / len(texts), broken=0, n=len(texts),
        reasons=("poor",) if poor else (),
    )  # fmt: skip


def never_flags(texts: Sequence[str], *, reference: Sequence[str] = ()) -> Degeneration:
    return msgspec.structs.replace(degeneration(texts), reasons=())


def greedy_stars(reply: str, speaker: str = "") -> str:
    """Takes out from the first star to the last one."""
    text = reply.removeprefix(f"{speaker}: ").strip('"')
    return " ".join(re.sub(r"\*.*\*|\(.*\)", "", text).split())


def as_it_comes(reply: str, speaker: str = "") -> str:
    return reply


def any_other_of_the_trait(talks: Sequence[Conversation]) -> list[Preference]:
    """The rejected one is of the opposite level, of whichever scene."""
    return [
        Preference(chosen=one.id, rejected=other.id, criterion="x")
        for one in talks
        for other in reversed(talks)
        if one.scene["trait"] == other.scene["trait"] and one.scene["level"] != other.scene["level"]
    ]


def the_next_in_line(talks: Sequence[Conversation]) -> list[Preference]:
    """Takes for granted that the next row is the opposite."""
    return [
        Preference(chosen=a, rejected=b, criterion="x")
        for one, other in zip(talks[::2], talks[1::2], strict=False)
        for a, b in ((one.id, other.id), (other.id, one.id))
    ]


WRONG: dict[str, list[dict[str, Any]]] = {
    "reversed_items": [
        {"score": no_item_turned}, {"score": turned_from_the_top_only}, {"score": turned_twice},
    ],
    "shuffled_options": [{"administer": place_is_value}, {"administer": one_order}],
    "no_number_from_nothing": [
        {"read": first_sign}, {"read": silence_is_the_middle}, {"read": all_unparsed},
    ],
    "other_words": [{"held_out": nothing_held_out}, {"held_out": only_the_very_words}],
    "alpha_nothing": [{"mix": plain_sum}, {"mix": mixture}],
    "banned_stays_banned": [{"mix": plain_sum}, {"mix": mixture}],
    "one_vocabulary": [{"decode": mixes_what_fits}, {"decode": same_size_is_the_same}],
    "own_prompt": [{"decode": expert_told_the_scene}, {"decode": expert_asked_once}],
    "loops_are_seen": [{"guard": at_all_tokens}, {"guard": never_flags}],
    "only_speech": [{"spoken": greedy_stars}, {"spoken": as_it_comes}],
    "same_scene": [{"prefer": any_other_of_the_trait}, {"prefer": the_next_in_line}],
}  # fmt: skip
