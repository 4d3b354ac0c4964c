"""User profiles: read out of texts with evidence, and kept up to date with a diff.

Source: Prottasha et al. 2025, "User Profile with Large Language Models: Construction, Updating,
and Benchmarking", arXiv:2502.10660.
Does: people -> a text about each -> their profile of keys and values, every value with the words
that say it -> short notes that add a value, replace one, say one again, tell one of somebody else,
or tell nothing -> the profile after each note, with what changed, what was before, and since when.
Tables: texts (construction) and updates (profile, note, profile after it).
Differs: the paper's truth is what a language model extracted from Wikipedia; here people are made
up (or yours), and what each note changes is drawn and applied by rule: the truth is no model's
opinion. The reader names changes and never writes a whole profile. Models are asked, not
fine-tuned.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg import dataset, evaluate, loop, profile
from dramaturg.models import ChatModel, capacity
from dramaturg.recipes.finish import figure, finished
from dramaturg.recipes.recipe import Made, Step, recipe
from dramaturg.records import ProfileText, ProfileUpdate, derive_seed

_OTHERS = 200  # people of the file whom a note can be about instead


def calls(s: Mapping[str, Any], facts: int) -> list[Step]:
    """Every person has a text written where no file gives one; every note is written and read."""
    n, updates = s["people"], s["people"] * s["updates"]
    return [
        Step("biographies", "writer", 0 if s["texts"] else n, 350, 120, "profile.tell"),
        Step("profiles", "reader", n, 850, 350, "profile.extract"),
        Step("notes", "writer", updates, 380, 40, "profile.note"),
        Step("updates", "reader", updates, 850, 60, "profile.update"),
    ]


@recipe(
    tasks={
        "writer": ("profile.tell", "profile.note"),
        "reader": ("profile.extract", "profile.update"),
    },
    estimate=calls,
    ranges={"people": (1, 10**9), "updates": (0, 10_000)},
    count="people",
    makes="people",
    example="--texts people.jsonl -n 20 --model openai:gpt-4.1-mini",
)
async def user_profile(
    writer: ChatModel,
    reader: ChatModel,
    *,
    texts: Path | None = None,  # JSONL (name, text, profile) or a folder of .txt; none = made up
    people: int = 20,  # how many to make a profile of
    updates: int = 5,  # notes about each, one after the other
    keys: str = "",  # keys wanted, parted by commas; none = whatever a text tells
    seed: int = 13,
) -> Made:
    given = dataset.load_profiles(texts) if texts else profile.made_up(people, seed=seed)
    cast, wanted = given[:people], tuple(filter(None, map(str.strip, keys.split(","))))
    at_once = capacity(writer, reader)

    async def read(one: dataset.Biography) -> ProfileText:
        whole = await profile.told(one, writer, seed=seed)
        return await profile.construct(whole, reader, keys=wanted, seed=seed)

    async def keep_up(one: ProfileText) -> list[ProfileUpdate]:
        return await profile.follow(
            one.true or one.found, profile.noted(writer), profile.updated(reader),
            steps=updates, values=values, others=names, person=one.id,
            seed=derive_seed(seed, "follow", one.id),
        )  # fmt: skip

    built = await loop.each(cast, read, at_once=at_once, step="read profiles", kind="text")
    values = profile.values_by_key(one.true or one.found for one in built.results)
    names = [person.name for person in (*given[:_OTHERS], *profile.made_up(10, seed=seed))]
    begun = built.results if built.cut is None else []  # what notes tell depends on everybody
    lives = await loop.each(begun, keep_up, at_once=at_once, step="follow", kind="person")
    after = [update for life in lives.results for update in life]
    last = {update.person: update.found for update in after}
    counted = [*evaluate.construction_figures(built.results), *evaluate.update_figures(after)]
    beyond = f"{len(given) - len(cast)} of {len(given)} people are left out: see -n"
    return finished(
        [], [profile.persona_of(last.get(one.id, one.found)) for one in built.results],
        asked=people, made=len(built.results), seed=seed,
        tables={"texts": built.results, "updates": after},
        figures=[figure(f.name, f.value, n=f.n, unit=f.unit, scorer=f.by) for f in counted],
        notes=[beyond] if len(given) > len(cast) else [], cut=loop.cut_of(built, lives),
    )  # fmt: skip
