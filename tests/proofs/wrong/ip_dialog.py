"""Wrong parts that the proofs of hidden attributes must catch."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dramaturg import evaluate, generate, persona
from dramaturg.errors import RecordError
from dramaturg.evaluate import AttributeScores
from dramaturg.evaluate.shares import share
from dramaturg.generate import Request
from dramaturg.persona import Grid
from dramaturg.recipes import hint_readings, hint_requests, hints
from dramaturg.records import Persona


def letters_position_by_position(right: Sequence[str], found: Sequence[str]) -> float:
    """What the released code does: the letters at each place are taken for ranks."""
    pairs = list(itertools.combinations(zip(right, found, strict=True), 2))
    return sum(1 if (a[0] < b[0]) == (a[1] < b[1]) else -1 for a, b in pairs) / len(pairs)


def places_that_agree(right: Sequence[str], found: Sequence[str]) -> float:
    return 2 * sum(a == b for a, b in zip(right, found, strict=True)) / len(right) - 1


def rules_that_match_nothing_are_kept(**parts: Any) -> Grid:
    """What the released code does: "young adult" is compared with "young_adult"."""
    known = {value for some in parts["attributes"].values() for value in some}
    rules = tuple(
        rule
        for rule in parts.get("rules", ())
        if set(rule.when) | set(rule.only) | set(rule.never) <= set(parts["attributes"])
        and all(
            v in known for part in (rule.when, rule.only) for some in part.values() for v in some
        )
    )
    return Grid(**{**parts, "rules": rules})


def every_attribute_by_itself(grid: Grid, count: int, *, seed: int) -> list[Persona]:
    draw = random.Random(seed)
    people: dict[tuple[str, ...], Persona] = {}
    for _ in range(50 * count):
        values = {name: draw.choice(some) for name, some in grid.attributes.items()}
        people.setdefault(tuple(values.values()), Persona(facts=(), views={"attributes": values}))
    return list(people.values())[:count]


def without_weights(grid: Grid, count: int, *, seed: int) -> list[Persona]:
    return persona.from_grid(msgspec.structs.replace(grid, weights={}), count, seed=seed)


def the_first_ones(grid: Grid, count: int, *, seed: int) -> list[Persona]:
    """Takes allowed users in their order: the last combinations never come."""
    every = itertools.product(*grid.attributes.values())
    rows = (dict(zip(grid.attributes, values, strict=True)) for values in every)
    allowed = (row for row in rows if grid.allows(row))
    some = itertools.islice(allowed, count)
    return [Persona(facts=(), views={"attributes": row}) for row in some]


def with_repeats(grid: Grid, count: int, *, seed: int) -> list[Persona]:
    people = persona.from_grid(grid, count, seed=seed)
    return (people * count)[:count] if len(people) < count else people[:-1] + people[:1]


def parts_of_words(words: Sequence[str], texts: Sequence[str]) -> list[str]:
    said = " ".join(texts).lower()
    return [word for word in words if word.replace("_", " ").replace("-", " ") in said]


def as_it_is_written(words: Sequence[str], texts: Sequence[str]) -> list[str]:
    said = " ".join(texts)
    return [word for word in words if re.search(rf"\b{re.escape(word)}\b", said)]


def every_item_has_a_value_share(
    right: Sequence[Mapping[str, str]], found: Sequence[Mapping[str, str]]
) -> AttributeScores:
    """What the released code does: an item without a right type counts as a value share of 0."""
    got = evaluate.attribute_scores(right, found)
    parts = []
    for r, f in zip(right, found, strict=True):
        both = [name for name in r if name in f]
        parts.append(sum(r[name] == f[name] for name in both) / len(both) if both else 0.0)
    return msgspec.structs.replace(got, value_given_type=share(sum(parts), len(parts)))


def values_over_all_wanted(
    right: Sequence[Mapping[str, str]], found: Sequence[Mapping[str, str]]
) -> AttributeScores:
    got = evaluate.attribute_scores(right, found)
    n = sum(map(len, right))
    return msgspec.structs.replace(got, value_given_type=share(got.value_given_type.hits, n))


def pooled_types(
    right: Sequence[Mapping[str, str]], found: Sequence[Mapping[str, str]]
) -> AttributeScores:
    got = evaluate.attribute_scores(right, found)
    hits = sum(name in f for r, f in zip(right, found, strict=True) for name in r)
    both = sum(map(len, right)) + sum(map(len, found))
    return msgspec.structs.replace(got, type_f1=2 * hits / both)


async def the_last_try_is_kept(
    writer: Any, critic: Any, grid: Grid, attributes: Any, related: Any, name: str,
    earlier: Any, *, tries: int, seed: int,
) -> Any:  # fmt: skip
    """After the last try the loop ends, and what is there is taken."""
    try:
        return await hints.hint_round(
            writer, critic, grid, attributes, related, name, earlier, tries=tries, seed=seed
        )
    except RecordError:
        made = await generate.implicit_round(writer, attributes, name, seed=seed)
        return made.value, tries, Counter()


async def the_first_try_is_kept(
    writer: Any, critic: Any, grid: Grid, attributes: Any, related: Any, name: str,
    earlier: Any, *, tries: int, seed: int,
) -> Any:  # fmt: skip
    made = await generate.implicit_round(writer, attributes, name, seed=seed)
    return made.value, 1, Counter()


async def the_judge_is_trusted(
    writer: Any, critic: Any, grid: Grid, attributes: Any, related: Any, name: str,
    earlier: Any, *, tries: int, seed: int,
) -> Any:  # fmt: skip
    """No rule for what is said aloud: a judge who is asked what can be told says yes to it."""
    return await hints.hint_round(
        writer, critic, grid, attributes, {}, name, earlier, tries=tries, seed=seed
    )


async def what_fails_is_left_out(
    writer: Any, critic: Any, grid: Grid, asked: hint_requests.Asked, *, tries: int, seed: int
) -> hints.HintItem:
    """An attribute that cannot be hinted at has no round, and stays in the gold."""
    try:
        return await hints.hint_item(writer, critic, grid, asked, tries=tries, seed=seed)
    except RecordError:
        gold = await generate.answer_for(writer, asked.attributes, asked.request, seed=seed)
        first = next(iter(gold.attributes))
        made, *_ = await hints.hint_round(
            writer, critic, grid, asked.attributes, gold.attributes, first, [],
            tries=tries, seed=seed,
        )  # fmt: skip
        return hints.HintItem(
            person="p", kind="k", form="text", domain="d", request="r",
            attributes=asked.attributes, related=gold.attributes, told=tuple(gold.attributes),
            analysis="", answer=(), history=(made,), tries=(1,), refused={},
        )  # fmt: skip


async def swapped_with_itself(*arguments: Any, **settings: Any) -> hint_readings.HintReadings:
    read = await hint_readings.read_items(*arguments, **settings)
    own, _, given = read.readings
    return hint_readings.HintReadings(
        readings=(own, msgspec.structs.replace(own, condition="another's history"), given)
    )


async def every_history_swapped(
    reader: Any, items: Sequence[hints.HintItem], *rest: Any, **settings: Any
) -> hint_readings.HintReadings:
    """Off by one: the items and their histories do not belong together."""
    shifted = [
        msgspec.structs.replace(item, history=items[i - 1].history) for i, item in enumerate(items)
    ]
    return await hint_readings.read_items(reader, shifted, *rest, **settings)


def whoever_is_next(
    requests: Sequence[Request], users: Sequence[Persona], grid: Grid, count: int
) -> list[hint_requests.Asked]:
    return [
        hint_requests.Asked(user=user, request=request)
        for user, request in zip(users, requests, strict=False)
    ][:count]


def named_requests_go(
    requests: Sequence[Request], users: Sequence[Persona], grid: Grid, count: int
) -> list[hint_requests.Asked]:
    """Any value of the grid drops the request: fields of life can hardly be asked about."""
    every = {
        word
        for name, some in grid.attributes.items()
        for v in some
        for word in grid.words_for(name, v)
    }
    kept = [r for r in requests if not any(word in r.text for word in every)]
    return whoever_is_next(kept, users, grid, count)


def without_constants(*arguments: Any, **settings: Any) -> list[dict[str, Any]]:
    rows = hint_readings.hint_figures(*arguments, **settings)
    return [row for row in rows if row["name"] != "always yes"]


def over_all_items(items: Sequence[Any], *arguments: Any, **settings: Any) -> list[dict[str, Any]]:
    rows = hint_readings.hint_figures(items, *arguments, **settings)
    yes = sum(item.answer == ("yes",) for item in items)
    return [
        {**row, "value": yes / len(items), "n": len(items)} if row["name"] == "always yes" else row
        for row in rows
    ]


def any_capital(value: Any, form: str, request: str) -> tuple[str, ...]:
    text = " ".join(value) if isinstance(value, list) else str(value)
    if form == "yes or no":
        return ("yes",) if "yes" in text.lower() else ("no",)
    return tuple(dict.fromkeys(c for c in text.upper() if c in "ABCD"))


def as_long_as_there_are_letters(value: Any, form: str, request: str) -> tuple[str, ...]:
    """Does not ask whether an order holds every option, each once."""
    if form != "order":
        return generate.read_answer(value, form, request)  # type: ignore[arg-type]
    return tuple(re.findall(r"\b[A-D]\b", ", ".join(value)))


def first_of_each(reply: str) -> tuple[str, str]:
    """Takes the first message of each and passes over the rest."""
    user = re.search(r"User:\**\s*(.+)", reply)
    other = re.search(r"(?:Assistant|AI):\**\s*([\s\S]+?)(?=\nUser:|\Z)", reply)
    if not user or not other:
        raise RecordError("no round")
    return user[1], " ".join(other[1].split())


def lines_only(reply: str) -> tuple[str, str]:
    lines = reply.splitlines()
    if len(lines) < 2:
        return reply, ""
    return lines[0].partition(":")[2].strip(), lines[1].partition(":")[2].strip()


WRONG: dict[str, list[dict[str, Any]]] = {
    "ranks_of_items": [{"tau": letters_position_by_position}, {"tau": places_that_agree}],
    "rules_are_checked": [{"build": rules_that_match_nothing_are_kept}],
    "rules_hold": [
        {"draw": every_attribute_by_itself},
        {"draw": without_weights},
        {"draw": the_first_ones},
        {"draw": with_repeats},
    ],
    "aloud_is_found": [{"aloud": parts_of_words}, {"aloud": as_it_is_written}],
    "attributes_are_scored": [
        {"score": every_item_has_a_value_share},
        {"score": values_over_all_wanted},
        {"score": pooled_types},
    ],
    "rounds_are_written_again": [
        {"hint_round": the_last_try_is_kept},
        {"hint_round": the_first_try_is_kept},
        {"hint_round": the_judge_is_trusted},
    ],
    "a_round_for_each": [{"hint_item": what_fails_is_left_out}],
    "swapped_histories": [
        {"read_items": swapped_with_itself},
        {"read_items": every_history_swapped},
    ],
    "requests_name_nobody": [{"pair_up": whoever_is_next}, {"pair_up": named_requests_go}],
    "constants_are_told": [{"figures": without_constants}, {"figures": over_all_items}],
    "answers_are_read": [
        {"read_answer": any_capital},
        {"read_answer": as_long_as_there_are_letters},
    ],
    "one_round_each": [{"read_round": first_of_each}, {"read_round": lines_only}],
}
